#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/settings.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/node/impl.h>  // IWYU pragma: keep, the members of Node
#include <yaml-cpp/node/node.h>
#include <yaml-cpp/node/parse.h>
#include <yaml-cpp/parser.h>

namespace slipway::config {
namespace {

/// What yaml-cpp says without what it quotes: that may be a piece of a secret.
std::string words_of(const YAML::Exception& error) {
    return "not valid YAML: " + error.msg.substr(0, error.msg.find(':'));
}

/// Counts the documents of a file, and refuses the second: of some broken files yaml-cpp finds more
/// of them for ever, and LoadAll() keeps all.
class OneDocument final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (std::exchange(has_one_, true)) {
            throw YAML::ParserException(mark, "a second document; there must be one");
        }
    }

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}

    void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}

    void OnScalar(
        const YAML::Mark& /*mark*/,
        const std::string& /*tag*/,
        YAML::anchor_t /*anchor*/,
        const std::string& /*value*/
    ) override {}

    void OnSequenceStart(
        const YAML::Mark& /*mark*/,
        const std::string& /*tag*/,
        YAML::anchor_t /*anchor*/,
        YAML::EmitterStyle::value /*style*/
    ) override {}

    void OnSequenceEnd() override {}

    void OnMapStart(
        const YAML::Mark& /*mark*/,
        const std::string& /*tag*/,
        YAML::anchor_t /*anchor*/,
        YAML::EmitterStyle::value /*style*/
    ) override {}

    void OnMapEnd() override {}

private:
    bool has_one_ = false;
};

YAML::Node load(const std::string& text) {
    std::istringstream stream{text};
    YAML::Parser parser(stream);
    OneDocument handler;
    while (parser.HandleNextDocument(handler)) {
    }
    return YAML::Load(text);
}

void read(std::string_view text, Notes& notes, Config& config) {
    try {
        Reader reader(notes, load(std::string(text)), "SLIPWAY_");
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
