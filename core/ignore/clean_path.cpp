#include "core/ignore/clean_path.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::ignore {
namespace {

void append_name(std::vector<std::string_view>& names, std::string_view name, bool is_rooted) {
    if (name.empty() || name == ".") {
        return;
    }
    if (name != "..") {
        names.push_back(name);
        return;
    }
    if (!names.empty() && names.back() != "..") {
        names.pop_back();
    } else if (!is_rooted) {
        names.push_back(name);
    }
}

}  // namespace

std::string clean_path(std::string_view path) {
    const bool is_rooted = path.starts_with('/');
    std::vector<std::string_view> names;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        append_name(names, path.substr(at, end - at), is_rooted);
        at = end + 1;
    }
    std::string clean = is_rooted ? "/" : "";
    for (const std::string_view name : names) {
        if (!clean.empty() && clean != "/") {
            clean += '/';
        }
        clean += name;
    }
    return clean.empty() ? "." : clean;
}

}  // namespace slipway::ignore
