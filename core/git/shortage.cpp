#include "core/git/shortage.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace slipway::git {
namespace {

struct Shortage {
    std::string_view words;
    std::string_view advice;
};

constexpr std::string_view more_memory = "; give slipway more memory, or let fewer builds run";

// libgit2 says all of them with one code, -1; the words are its own or those of strerror.
constexpr std::array shortages = {
    Shortage{"No space left on device", "; make room on the disk"},
    Shortage{"Disk quota exceeded", "; make room on the disk"},
    Shortage{"Read-only file system", "; look after the disk"},
    Shortage{"Out of memory", more_memory},
    Shortage{"Cannot allocate memory", more_memory},
    Shortage{"unable to create thread", more_memory},
    Shortage{"Too many open files", "; raise the limit of open files (ulimit -n)"},
};

}  // namespace

std::string_view advice_on_shortage(std::string_view words) {
    const auto* const found = std::ranges::find_if(shortages, [words](const Shortage& shortage) {
        return words.contains(shortage.words);
    });
    return found != shortages.end() ? found->advice : std::string_view();
}

}  // namespace slipway::git
