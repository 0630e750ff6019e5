#pragma once

#include "core/base/source_error.hpp"
#include "core/manifest/yaml_document.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::manifest {

/// Takes values of the wanted kind out of YAML nodes; what is of another kind becomes an error at
/// its place.
class NodeReader {
public:
    explicit NodeReader(std::string_view path) : path_(path) {}

    void add_error(Position at, std::string message);

    /// The errors so far, in the order of the file.
    [[nodiscard]] std::vector<SourceError> take_errors();

    /// Calls `read` with each key and its value; not for keys that are wrong themselves or were
    /// there before.
    using ReadEntry = std::function<void(const YamlNode& key, const YamlNode& value)>;
    void for_each_entry(const YamlNode& map, const ReadEntry& read);

    /// The text of a scalar that is not empty and has no line breaks. `name` is the key's, for the
    /// errors.
    [[nodiscard]] const std::string* text_of(std::string_view name, const YamlNode& value);

    /// Calls `read` with each item of a list of such texts.
    using ReadItem = std::function<void(const YamlNode& item, const std::string& text)>;
    void for_each_text(std::string_view name, const YamlNode& list, const ReadItem& read);

    /// A map of texts, which may be empty and have line breaks.
    [[nodiscard]] std::map<std::string, std::string> texts_of(
        std::string_view name, const YamlNode& map
    );

private:
    std::string path_;
    std::vector<SourceError> errors_;
};

}  // namespace slipway::manifest
