#include "core/base/utf8.hpp"
#include "core/wire/buildkit_trace.hpp"
#include "core/wire/engine_progress.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::fuzz {
namespace {

using wire::EngineProgress;
using wire::LogLine;

using Lines = std::vector<LogLine>;

void append(Lines& lines, Lines more) {
    lines.insert(
        lines.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
    );
}

/// They can be shown, and a stream does not grow by more than its lines' numbers.
void check_lines(const Lines& lines, std::string_view input) {
    std::size_t bytes = 0;
    for (const LogLine& line : lines) {
        require(valid_utf8(line.text) == line.text, "a line is UTF-8");
        require(line.text.find_first_of("\r\n") == std::string_view::npos, "a line is one line");
        bytes += line.text.size();
    }
    constexpr std::size_t growth = 64;
    require(bytes <= growth * (input.size() + growth), "lines are bounded by their bytes");
}

void check_progress(std::string_view input) {
    EngineProgress whole;
    Lines lines = whole.feed(input);
    append(lines, whole.finish());
    check_lines(lines, input);
    EngineProgress cut;
    Lines pieces;
    in_pieces(input, [&](std::string_view piece) { append(pieces, cut.feed(piece)); });
    append(pieces, cut.finish());
    require(pieces == lines, "the same lines wherever it is cut");
    require(cut.outcome() == whole.outcome(), "and the same outcome");
}

void check_trace(std::string_view input) {
    wire::BuildkitTrace trace;
    Lines lines;
    const bool decoded = trace.decode(input, lines);
    require(decoded || lines.empty(), "what can't be decoded gives no lines");
    trace.finish(lines);
    check_lines(lines, input);
}

}  // namespace

/// The JSON lines of an engine; and, since base64 would hide it from the fuzzer, the same bytes as
/// a message of BuildKit's trace.
void check(std::string_view input) {
    check_progress(input);
    check_trace(input);
}

}  // namespace slipway::fuzz
