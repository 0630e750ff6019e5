#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/settings.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/node/impl.h>  // IWYU pragma: keep, the members of Node
#include <yaml-cpp/node/node.h>
#include <yaml-cpp/node/parse.h>
#include <yaml-cpp/node/type.h>

namespace slipway::config {
namespace {

/// What yaml-cpp says without what it quotes: that may be a piece of a secret.
std::string words_of(const YAML::Exception& error) {
    return "not valid YAML: " + error.msg.substr(0, error.msg.find(':'));
}

YAML::Node load(std::string_view text) {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1) {
        throw YAML::ParserException(documents[1].Mark(), "a second document; there must be one");
    }
    return documents.empty() ? YAML::Node(YAML::NodeType::Null) : documents[0];
}

void read(std::string_view text, Notes& notes, Config& config) {
    try {
        Reader reader(notes, load(text), "SLIPWAY_");
        read_settings(reader, config);
    } catch (const YAML::Exception& error) {
        notes.errors.push_back({
            .path = notes.path,
            .line = std::max(error.mark.line, 0) + 1,
            .column = std::max(error.mark.column, 0) + 1,
            .message = words_of(error),
        });
    } catch (const std::exception&) {
        notes.errors.push_back(
            {.path = notes.path, .message = "it can't be read as a configuration"}
        );
    }
}

}  // namespace

ParsedConfig parse_config(
    std::string_view text,
    std::string_view path,
    const std::filesystem::path& folder,
    const Environment& environment
) {
    Notes notes{
        .path = std::string(path), .folder = folder, .environment = environment, .errors = {}
    };
    ParsedConfig parsed;
    read(text, notes, parsed.config);
    std::ranges::sort(notes.errors);
    parsed.errors = std::move(notes.errors);
    return parsed;
}

}  // namespace slipway::config
