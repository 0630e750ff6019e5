#pragma once

#include "core/wire/engine_progress.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::cli {

/// Shows a build as it goes, on standard error. On a terminal: a line for every finished step and a
/// spinner line for every running one, with what it printed last. Elsewhere: plain lines, each with
/// its folder, so that a CI log reads well. One thread.
class Progress {
public:
    Progress(const std::vector<store::Step>& steps, bool terminal, bool colours, std::FILE* out);

    void on_step(const store::Step& step);
    void on_log(int position, const wire::LogLine& line);

    /// Redraws the running steps; ten times a second on a terminal.
    void tick();

    /// Takes the running steps' lines away.
    void end();

private:
    struct Line {
        store::Step step;
        std::string last;                // what it printed last
        std::deque<std::string> recent;  // shown when it fails
        std::chrono::steady_clock::time_point since;
    };

    void erase_drawn();
    void print(const std::string& line);
    void draw();
    [[nodiscard]] std::string paint(std::string_view text, std::string_view colour) const;
    [[nodiscard]] std::string final_line(const Line& line) const;
    void explain_failure(const Line& line);

    std::vector<Line> lines_;
    std::size_t folder_width_ = 0;
    bool terminal_;
    bool colours_;
    std::FILE* out_;
    std::size_t drawn_ = 0;
    std::size_t frame_ = 0;
};

}  // namespace slipway::cli
