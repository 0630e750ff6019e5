#include "core/context/tar_header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

namespace slipway::context {
namespace {

constexpr std::size_t max_name = 100;
constexpr std::uint64_t max_number = 077777777777;  // eleven octal digits

/// A field of the header block: where it begins, and how many bytes it has.
struct Field {
    std::size_t at = 0;
    std::size_t size = 0;
};

constexpr Field name_field = {.at = 0, .size = max_name};
constexpr Field mode_field = {.at = 100, .size = 8};
constexpr Field owner_field = {.at = 108, .size = 8};
constexpr Field group_field = {.at = 116, .size = 8};
constexpr Field size_field = {.at = 124, .size = 12};
constexpr Field mtime_field = {.at = 136, .size = 12};
constexpr Field checksum_field = {.at = 148, .size = 8};
constexpr Field type_field = {.at = 156, .size = 1};
constexpr Field link_field = {.at = 157, .size = max_name};
constexpr Field magic_field = {.at = 257, .size = 8};

using Block = std::array<char, tar_block>;

void put(Block& block, Field field, std::string_view text) {
    std::ranges::copy(
        text.substr(0, field.size), block.begin() + static_cast<std::ptrdiff_t>(field.at)
    );
}

/// Octal digits with zeros before and a NUL behind them.
void put_number(Block& block, Field field, std::uint64_t number) {
    for (std::size_t left = field.size - 1; left > 0; --left) {
        block.at(field.at + left - 1) = static_cast<char>('0' + (number & 7U));
        number >>= 3U;
    }
}

void put_checksum(Block& block) {
    put(block, checksum_field, "        ");
    const auto sum =
        std::accumulate(block.begin(), block.end(), std::uint64_t{0}, [](auto total, char byte) {
            return total + static_cast<std::uint8_t>(byte);
        });
    put_number(block, {.at = checksum_field.at, .size = checksum_field.size - 1}, sum);
    block.at(checksum_field.at + checksum_field.size - 2) = '\0';
}

bool fits(std::string_view name) {
    return name.size() <= max_name && std::ranges::none_of(name, [](char byte) {
               return static_cast<std::uint8_t>(byte) > 0x7f;
           });
}

/// `length key=value\n`, where the length counts its own digits.
std::string pax_record(std::string_view key, std::string_view value) {
    const std::string body = " " + std::string(key) + "=" + std::string(value) + "\n";
    std::string length = std::to_string(body.size());
    while (length != std::to_string(body.size() + length.size())) {
        length = std::to_string(body.size() + length.size());
    }
    return length + body;
}

std::string pax_records(const TarHeader& header) {
    std::string records;
    if (!fits(header.link)) {
        records += pax_record("linkpath", header.link);
    }
    if (!fits(header.path)) {
        records += pax_record("path", header.path);
    }
    if (header.size > max_number) {
        records += pax_record("size", std::to_string(header.size));
    }
    return records;
}

void append_block(std::string& out, const TarHeader& header, char type) {
    Block block{};
    put(block, name_field, header.path);
    put_number(block, mode_field, header.mode);
    put_number(block, owner_field, 0);
    put_number(block, group_field, 0);
    put_number(block, size_field, header.size > max_number ? 0 : header.size);
    const auto mtime = static_cast<std::uint64_t>(std::max<std::int64_t>(header.mtime, 0));
    put_number(block, mtime_field, std::min(mtime, max_number));
    put(block, type_field, {&type, 1});
    put(block, link_field, header.link);
    put(block, magic_field, std::string_view("ustar\00000", magic_field.size));
    put_checksum(block);
    out.append(block.begin(), block.end());
}

}  // namespace

void append_tar_header(std::string& out, const TarHeader& header) {
    constexpr char pax_type = 'x';
    const std::string records = pax_records(header);
    if (!records.empty()) {
        append_block(
            out,
            {.path = "PaxHeaders/entry",
             .type = TarType::file,
             .mode = 0644,
             .size = records.size(),
             .mtime = header.mtime,
             .link = {}},
            pax_type
        );
        out += records;
        append_tar_padding(out, records.size());
    }
    append_block(out, header, static_cast<char>(header.type));
}

void append_tar_padding(std::string& out, std::uint64_t size) {
    out.append((tar_block - (size % tar_block)) % tar_block, '\0');
}

}  // namespace slipway::context
