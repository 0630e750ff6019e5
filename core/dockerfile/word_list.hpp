#pragma once

#include "core/dockerfile/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::dockerfile {

/// Collects words as BuildKit does.
class WordList {
public:
    void add(std::string_view character) {
        if (space_at_start(character) == 0) {
            add_raw(character);
        } else if (in_word_ && !word_.empty()) {
            finish();
            in_word_ = false;
        }
    }

    void add_raw(std::string_view text) {
        word_ += text;
        in_word_ = true;
    }

    void add_split(std::string_view text) {
        while (!text.empty()) {
            const auto width = std::max<std::size_t>(space_at_start(text), 1);
            add(text.substr(0, width));
            text.remove_prefix(width);
        }
    }

    /// A nested substitution drops the word that is being collected: BuildKit's two share one
    /// buffer.
    void drop_word() { word_.clear(); }

    [[nodiscard]] std::vector<std::string> take() {
        if (!word_.empty()) {
            finish();
        }
        return std::exchange(words_, {});
    }

private:
    std::vector<std::string> words_;
    std::string word_;
    bool in_word_ = false;

    void finish() { words_.push_back(std::exchange(word_, {})); }
};

}  // namespace slipway::dockerfile
