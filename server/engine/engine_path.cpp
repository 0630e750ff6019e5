#include "server/engine/engine_path.hpp"

#include <string>
#include <string_view>

namespace slipway::engine {
namespace {

constexpr std::string_view unreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

std::string encoded(std::string_view text, std::string_view also_kept) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (unreserved.contains(c) || also_kept.contains(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += hex[byte >> 4U];
        out += hex[byte & 15U];
    }
    return out;
}

}  // namespace

std::string path_encoded(std::string_view name) {
    return encoded(name, "/:@");
}

Query& Query::add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '?' : '&';
    text_ += encoded(name, {});
    text_ += '=';
    text_ += encoded(value, {});
    return *this;
}

Query& Query::add_given(std::string_view name, std::string_view value) {
    return value.empty() ? *this : add(name, value);
}

}  // namespace slipway::engine
