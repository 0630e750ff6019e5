#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway {

/// What the kernel knows of this process, in the units of Prometheus.
struct ProcessStats {
    double cpu_seconds = 0;
    double start_time_seconds = 0;  ///< since 1970
    double resident_bytes = 0;
    double open_descriptors = 0;
};

/// What is read of /proc/<pid>/stat (proc(5)).
struct ProcessStatLine {
    std::uint64_t cpu_ticks = 0;    ///< in user and kernel mode
    std::uint64_t start_ticks = 0;  ///< after the machine's start
    std::uint64_t resident_pages = 0;
};

/// Nothing for a line that is cut short. The program's name in it may hold blanks and brackets.
[[nodiscard]] std::optional<ProcessStatLine> parse_process_stat(std::string_view text);

/// Nothing where /proc can't be read, as in some sandboxes.
[[nodiscard]] std::optional<ProcessStats> read_process_stats();

}  // namespace slipway
