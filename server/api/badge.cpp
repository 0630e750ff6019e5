#include "server/api/badge.hpp"

#include "core/base/utf8.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

constexpr std::size_t most_characters = 64;
constexpr std::size_t pixels_a_character = 7;
constexpr std::size_t pixels_around = 12;

struct Colors {
    std::string_view name;  ///< shields.io's
    std::string_view hex;   ///< under white text, with a contrast of 4.5 and more
};

Colors colors_of(Mood mood) {
    switch (mood) {
        case Mood::good:
            return {"success", "#2e7d32"};
        case Mood::pending:
            return {"important", "#b34700"};
        case Mood::bad:
            return {"critical", "#c62828"};
        case Mood::unknown:
            break;
    }
    return {"inactive", "#616161"};
}

/// The version of `registry:5000/name:version`.
std::string version_of(const std::string& image) {
    const std::size_t name = image.rfind('/');
    const std::size_t colon = image.rfind(':');
    const bool has_tag = colon != std::string::npos && (name == std::string::npos || colon > name);
    return has_tag ? image.substr(colon + 1) : "pushed";
}

bool is_failing(const store::LedgerEntry& entry) {
    return entry.owed && entry.owed->why.starts_with("failed");
}

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

/// UTF-8 without what XML can't hold, at most so many characters.
std::string shown(const std::string& text) {
    std::string result;
    std::size_t characters = 0;
    for (const char c : valid_utf8(text)) {
        characters += begins_character(c) ? 1 : 0;
        if (characters > most_characters) {
            return result + "…";
        }
        const auto byte = static_cast<unsigned char>(c);
        result += byte < 0x20U || byte == 0x7FU ? ' ' : c;
    }
    return result;
}

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

struct Half {
    std::string text;  ///< escaped
    std::size_t left = 0;
    std::size_t width = 0;
    std::size_t text_width = 0;
};

Half half_of(const std::string& text, std::size_t left) {
    const std::string visible = shown(text);
    const std::size_t text_width = characters_of(visible) * pixels_a_character;
    return {
        .text = escaped(visible),
        .left = left,
        .width = text_width + pixels_around,
        .text_width = text_width,
    };
}

std::string number(std::size_t value) {
    return std::to_string(value);
}

/// Its length is said, so that it fits with any font.
std::string text_element(const Half& half) {
    return "<text x=\"" + number(half.left + half.width / 2) + "\" y=\"14\" textLength=\"" +
           number(half.text_width) + "\">" + half.text + "</text>";
}

std::string rectangle(const Half& half, std::string_view color) {
    return "<rect x=\"" + number(half.left) + "\" width=\"" + number(half.width) +
           "\" height=\"20\" fill=\"" + std::string(color) + "\"/>";
}

}  // namespace

Badge badge_of_image(std::string label, const store::LedgerEntry* entry) {
    if (entry == nullptr || (!entry->pushed && !entry->owed)) {
        return {.label = std::move(label), .message = "unknown", .mood = Mood::unknown};
    }
    if (entry->removed) {
        return {.label = std::move(label), .message = "removed", .mood = Mood::unknown};
    }
    if (is_failing(*entry)) {
        return {.label = std::move(label), .message = "failing", .mood = Mood::bad};
    }
    if (entry->owed) {
        return {.label = std::move(label), .message = "owed", .mood = Mood::pending};
    }
    return {.label = std::move(label), .message = version_of(entry->image), .mood = Mood::good};
}

Badge badge_of_branch(
    std::string label, const std::vector<store::LedgerEntry>& owed, std::size_t most, bool is_known
) {
    if (!is_known) {
        return {.label = std::move(label), .message = "unknown", .mood = Mood::unknown};
    }
    if (owed.empty()) {
        return {.label = std::move(label), .message = "all pushed", .mood = Mood::good};
    }
    const auto failing = static_cast<std::size_t>(std::ranges::count_if(owed, is_failing));
    const std::string more = owed.size() < most ? "" : "+";
    if (failing > 0) {
        return {
            .label = std::move(label),
            .message = std::to_string(failing) + more + " failing",
            .mood = Mood::bad
        };
    }
    return {
        .label = std::move(label),
        .message = std::to_string(owed.size()) + more + " owed",
        .mood = Mood::pending
    };
}

std::string to_svg(const Badge& badge) {
    const Half label = half_of(badge.label, 0);
    const Half message = half_of(badge.message, label.width);
    const std::string width = number(label.width + message.width);
    const std::string name = label.text + ": " + message.text;
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width +
           "\" height=\"20\" role=\"img\" aria-label=\"" + name + "\"><title>" + name +
           "</title><clipPath id=\"round\"><rect width=\"" + width +
           "\" height=\"20\" rx=\"3\"/></clipPath><g clip-path=\"url(#round)\">" +
           rectangle(label, "#444") + rectangle(message, colors_of(badge.mood).hex) +
           "</g><g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu "
           "Sans,sans-serif\" "
           "font-size=\"11\">" +
           text_element(label) + text_element(message) + "</g></svg>\n";
}

nlohmann::ordered_json to_json(const Badge& badge) {
    return {
        {"schemaVersion", 1},
        {"label", shown(badge.label)},
        {"message", shown(badge.message)},
        {"color", colors_of(badge.mood).name},
        {"isError", badge.mood == Mood::bad},
        {"cacheSeconds", 60},
    };
}

}  // namespace slipway::api
