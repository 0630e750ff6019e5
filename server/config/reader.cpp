#include "server/config/reader.hpp"

#include "core/base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/node/impl.h>  // IWYU pragma: keep, the members of Node
#include <yaml-cpp/node/iterator.h>
#include <yaml-cpp/node/node.h>
#include <yaml-cpp/node/type.h>

namespace slipway::config {
namespace {

std::string in_quotes(std::string_view text) {
    return "'" + std::string(text) + "'";
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char letter) {
        return static_cast<char>(std::toupper(letter));
    });
    return result;
}

std::string unknown_key(std::string_view key, const std::vector<std::string>& known) {
    const std::vector<std::string_view> words(known.begin(), known.end());
    if (const auto near = nearest(key, words)) {
        return "unknown key " + in_quotes(key) + "; did you mean " + in_quotes(*near) + "?";
    }
    std::string message = "unknown key " + in_quotes(key) + "; known are";
    for (const std::string_view word : words) {
        message += " " + std::string(word);
    }
    return message;
}

}  // namespace

Reader::Reader(Notes& notes, const YAML::Node& node, std::string variables)
    : notes_(&notes), variables_(std::move(variables)), mark_(node.Mark()) {
    if (!node.IsDefined() || node.IsNull()) {
        return;
    }
    if (!node.IsMap()) {
        error_at(mark_, "a map of keys and values is wanted here");
        return;
    }
    for (const auto& entry : node) {
        const YAML::Mark mark = entry.first.Mark();
        if (!entry.first.IsScalar()) {
            error_at(mark, "a key must be a text");
        } else if (!entries_.try_emplace(entry.first.Scalar(), Entry{mark, entry.second}).second) {
            error_at(
                mark, "key " + in_quotes(entry.first.Scalar()) + " is here for the second time"
            );
        }
    }
}

std::optional<Text> Reader::text(std::string_view key) {
    const YAML::Node node = find(key);
    if (auto given = variable(key)) {
        return given;
    }
    return node.IsDefined() && !node.IsNull() ? to_text(node) : std::nullopt;
}

std::optional<Text> Reader::required(std::string_view key) {
    const std::size_t before = notes_->errors.size();
    auto found = text(key);
    if (found && found->value.empty()) {
        error(*found, in_quotes(key) + " is empty");
        return std::nullopt;
    }
    if (!found && notes_->errors.size() == before) {
        error("key " + in_quotes(key) + " is missing");
    }
    return found;
}

Reader Reader::map(std::string_view key) {
    const std::string below = variables_.empty() ? "" : variables_ + upper(key) + "__";
    return {*notes_, find(key), below};
}

std::optional<std::vector<Text>> Reader::texts(std::string_view key) {
    const auto list = find_list(key);
    if (!list) {
        return std::nullopt;
    }
    std::vector<Text> texts;
    for (const auto& item : *list) {
        if (auto text = to_text(item)) {
            texts.push_back(*std::move(text));
        }
    }
    return texts;
}

std::optional<std::vector<Reader>> Reader::maps(std::string_view key) {
    const auto list = find_list(key);
    if (!list) {
        return std::nullopt;
    }
    std::vector<Reader> readers;
    for (const auto& item : *list) {
        readers.emplace_back(*notes_, item, "");
    }
    return readers;
}

void Reader::error(const Text& where, std::string message) {
    notes_->errors.push_back(
        {.path = where.path,
         .line = where.line,
         .column = where.column,
         .message = std::move(message)}
    );
}

void Reader::error(std::string message) {
    error_at(mark_, std::move(message));
}

void Reader::finish() {
    for (const auto& [key, entry] : entries_) {
        if (std::ranges::find(asked_, key) == asked_.end()) {
            error_at(entry.mark, unknown_key(key, asked_));
        }
    }
}

YAML::Node Reader::find(std::string_view key) {
    if (std::ranges::find(asked_, key) == asked_.end()) {
        asked_.emplace_back(key);
    }
    const auto found = entries_.find(key);
    return found == entries_.end() ? YAML::Node(YAML::NodeType::Null) : found->second.value;
}

std::optional<YAML::Node> Reader::find_list(std::string_view key) {
    YAML::Node node = find(key);
    if (!node.IsDefined() || node.IsNull()) {
        return std::nullopt;
    }
    if (!node.IsSequence()) {
        error_at(node.Mark(), in_quotes(key) + " must be a list");
        return std::nullopt;
    }
    return node;
}

std::optional<Text> Reader::to_text(const YAML::Node& node) {
    // The value is not shown: it may be a secret in the wrong place.
    if (!node.IsScalar()) {
        error_at(node.Mark(), "a single value is wanted here, not a list or a map");
        return std::nullopt;
    }
    const YAML::Mark mark = node.Mark();
    return Text{
        .value = node.Scalar(),
        .path = notes_->path,
        .line = mark.line + 1,
        .column = mark.column + 1
    };
}

std::optional<Text> Reader::variable(std::string_view key) const {
    if (variables_.empty()) {
        return std::nullopt;
    }
    const std::string name = variables_ + upper(key);
    auto value = notes_->environment(name);
    // Deployment tools set what is not wanted to nothing.
    if (!value || value->empty()) {
        return std::nullopt;
    }
    return Text{.value = *std::move(value), .path = name};
}

void Reader::error_at(const YAML::Mark& mark, std::string message) {
    // A map that is not in the file has no place.
    notes_->errors.push_back({
        .path = notes_->path,
        .line = std::max(mark.line, 0) + 1,
        .column = std::max(mark.column, 0) + 1,
        .message = std::move(message),
    });
}

void Names::add(Reader& reader, const Text& name) {
    const auto [first, is_new] = lines_.try_emplace(name.value, name.line);
    if (!is_new) {
        reader.error(
            name,
            in_quotes(name.value) + " is taken: line " + std::to_string(first->second) +
                " has it too"
        );
    }
}

}  // namespace slipway::config
