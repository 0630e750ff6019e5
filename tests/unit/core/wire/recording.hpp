#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::wire {

/// An answer of a real engine, from tests/data/engine.
struct Recording {
    std::string name;  ///< of the file, without its folder and ending
    std::string body;
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline Recording read_recording(std::string_view name) {
    const std::filesystem::path folder(SLIPWAY_SOURCE_DIR "/tests/data/engine");
    const std::string answer = read_file(folder / (std::string(name) + ".http"));
    constexpr std::string_view end_of_head = "\r\n\r\n";
    const std::size_t end = answer.find(end_of_head);
    return {
        .name = std::string(name),
        .body = end == std::string::npos ? "" : answer.substr(end + end_of_head.size())
    };
}

/// The names of the answers that are streams of JSON lines: of builds, pushes and pulls that began.
inline std::vector<std::string> stream_names() {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(SLIPWAY_SOURCE_DIR "/tests/data/engine")) {
        const std::string name = entry.path().stem().string();
        const bool is_asked_for = std::ranges::any_of(
            std::vector<std::string_view>{"_build_", "_push_", "_pull_"},
            [&](std::string_view word) { return name.find(word) != std::string::npos; }
        );
        if (is_asked_for && read_file(entry.path()).starts_with("HTTP/1.1 200 ")) {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace slipway::wire
