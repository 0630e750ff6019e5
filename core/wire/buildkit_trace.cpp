#include "core/wire/buildkit_trace.hpp"

#include "core/wire/buildkit_trace.pb.h"
#include "core/wire/engine_progress.hpp"
#include "core/wire/line_assembler.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::wire {
namespace {

using Kind = LogLine::Kind;

/// In floating point, where no number that a peer sends can overflow; 0.1 s is all that is shown.
double seconds_of(const trace::Timestamp& time) {
    constexpr double nanoseconds = 1e-9;
    return static_cast<double>(time.seconds()) + (static_cast<double>(time.nanos()) * nanoseconds);
}

/// Printed with a fixed number of digits, in any locale.
std::string fixed(double number, int decimals) {
    std::array<char, 64> buffer{};
    const auto [end, error] = std::to_chars(
        buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed, decimals
    );
    return {buffer.data(), end};
}

std::string in_seconds(double seconds) {
    return fixed(seconds, 1) + "s";
}

/// As the Docker command line writes sizes: decimal, `1.20MB`.
std::string in_bytes(std::int64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
    auto size = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (size >= 1000 && unit + 1 < units.size()) {
        size /= 1000;
        ++unit;
    }
    return fixed(size, unit == 0 ? 0 : 2) + std::string(units[unit]);
}

/// The time that the spans cover together; overlaps count once.
double covered(const std::map<double, double>& spans) {
    double total = 0;
    double done_until = 0;
    bool is_first = true;
    for (const auto& [start, end] : spans) {
        const double from = is_first ? start : std::max(start, done_until);
        total += std::max(0.0, end - from);
        done_until = is_first ? end : std::max(done_until, end);
        is_first = false;
    }
    return total;
}

/// `#3 text`, one line for each in `text`.
void write_lines(Kind kind, int number, std::string_view text, std::vector<LogLine>& lines) {
    const std::string prefix = "#" + std::to_string(number);
    for (const std::string& line : lines_of(text)) {
        LogLine& added = lines.emplace_back(LogLine{.kind = kind, .text = prefix});
        if (!line.empty()) {
            added.text += " ";
            added.text += line;
        }
    }
}

/// The name of a RUN with a here-document holds its line ends.
std::string on_one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return text;
}

struct Verdict {
    Kind kind = Kind::step;
    std::string text;
};

Verdict verdict_of(const trace::Vertex& message, const std::map<double, double>& spans) {
    if (message.error().ends_with("context canceled")) {
        return {.kind = Kind::step, .text = "CANCELED"};
    }
    if (!message.error().empty()) {
        return {.kind = Kind::error, .text = "ERROR: " + message.error()};
    }
    if (message.cached()) {
        return {.kind = Kind::step, .text = "CACHED"};
    }
    return {.kind = Kind::step, .text = "DONE " + in_seconds(covered(spans))};
}

}  // namespace

bool BuildkitTrace::decode(std::string_view message, std::vector<LogLine>& lines) {
    trace::StatusResponse response;
    if (message.size() > INT_MAX ||
        !response.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
        return false;
    }
    // Names first, since the other parts only refer to a vertex; ends last, since output belongs
    // before `DONE`.
    for (const trace::Vertex& vertex : response.vertexes()) {
        note(vertex);
    }
    for (const trace::VertexStatus& status : response.statuses()) {
        write_status(status, lines);
    }
    for (const trace::VertexLog& log : response.logs()) {
        write_log(log, lines);
    }
    for (const trace::VertexWarning& warning : response.warnings()) {
        write_warning(warning, lines);
    }
    for (const trace::Vertex& vertex : response.vertexes()) {
        write_vertex(vertex, lines);
    }
    return true;
}

void BuildkitTrace::finish(std::vector<LogLine>& lines) {
    std::map<int, Vertex*> in_order;
    for (auto& [digest, vertex] : vertices_) {
        in_order[vertex.number] = &vertex;
    }
    for (const auto& [number, vertex] : in_order) {
        flush(*vertex, lines);
    }
}

void BuildkitTrace::note(const trace::Vertex& message) {
    Vertex& vertex = vertices_[message.digest()];
    if (vertex.name.empty()) {
        vertex.name = on_one_line(message.name());
    }
    if (message.has_started() && message.has_completed()) {
        vertex.spans[seconds_of(message.started())] = seconds_of(message.completed());
    }
}

void BuildkitTrace::write_status(const trace::VertexStatus& message, std::vector<LogLine>& lines) {
    // Told once, at its end: what runs for long sends its bytes ten times a second.
    if (!message.has_completed()) {
        return;
    }
    Vertex& vertex = announce(message.vertex(), lines);
    if (!vertex.done_statuses.insert(message.id()).second) {
        return;
    }
    std::string text = message.id();
    if (message.total() > 0) {
        text += " " + in_bytes(message.total());
    }
    constexpr double worth_telling = 0.05;
    const double took =
        message.has_started() ? seconds_of(message.completed()) - seconds_of(message.started()) : 0;
    text += took >= worth_telling ? " " + in_seconds(took) + " done" : " done";
    write_lines(Kind::progress, vertex.number, text, lines);
}

void BuildkitTrace::write_log(const trace::VertexLog& message, std::vector<LogLine>& lines) {
    constexpr std::int64_t standard_error = 2;
    Vertex& vertex = announce(message.vertex(), lines);
    LineAssembler& output =
        message.stream() == standard_error ? vertex.standard_error : vertex.standard_output;
    for (const std::string& line : output.append(message.message())) {
        write_lines(Kind::output, vertex.number, line, lines);
    }
}

void BuildkitTrace::write_warning(
    const trace::VertexWarning& message, std::vector<LogLine>& lines
) {
    const Vertex& vertex = announce(message.vertex(), lines);
    write_lines(Kind::warning, vertex.number, "WARN: " + message.short_text(), lines);
}

void BuildkitTrace::write_vertex(const trace::Vertex& message, std::vector<LogLine>& lines) {
    if (!message.has_started() && !message.has_completed()) {
        return;
    }
    Vertex& vertex = announce(message.digest(), lines);
    if (!message.has_completed()) {
        return;
    }
    flush(vertex, lines);
    Verdict verdict = verdict_of(message, vertex.spans);
    if (verdict.text != vertex.last_result) {
        write_lines(verdict.kind, vertex.number, verdict.text, lines);
        vertex.last_result = std::move(verdict.text);
    }
}

void BuildkitTrace::flush(Vertex& vertex, std::vector<LogLine>& lines) {
    for (LineAssembler* output : {&vertex.standard_output, &vertex.standard_error}) {
        if (const auto rest = output->take_rest()) {
            write_lines(Kind::output, vertex.number, *rest, lines);
        }
    }
}

BuildkitTrace::Vertex& BuildkitTrace::announce(
    const std::string& digest, std::vector<LogLine>& lines
) {
    Vertex& vertex = vertices_[digest];
    if (vertex.number == 0) {
        vertex.number = ++last_number_;
    }
    if (!vertex.is_announced && !vertex.name.empty()) {
        vertex.is_announced = true;
        write_lines(Kind::step, vertex.number, vertex.name, lines);
    }
    return vertex;
}

}  // namespace slipway::wire
