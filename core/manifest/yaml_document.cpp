#include "core/manifest/yaml_document.hpp"

#include "core/ignore/runes.hpp"
#include "core/manifest/manifest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace slipway::manifest {
namespace {

using Kind = YamlNode::Kind;
using Problems = std::vector<YamlProblem>;

constexpr std::size_t max_depth = 16;
constexpr std::string_view no_alias = "aliases ('*name') are not used here: write the value itself";

/// Ends the parsing; the reason is a problem already.
struct Stop {};

Position position_of(const YAML::Mark& mark) {
    if (mark.is_null()) {
        return {};
    }
    return {.line = mark.line + 1, .column = mark.column + 1};
}

/// Whether the scalar that begins here in quotes ends: yaml-cpp takes the end of the file for the
/// missing one.
bool is_closed(std::string_view text) {
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
        const bool is_escape = quote == '"' ? text[i] == '\\' : text.substr(i).starts_with("''");
        if (is_escape) {
            ++i;
        } else if (text[i] == quote) {
            return true;
        }
    }
    return false;
}

/// Builds the nodes from the parser's events. What is open is on a stack; what ends goes to the
/// children of what is below.
class Builder final : public YAML::EventHandler {
public:
    Builder(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

    std::optional<YamlNode> root;

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (std::exchange(has_document_, true)) {
            stop(
                mark,
                "a second YAML document begins here: one file is one manifest, delete the '---'"
            );
        }
    }

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(node(Kind::null, mark, anchor));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        problem(mark, std::string(no_alias));
        add(node(Kind::refused, mark, YAML::NullAnchor));
    }

    void OnScalar(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        const std::string& value
    ) override {
        check_quote(mark);
        YamlNode scalar = node(check_tag(mark, tag) ? Kind::scalar : Kind::refused, mark, anchor);
        scalar.text = value;
        scalar.is_quoted = tag == "!";
        add(std::move(scalar));
    }

    void OnSequenceStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value /*style*/
    ) override {
        open(Kind::list, mark, tag, anchor);
    }

    void OnSequenceEnd() override { close(); }

    void OnMapStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value /*style*/
    ) override {
        open(Kind::map, mark, tag, anchor);
    }

    void OnMapEnd() override { close(); }

private:
    void problem(const YAML::Mark& mark, std::string message) {
        problems_.push_back({.at = position_of(mark), .message = std::move(message)});
    }

    [[noreturn]] void stop(const YAML::Mark& mark, std::string message) {
        problem(mark, std::move(message));
        throw Stop();
    }

    YamlNode node(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            problem(
                mark,
                "anchors ('&name') are not used here: delete it, and write the value where it is "
                "needed"
            );
        }
        YamlNode made;
        made.kind = kind;
        made.at = position_of(mark);
        return made;
    }

    bool check_tag(const YAML::Mark& mark, const std::string& tag) {
        const bool is_none = tag.empty() || tag == "?" || tag == "!";
        if (!is_none) {
            problem(
                mark, "tags ('!name') are not used here: delete it, or put the value in quotes"
            );
        }
        return is_none;
    }

    void check_quote(const YAML::Mark& mark) {
        const std::string_view rest =
            text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()));
        if ((rest.starts_with('"') || rest.starts_with('\'')) && !is_closed(rest)) {
            stop(mark, "the quote that begins here never ends: close it");
        }
    }

    void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (open_.size() == max_depth) {
            stop(mark, "lists and maps are more than 16 deep: a manifest needs two");
        }
        open_.push_back(node(check_tag(mark, tag) ? kind : Kind::refused, mark, anchor));
    }

    void close() {
        YamlNode closed = std::move(open_.back());
        open_.pop_back();
        add(std::move(closed));
    }

    void add(YamlNode made) {
        if (open_.empty()) {
            root = std::move(made);
        } else {
            open_.back().children.push_back(std::move(made));
        }
    }

    std::string_view text_;
    Problems& problems_;
    std::vector<YamlNode> open_;
    bool has_document_ = false;
};

std::string message_of(const YAML::Exception& error) {
    if (error.msg == YAML::ErrorMsg::UNKNOWN_ANCHOR) {
        return std::string(no_alias);
    }
    return "not valid YAML (" + error.msg +
           "): check quotes, brackets and indentation here and above";
}

std::optional<YamlNode> parse(std::string_view text, Problems& problems) {
    Builder builder(text, problems);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return std::move(builder.root);
    } catch (const Stop&) {
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        problems.push_back({.at = position_of(error.mark), .message = message_of(error)});
    } catch (const std::exception& error) {
        problems.push_back({.at = {}, .message = std::string("reading the YAML: ") + error.what()});
    }
    return std::nullopt;
}

bool is_control(char byte) {
    const auto value = static_cast<std::uint8_t>(byte);
    return (value < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || value == 0x7f;
}

Position position_at(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto line_start = before.rfind('\n') + 1;  // 0 where there is none
    return {
        .line = static_cast<int>(std::ranges::count(before, '\n')) + 1,
        .column = static_cast<int>(at - line_start) + 1
    };
}

/// Before the parser sees them: it would guess at another encoding, or put something else in their
/// place.
std::optional<YamlProblem> find_bad_character(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const ignore::Rune rune = ignore::first_rune(text.substr(at));
        if (rune.is_broken()) {
            return YamlProblem{
                .at = position_at(text, at), .message = "not UTF-8: save the file in this encoding"
            };
        }
        if (is_control(text[at])) {
            return YamlProblem{
                .at = position_at(text, at), .message = "a control character: delete it"
            };
        }
        at += rune.size;
    }
    return std::nullopt;
}

}  // namespace

YamlDocument read_yaml(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    YamlDocument document;
    if (text.size() > most_bytes) {
        document.problems.push_back({.at = {}, .message = std::string(too_large)});
        return document;
    }
    text.remove_prefix(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
    if (auto bad = find_bad_character(text)) {
        document.problems.push_back(*std::move(bad));
        return document;
    }
    document.root = parse(text, document.problems);
    const bool is_empty = !document.root || document.root->kind == Kind::null;
    if (is_empty && document.problems.empty()) {
        document.root.reset();
        document.problems.push_back(
            {.at = {}, .message = "the file is empty: write at least 'image: …' and 'version: …'"}
        );
    }
    return document;
}

}  // namespace slipway::manifest
