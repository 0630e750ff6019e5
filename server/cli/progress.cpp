#include "server/cli/progress.hpp"

#include "core/base/utf8.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/cli/table.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <utility>
#include <vector>

namespace slipway::cli {
namespace {

using model::StepState;

constexpr std::string_view green = "32";
constexpr std::string_view red = "31";
constexpr std::string_view dim = "2";
constexpr std::string_view cyan = "36";

bool is_running(StepState state) {
    return state == StepState::building || state == StepState::pushing;
}

bool is_ended(const store::Step& step) {
    return model::is_final(step.state) || (step.state == StepState::built && !step.push);
}

std::size_t terminal_width(std::FILE* out) {
    winsize size{};
    constexpr std::size_t usual = 80;
    // NOLINTNEXTLINE(misc-include-cleaner): stdio.h has it
    return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

/// Where the control sequence that begins at `start` ends: `ESC [ … letter`, else ESC, perhaps some
/// of ` ` to `/`, and one character.
std::size_t end_of_sequence(std::string_view text, std::size_t start) {
    std::size_t at = start + 1;
    if (at < text.size() && text[at] == '[') {
        do {
            ++at;
        } while (at < text.size() && (text[at] < '@' || text[at] > '~'));
        return at;
    }
    while (at < text.size() && text[at] >= ' ' && text[at] <= '/') {
        ++at;
    }
    return at;
}

bool is_colour(std::string_view sequence) {
    return sequence.starts_with("\x1b[") && sequence.ends_with('m') &&
           sequence.find_first_not_of("0123456789;:", 2) == sequence.size() - 1;
}

/// What a RUN prints is the repository's: a terminal gets its text, and its colours where they are
/// wanted, but nothing that moves the cursor, names the window or fills a clipboard.
std::string shown(std::string_view text, bool colours) {
    std::string result;
    std::string piece;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\x1b') {
            piece += static_cast<unsigned char>(text[i]) >= ' ' ? text.substr(i, 1) : "";
            continue;
        }
        const std::size_t start = i;
        i = end_of_sequence(text, i);
        const std::string_view sequence = text.substr(start, i - start + 1);
        result += printable(std::exchange(piece, {}));
        result += colours && is_colour(sequence) ? sequence : "";
    }
    return result + printable(piece);
}

/// Without colours, which would break a line that is redrawn.
std::string plain(std::string_view text) {
    return shown(text, false);
}

store::Step printable_step(store::Step step) {
    step.folder = printable(step.folder);
    step.error = printable(step.error);
    return step;
}

std::string cut(const std::string& text, std::size_t width) {
    std::size_t end = 0;
    for (std::size_t shown = 0; end < text.size(); ++end) {
        const bool starts = (static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U;
        if (starts && shown++ == width) {
            break;
        }
    }
    return text.substr(0, end);
}

std::chrono::milliseconds duration_of(const store::Step& step) {
    return step.started && step.finished ? *step.finished - *step.started
                                         : std::chrono::milliseconds(0);
}

}  // namespace

Progress::Progress(
    const std::vector<store::Step>& steps, bool terminal, bool colours, std::FILE* out
)
    : terminal_(terminal), colours_(colours), out_(out) {
    for (const store::Step& step : steps) {
        lines_.push_back({printable_step(step), {}, {}, std::chrono::steady_clock::now()});
        folder_width_ = std::max(folder_width_, lines_.back().step.folder.size());
    }
}

std::string Progress::paint(std::string_view text, std::string_view colour) const {
    return colours_ ? "\x1b[" + std::string(colour) + "m" + std::string(text) + "\x1b[0m"
                    : std::string(text);
}

void Progress::on_step(const store::Step& step) {
    Line& line = lines_[static_cast<std::size_t>(step.position)];
    const bool moved = line.step.state != step.state;
    line.step = printable_step(step);
    if (!moved) {
        return;
    }
    line.since = std::chrono::steady_clock::now();
    if (is_ended(step)) {
        print(final_line(line));
        if (step.state == StepState::failed) {
            explain_failure(line);
        }
    } else if (!terminal_ && is_running(step.state)) {
        print(paint("[" + line.step.folder + "] ", cyan) + std::string(to_string(step.state)));
    }
}

void Progress::on_log(int position, const wire::LogLine& log) {
    constexpr std::size_t kept = 40;
    Line& line = lines_[static_cast<std::size_t>(position)];
    if (!terminal_) {
        print(paint("[" + line.step.folder + "] ", cyan) + shown(log.text, colours_));
        return;
    }
    line.last = plain(log.text);
    line.recent.push_back(shown(log.text, colours_));
    if (line.recent.size() > kept) {
        line.recent.pop_front();
    }
}

std::string Progress::final_line(const Line& line) const {
    const store::Step& step = line.step;
    const bool good = step.state == StepState::pushed || step.state == StepState::built ||
                      step.state == StepState::unchanged;
    const std::string mark =
        good ? paint("✓", green) : paint(step.state == StepState::skipped ? "–" : "✗", red);
    std::string text =
        mark + " " + step.folder + std::string(folder_width_ - step.folder.size() + 2, ' ');
    text += std::string(to_string(step.state)) + "  " + step.image;
    if (step.state == StepState::skipped || step.state == StepState::failed) {
        text += "  " + step.error;
    }
    return text + "  " + paint(to_text(duration_of(step)), dim);
}

void Progress::explain_failure(const Line& line) {
    for (const std::string& text : line.recent) {
        print(paint("    | ", red) + text);
    }
}

void Progress::erase_drawn() {
    if (drawn_ > 0) {
        std::fprintf(out_, "\x1b[%zuA\x1b[J", drawn_);
        drawn_ = 0;
    }
}

void Progress::print(const std::string& line) {
    erase_drawn();
    std::fprintf(out_, "%s\n", line.c_str());
    if (terminal_) {
        draw();
    }
}

void Progress::draw() {
    static constexpr std::array<std::string_view, 10> spinner = {
        "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"
    };
    const std::size_t width = terminal_width(out_);
    for (const Line& line : lines_) {
        if (!is_running(line.step.state)) {
            continue;
        }
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - line.since
        );
        const std::string text =
            line.step.folder + std::string(folder_width_ - line.step.folder.size() + 2, ' ') +
            std::string(to_string(line.step.state)) + " " + to_text(took) + "  " + line.last;
        const std::string fitting = cut(text, width > 3 ? width - 3 : 0);
        std::fprintf(
            out_, "%s %s\n", paint(spinner[frame_ % spinner.size()], cyan).c_str(), fitting.c_str()
        );
        ++drawn_;
    }
    std::fflush(out_);
}

void Progress::tick() {
    if (terminal_) {
        ++frame_;
        erase_drawn();
        draw();
    }
}

void Progress::end() {
    erase_drawn();
    std::fflush(out_);
}

}  // namespace slipway::cli
