#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway {

/// Appends values to a buffer: numbers as LEB128, texts with their length before them. ByteReader
/// is its other half.
class ByteWriter {
public:
    void number(std::uint64_t value) {
        constexpr std::uint64_t more = 0x80;
        while (value >= more) {
            bytes_ += static_cast<char>((value & 0x7fU) | more);
            value >>= 7U;
        }
        bytes_ += static_cast<char>(value);
    }

    void text(std::string_view value) {
        number(value.size());
        bytes_ += value;
    }

    void raw(std::string_view value) { bytes_ += value; }

    template <class Range, class Write>
    void list(const Range& values, Write write) {
        number(values.size());
        for (const auto& value : values) {
            write(value);
        }
    }

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

    [[nodiscard]] std::string take() { return std::exchange(bytes_, {}); }

private:
    std::string bytes_;
};

/// Reads what ByteWriter wrote. Damaged input can't read outside the buffer: failed() turns true
/// and everything after is empty.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::string_view byte = raw(1);
            if (byte.empty()) {
                return 0;
            }
            const auto digit = static_cast<std::uint8_t>(byte.front());
            value |= static_cast<std::uint64_t>(digit & 0x7fU) << shift;
            if (digit < 0x80U) {
                return value;
            }
        }
        failed_ = true;
        return 0;
    }

    [[nodiscard]] std::string_view text() { return raw(number()); }

    [[nodiscard]] std::string_view raw(std::uint64_t length) {
        if (failed_ || length > rest_.size()) {
            failed_ = true;
            return {};
        }
        const std::string_view value = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return value;
    }

    /// Reads a list by calling `read` once for every value, never more often than there are bytes.
    template <class Value, class Read>
    [[nodiscard]] std::vector<Value> list(Read read) {
        std::vector<Value> values;
        for (std::uint64_t left = number(); left > 0 && !failed_; --left) {
            values.push_back(read());
        }
        return values;
    }

    [[nodiscard]] bool failed() const { return failed_; }

private:
    std::string_view rest_;
    bool failed_ = false;
};

}  // namespace slipway
