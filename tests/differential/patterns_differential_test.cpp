#include "core/base/source_error.hpp"
#include "core/context/context.hpp"
#include "core/git/memory_tree.hpp"
#include "core/ignore/ignore.hpp"
#include "tests/differential/oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::differential {
namespace {

/// Bytes as JSON can carry them: one character per byte.
std::string to_characters(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        const auto value = static_cast<std::uint8_t>(byte);
        if (value < 0x80) {
            text += byte;
        } else {
            text += static_cast<char>(0xc0U | (value >> 6U));
            text += static_cast<char>(0x80U | (value & 0x3fU));
        }
    }
    return text;
}

std::string to_bytes(std::string_view characters) {
    std::string bytes;
    for (std::size_t i = 0; i < characters.size(); ++i) {
        const auto value = static_cast<std::uint8_t>(characters[i]);
        if (value < 0x80) {
            bytes += characters[i];
        } else {
            const auto next = static_cast<std::uint8_t>(characters[++i]);
            bytes += static_cast<char>(((value & 0x03U) << 6U) | (next & 0x3fU));
        }
    }
    return bytes;
}

std::string name(Random& random) {
    if (random.chance(70)) {
        return random.one_of(
            {"a",
             "b",
             "ab",
             "a.b",
             "docs",
             "README.md",
             "x.go",
             ".git",
             "Dockerfile",
             "node_modules"}
        );
    }
    if (random.chance(60)) {
        return random.letters("abc-_1", 1, 1) + random.letters("abc.-_1", 0, 3);
    }
    return random.one_of({"\xc3\xa9", "a\xe6\x97\xa5",
                          "\xffz",    "a b",
                          "[a]",      "a|b",
                          "{a}",      "a^",
                          "!a",       "#a",
                          "a\\b",     "aa",
                          "aaa",      "a\n",
                          "$",        "(",
                          "a+",       "\xef\xbf\xbd",
                          "**",       "*"});
}

std::string path(Random& random) {
    std::string text = name(random);
    while (random.chance(55)) {
        text += "/" + name(random);
    }
    return text;
}

constexpr auto usual_pieces = std::to_array<std::string_view>(
    {"*",
     "?",
     "**",
     "*.md",
     "**.go",
     "a*",
     "*b",
     "a**b",
     "[a-c]",
     "[^a]",
     "[!a]",
     "[a]*",
     "***",
     "?b",
     "..",
     ".",
     "",
     "a?",
     "*.*"}
);

// What Go's filepath.Match and moby's expressions take in different ways.
constexpr auto odd_pieces = std::to_array<std::string_view>(
    {"[",
     "]",
     "[]a]",
     "[-]",
     "[a-]",
     "[c-a]",
     "[*]",
     "[?]",
     "[**]",
     "a\\",
     "\\a",
     "\\*",
     "\\[a\\]",
     "\\d",
     "\\w",
     "\\b",
     "\\B",
     "\\A",
     "\\z",
     "\\x61",
     "\\x{62}",
     "\\141",
     "\\0",
     "\\1",
     "\\.",
     "\\\\",
     "\\E",
     "\\Q",
     "\\pL",
     "[\\d]",
     "[[:alpha:]]",
     "[[:^alpha:]]",
     "[[:x:]]",
     "[\\w-]",
     "[^/]",
     "[\xc3\xa9-\xe6\x97\xa5]",
     "\\\xc3\xa9",
     "a{2}",
     "a{1,}",
     "a{1,2}",
     "a{2,1}",
     "a{01}",
     "{a,b}",
     "{",
     "}",
     "|",
     "a|b",
     "^",
     "$",
     "(",
     ")",
     "+",
     ".",
     "\xff",
     "\xef\xbb\xbf",
     "[\xff]",
     "\xc2\xa0",
     "\t",
     "\r",
     "#",
     "!",
     "a{1001}",
     "\\^",
     "{2}",
     "*{2}",
     "^{0}",
     "[]]",
     "[^]]",
     "[a\\]]",
     "[.]",
     "**/",
     "/**",
     "/**/"}
);

std::string pattern_piece(Random& random) {
    if (random.chance(45)) {
        return name(random);
    }
    if (random.chance(60)) {
        return std::string(usual_pieces.at(random.below(usual_pieces.size())));
    }
    return std::string(odd_pieces.at(random.below(odd_pieces.size())));
}

std::string pattern(Random& random) {
    std::string text = random.chance(30) ? "!" : "";
    if (random.chance(10)) {
        text += random.one_of({" ", "/", "//", "\t", "!", "./", "../", "/../"});
    }
    if (random.chance(35)) {
        return text + path(random);
    }
    if (random.chance(15)) {
        text += "**/";
    }
    text += pattern_piece(random);
    while (random.chance(45)) {
        text += random.one_of({"/", "", "", "/"}) + pattern_piece(random);
    }
    if (random.chance(10)) {
        text += random.one_of({"/", "/**", " ", "/.", "/.."});
    }
    return text;
}

std::string ignore_file(Random& random) {
    std::string text = random.chance(5) ? "\xef\xbb\xbf" : "";
    for (std::size_t left = random.below(5) + 1; left > 0; --left) {
        std::string line = pattern(random);
        while (random.chance(8)) {
            line = random.mutated(line, "ab*?[]\\/!.^|{}-# 2");
        }
        text += random.one_of({"", "", "", "", "", "", "", " ", "#", "\n"}) + line +
                random.one_of({"\n", "\n", "\n", "\r\n", " \n", ""});
    }
    return text;
}

json pattern_case(Random& random) {
    json paths = json::array();
    for (std::size_t left = 12; left > 0; --left) {
        paths.push_back(to_characters(path(random)));
    }
    return {{"text", to_characters(ignore_file(random))}, {"paths", paths}};
}

std::string pattern_disagreement(const json& one, const json& oracle) {
    const auto parsed =
        ignore::parse_ignore(to_bytes(one["text"].get<std::string>()), ".dockerignore");
    const auto error = oracle["error"].get<std::string>();
    if (parsed.errors.empty() != error.empty()) {
        return error.empty()
                   ? "slipway refuses what the oracle takes: " + to_string(parsed.errors.front())
                   : "slipway takes what the oracle refuses";
    }
    for (std::size_t i = 0; i < oracle["matched"].size(); ++i) {
        const auto text = one["paths"][i].get<std::string>();
        if (parsed.patterns.matches(to_bytes(text)) != oracle["matched"][i].get<bool>()) {
            return "slipway decides differently about '" + text + "'";
        }
    }
    return {};
}

/// The parent folders of every path, and the paths.
std::set<std::string> with_parents(const std::set<std::string>& files) {
    std::set<std::string> all = files;
    for (const std::string& file : files) {
        for (auto end = file.find('/'); end != std::string::npos; end = file.find('/', end + 1)) {
            all.insert(file.substr(0, end));
        }
    }
    return all;
}

/// Random files, none of which is another one's folder.
std::set<std::string> random_files(Random& random) {
    std::set<std::string> files;
    for (std::size_t left = 15; left > 0; --left) {
        std::set<std::string> more = files;
        more.insert(path(random));
        const bool is_folder = std::ranges::any_of(more, [&](const std::string& file) {
            return std::ranges::any_of(more, [&](const std::string& other) {
                return other.starts_with(file + "/");
            });
        });
        files = is_folder ? files : more;
    }
    files.insert("Containerfile");
    return files;
}

json context_case(Random& random) {
    const std::set<std::string> files = random_files(random);
    json paths = json::array();
    for (const std::string& one : with_parents(files)) {
        paths.push_back(to_characters(one));
    }
    return {{"text", to_characters(ignore_file(random))}, {"paths", paths}};
}

/// What is to be sent: what the oracle leaves, and the folders of it.
std::set<std::string> expected_paths(const json& one, const json& oracle) {
    std::set<std::string> sent = {"Containerfile.dockerignore"};
    for (std::size_t i = 0; i < oracle["matched"].size(); ++i) {
        if (!oracle["matched"][i].get<bool>()) {
            sent.insert(to_bytes(one["paths"][i].get<std::string>()));
        }
    }
    return with_parents(sent);
}

context::ContextList listed(const json& one) {
    const std::string ignore_text = to_bytes(one["text"].get<std::string>());
    std::set<std::string> paths;
    for (const json& path : one["paths"]) {
        paths.insert(to_bytes(path.get<std::string>()));
    }
    std::map<std::string, git::MemoryTree::File> files = {
        {"Containerfile.dockerignore", {.content = ignore_text}}
    };
    for (const std::string& one_path : paths) {
        const auto next = paths.lower_bound(one_path + "/");
        if (next == paths.end() || !next->starts_with(one_path + "/")) {
            files[one_path] = {.content = one_path};
        }
    }
    git::MemoryTree tree;
    const auto root = tree.add(files);
    return context::list_context(tree, root, "image", "Containerfile").value();
}

std::string context_disagreement(const json& one, const json& oracle) {
    const context::ContextList list = listed(one);
    if (list.errors.empty() != oracle["error"].get<std::string>().empty()) {
        return "one of the two refuses the file";
    }
    if (!list.errors.empty()) {
        return list.entries.empty() ? "" : "a refused file leaves entries";
    }
    std::set<std::string> sent;
    for (const auto& entry : list.entries) {
        sent.insert(entry.path);
    }
    std::set<std::string> wanted = expected_paths(one, oracle);
    if (!wanted.contains("Containerfile")) {
        wanted.insert(list.dockerfile);
    }
    // The file of patterns is no path of the case, so that it is the same in both.
    sent.insert("Containerfile.dockerignore");
    for (const std::string& path : sent) {
        if (!wanted.contains(path)) {
            return "slipway sends '" + to_characters(path) + "'";
        }
    }
    for (const std::string& path : wanted) {
        if (!sent.contains(path)) {
            return "slipway does not send '" + to_characters(path) + "'";
        }
    }
    return {};
}

TEST(ContextDifferential, SendsWhatMobyDoesNotIgnore) {
    compare("patterns", context_case, context_disagreement);
}

TEST(PatternsDifferential, AgreesWithMobyPatternmatcher) {
    compare("patterns", pattern_case, pattern_disagreement);
}

}  // namespace
}  // namespace slipway::differential
