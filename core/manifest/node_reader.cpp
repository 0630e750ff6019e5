#include "core/manifest/node_reader.hpp"

#include "core/base/source_error.hpp"
#include "core/manifest/manifest.hpp"
#include "core/manifest/quoted.hpp"
#include "core/manifest/yaml_document.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::manifest {
namespace {

using Kind = YamlNode::Kind;

bool is_control(char byte) {
    const auto value = static_cast<std::uint8_t>(byte);
    return value < 0x20 || value == 0x7f;
}

}  // namespace

void NodeReader::add_error(Position at, std::string message) {
    errors_.push_back(
        {.path = path_, .line = at.line, .column = at.column, .message = std::move(message)}
    );
}

std::vector<SourceError> NodeReader::take_errors() {
    std::ranges::sort(errors_);
    return std::move(errors_);
}

void NodeReader::for_each_entry(const YamlNode& map, const ReadEntry& read) {
    std::map<std::string_view, int> lines;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
        const YamlNode& key = map.children[i];
        if (key.kind == Kind::refused) {
            continue;
        }
        if (key.text.empty()) {
            add_error(key.at, "a key is empty or not a word: write 'key: value'");
            continue;
        }
        const auto [first, is_new] = lines.emplace(key.text, key.at.line);
        if (is_new) {
            read(key, map.children[i + 1]);
        } else {
            const std::string line = std::to_string(first->second);
            add_error(
                key.at,
                quoted(key.text) + " stands in line " + line + " already: delete one of the two"
            );
        }
    }
}

const std::string* NodeReader::text_of(std::string_view name, const YamlNode& value) {
    if (value.kind == Kind::refused) {
        return nullptr;
    }
    if (value.kind == Kind::list || value.kind == Kind::map) {
        add_error(value.at, quoted(name) + " takes text, not a list or map: write one value");
    } else if (value.text.empty()) {
        add_error(value.at, quoted(name) + " is empty: write a value, or delete the line");
    } else if (std::ranges::any_of(value.text, is_control)) {
        add_error(
            value.at, quoted(name) + " holds a line break or another control character: delete it"
        );
    } else {
        return &value.text;
    }
    return nullptr;
}

void NodeReader::for_each_text(std::string_view name, const YamlNode& list, const ReadItem& read) {
    if (list.kind == Kind::refused) {
        return;
    }
    if (list.kind != Kind::list) {
        add_error(
            list.at, quoted(name) + " must be a list: write '" + std::string(name) + ": [value]'"
        );
        return;
    }
    for (const YamlNode& item : list.children) {
        if (const std::string* const text = text_of(name, item); text != nullptr) {
            read(item, *text);
        }
    }
}

std::map<std::string, std::string> NodeReader::texts_of(
    std::string_view name, const YamlNode& map
) {
    std::map<std::string, std::string> texts;
    if (map.kind == Kind::refused) {
        return texts;
    }
    if (map.kind != Kind::map) {
        add_error(
            map.at,
            quoted(name) + " must be a map: write '" + std::string(name) + ": {NAME: value}'"
        );
        return texts;
    }
    for_each_entry(map, [&](const YamlNode& key, const YamlNode& value) {
        if (value.kind == Kind::scalar && !value.text.contains('\0')) {
            texts.emplace(key.text, value.text);
        } else if (value.kind != Kind::refused) {
            add_error(
                value.at,
                quoted(key.text) +
                    " must have a text as its value: write it in quotes, \"\" for none"
            );
        }
    });
    return texts;
}

}  // namespace slipway::manifest
