#include "server/base/process_stats.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace slipway {
namespace {

std::string read_file(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view blanks = " \n";
    std::vector<std::string_view> words;
    for (std::size_t start = text.find_first_not_of(blanks); start != std::string_view::npos;
         start = text.find_first_not_of(blanks)) {
        text.remove_prefix(start);
        words.push_back(text.substr(0, text.find_first_of(blanks)));
        text.remove_prefix(words.back().size());
    }
    return words;
}

std::uint64_t to_number(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Unix time of the machine's start; 0 where it is not told.
std::uint64_t boot_seconds() {
    constexpr std::string_view name = "\nbtime ";
    const std::string text = read_file("/proc/stat");
    const std::size_t start = text.find(name);
    return start == std::string::npos
               ? 0
               : to_number(std::string_view(text).substr(start + name.size()));
}

double count_open_descriptors() {
    std::error_code error;
    std::filesystem::directory_iterator entries("/proc/self/fd", error);
    double count = 0;
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        ++count;
    }
    return count > 0 ? count - 1 : 0;  // one of them reads the folder
}

}  // namespace

std::optional<ProcessStatLine> parse_process_stat(std::string_view text) {
    // Numbers of the fields as proc(5) counts them; the state, 3, is the first one behind the name.
    constexpr std::size_t first = 3;
    constexpr std::size_t user_time = 14;
    constexpr std::size_t system_time = 15;
    constexpr std::size_t start_time = 22;
    constexpr std::size_t resident = 24;
    const std::size_t end_of_name = text.rfind(')');
    if (end_of_name == std::string_view::npos) {
        return std::nullopt;
    }
    const auto words = words_of(text.substr(end_of_name + 1));
    if (words.size() <= resident - first) {
        return std::nullopt;
    }
    return ProcessStatLine{
        .cpu_ticks = to_number(words[user_time - first]) + to_number(words[system_time - first]),
        .start_ticks = to_number(words[start_time - first]),
        .resident_pages = to_number(words[resident - first]),
    };
}

std::optional<ProcessStats> read_process_stats() {
    const auto line = parse_process_stat(read_file("/proc/self/stat"));
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    if (!line || ticks_per_second <= 0) {
        return std::nullopt;
    }
    return ProcessStats{
        .cpu_seconds = static_cast<double>(line->cpu_ticks) / ticks_per_second,
        .start_time_seconds = static_cast<double>(boot_seconds()) +
                              (static_cast<double>(line->start_ticks) / ticks_per_second),
        .resident_bytes =
            static_cast<double>(line->resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE)),
        .open_descriptors = count_open_descriptors(),
    };
}

}  // namespace slipway
