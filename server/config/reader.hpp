#pragma once

#include "core/base/source_error.hpp"
#include "server/config/config.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/node/impl.h>  // IWYU pragma: keep, the members of Node
#include <yaml-cpp/node/node.h>

namespace slipway::config {

/// What the readers of one configuration share.
struct Notes {
    std::string path;
    std::filesystem::path folder;  ///< what relative paths are relative to
    const Environment& environment;
    std::vector<SourceError> errors;
};

/// A value as it was written, and where: in the file, or in a variable, whose name then is the
/// path.
struct Text {
    std::string value;
    std::string path;
    int line = 1;
    int column = 1;
};

/// A cursor on one map of the file. It knows which keys it was asked for, so that finish() can name
/// those that nobody knows. A missing or empty (null) map has no keys; a value of the wrong kind is
/// reported and counts as missing.
class Reader {
public:
    /// `variables` is how the names of the variables start that override this map's values; empty:
    /// there are none.
    Reader(Notes& notes, const YAML::Node& node, std::string variables);

    /// A value: that of the variable, else that of the file, else nothing.
    [[nodiscard]] std::optional<Text> text(std::string_view key);

    /// As text(), but an error where there is none.
    [[nodiscard]] std::optional<Text> required(std::string_view key);

    [[nodiscard]] Reader map(std::string_view key);

    /// The entries of a list; nothing where the key is missing.
    [[nodiscard]] std::optional<std::vector<Text>> texts(std::string_view key);
    [[nodiscard]] std::optional<std::vector<Reader>> maps(std::string_view key);

    void error(const Text& where, std::string message);
    /// An error of the map as a whole.
    void error(std::string message);

    /// Reports the keys that were not asked for. Call once, at the end.
    void finish();

    [[nodiscard]] Notes& notes() { return *notes_; }

private:
    [[nodiscard]] YAML::Node find(std::string_view key);
    [[nodiscard]] std::optional<YAML::Node> find_list(std::string_view key);
    [[nodiscard]] std::optional<Text> to_text(const YAML::Node& node);
    [[nodiscard]] std::optional<Text> variable(std::string_view key) const;
    void error_at(const YAML::Mark& mark, std::string message);

    Notes* notes_;
    std::string variables_;
    YAML::Mark mark_;

    struct Entry {
        YAML::Mark mark;
        YAML::Node value;
    };

    std::map<std::string, Entry, std::less<>> entries_;
    std::vector<std::string> asked_;
};

/// Finds names that are used twice.
class Names {
public:
    void add(Reader& reader, const Text& name);

private:
    std::map<std::string, int> lines_;
};

}  // namespace slipway::config
