#include "core/wire/engine_progress.hpp"

#include "core/base/result.hpp"
#include "core/wire/base64.hpp"
#include "core/wire/buildkit_trace.hpp"
#include "core/wire/json_fields.hpp"
#include "core/wire/line_assembler.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::wire {
namespace {

using Kind = LogLine::Kind;

constexpr JsonPath id{.parent = "", .name = "id"};
constexpr JsonPath stream{.parent = "", .name = "stream"};
constexpr JsonPath status{.parent = "", .name = "status"};
constexpr JsonPath error{.parent = "", .name = "error"};
constexpr JsonPath error_message{.parent = "errorDetail", .name = "message"};
constexpr JsonPath aux{.parent = "", .name = "aux"};
constexpr JsonPath aux_id{.parent = "aux", .name = "ID"};
constexpr JsonPath aux_digest{.parent = "aux", .name = "Digest"};
constexpr JsonPath aux_not_the_index{.parent = "aux", .name = "manifestPushedInsteadOfIndex"};

constexpr std::size_t longest_line = std::size_t{4} * 1024 * 1024;

Kind kind_of_classic(std::string_view line) {
    constexpr std::array<std::string_view, 5> steps{
        "Step ",
        " ---> ",
        "Removing intermediate container ",
        "Successfully built ",
        "Successfully tagged ",
    };
    // The end of red output is sent with the next line.
    constexpr std::string_view colour_off = "\x1b[0m";
    if (line.starts_with(colour_off)) {
        line.remove_prefix(colour_off.size());
    }
    if (line.starts_with("[Warning] ")) {
        return Kind::warning;
    }
    const bool is_step =
        std::ranges::any_of(steps, [&](std::string_view step) { return line.starts_with(step); });
    return is_step ? Kind::step : Kind::output;
}

bool is_digest(std::string_view text) {
    constexpr std::string_view prefix = "sha256:";
    constexpr std::size_t hex_digits = 64;
    return text.starts_with(prefix) && text.size() == prefix.size() + hex_digits &&
           text.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
}

/// Of `<tag>: digest: sha256:<64 hex> size: N`; empty for another line. The containerd image store
/// says it nowhere else.
std::string_view digest_of_status(std::string_view line) {
    constexpr std::string_view before = ": digest: ";
    const std::size_t start = line.find(before);
    if (start == std::string_view::npos || start == 0) {
        return {};
    }
    line.remove_prefix(start + before.size());
    const std::size_t end = line.find(" size: ");
    const std::string_view digest = line.substr(0, end);
    return end != std::string_view::npos && is_digest(digest) ? digest : std::string_view();
}

/// What makes a layer's state another one: not the seconds that `Retrying in 5 seconds` counts
/// down.
std::string without_digits(std::string_view text) {
    std::string rest(text);
    std::erase_if(rest, [](char c) { return c >= '0' && c <= '9'; });
    return rest;
}

}  // namespace

struct EngineProgress::State {
    std::string buffer;          ///< a line whose end did not come yet
    bool is_unreadable = false;  ///< a line could not be decoded: what follows may mean anything
    EngineOutcome outcome;
    bool has_aux_digest = false;
    LineAssembler classic_output;
    BuildkitTrace trace;
    std::map<std::string, std::string, std::less<>> layer_states;
    std::vector<LogLine> lines;

    void take_bytes(std::string_view bytes);
    void take_line(std::string_view line);
    void take_trace(const JsonFields& fields);
    void take_stream(std::string_view text);
    void take_status(std::string_view layer, std::string_view text);
    void take_results(const JsonFields& fields);
    void take_error(const JsonFields& fields);
    void take_rest();

    void add(Kind kind, std::string_view text);
    void set_error(std::string text);
    void give_up(std::string_view reason);
};

void EngineProgress::State::take_bytes(std::string_view bytes) {
    while (!is_unreadable) {
        const std::size_t end = bytes.find('\n');
        buffer += bytes.substr(0, end);
        if (buffer.size() > longest_line) {
            give_up("a line is longer than 4 MiB");
        }
        if (end == std::string_view::npos || is_unreadable) {
            return;
        }
        take_line(std::exchange(buffer, {}));
        bytes.remove_prefix(end + 1);
    }
}

void EngineProgress::State::take_line(std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
        return;
    }
    const auto fields = JsonFields::read(
        line, {id, stream, status, error, error_message, aux, aux_id, aux_digest, aux_not_the_index}
    );
    if (!fields) {
        give_up("a line can't be read: " + fields.error().message);
        return;
    }
    if (fields->text_or_empty(id) == "moby.buildkit.trace") {
        take_trace(*fields);
        return;
    }
    if (const std::string* const text = fields->text(stream)) {
        take_stream(*text);
    }
    if (const std::string* const text = fields->text(status)) {
        take_status(fields->text_or_empty(id), *text);
    }
    take_results(*fields);
    take_error(*fields);
}

void EngineProgress::State::take_trace(const JsonFields& fields) {
    const auto message = base64_decode(fields.text_or_empty(aux));
    if (!message || !trace.decode(*message, lines)) {
        give_up("a message of BuildKit's trace can't be decoded");
    }
}

void EngineProgress::State::take_stream(std::string_view text) {
    for (const std::string& line : classic_output.append(text)) {
        lines.push_back({.kind = kind_of_classic(line), .text = line});
    }
}

void EngineProgress::State::take_status(std::string_view layer, std::string_view text) {
    if (layer.empty()) {
        if (const std::string_view digest = digest_of_status(text);
            !digest.empty() && !has_aux_digest) {
            outcome.digest = digest;
        }
        add(Kind::progress, text);
        return;
    }
    std::string state = without_digits(text);
    std::string& last_state = layer_states[std::string(layer)];
    if (state != last_state) {
        last_state = std::move(state);
        add(Kind::progress, std::string(layer) + ": " + std::string(text));
    }
}

void EngineProgress::State::take_results(const JsonFields& fields) {
    if (const std::string* const image = fields.text(aux_id)) {
        outcome.image_id = *image;
    }
    if (const std::string_view digest = fields.text_or_empty(aux_digest); is_digest(digest)) {
        outcome.digest = digest;
        has_aux_digest = true;
    }
    if (fields.is_true(aux_not_the_index)) {
        add(Kind::warning,
            "the engine holds only one platform of this image: its manifest was pushed instead of "
            "the index");
    }
}

void EngineProgress::State::take_error(const JsonFields& fields) {
    const std::string* const detail = fields.text(error_message);
    const std::string* const short_error = fields.text(error);
    if (detail == nullptr && short_error == nullptr) {
        return;
    }
    const std::string_view text =
        detail != nullptr && !detail->empty() ? *detail : fields.text_or_empty(error);
    set_error(text.empty() ? "the engine gave no reason" : std::string(text));
}

void EngineProgress::State::take_rest() {
    if (!is_unreadable) {
        take_line(std::exchange(buffer, {}));
    }
    if (const auto rest = classic_output.take_rest()) {
        lines.push_back({.kind = kind_of_classic(*rest), .text = *rest});
    }
    trace.finish(lines);
}

void EngineProgress::State::add(Kind kind, std::string_view text) {
    for (std::string& line : lines_of(text)) {
        lines.push_back({.kind = kind, .text = std::move(line)});
    }
}

void EngineProgress::State::set_error(std::string text) {
    add(Kind::error, text);
    if (!outcome.error) {
        outcome.error = std::move(text);
    }
}

void EngineProgress::State::give_up(std::string_view reason) {
    is_unreadable = true;
    buffer = {};
    set_error(
        "reading the engine's answer: " + std::string(reason) +
        "; does a Docker Engine answer at this address, and no proxy that changes its answers?"
    );
}

EngineProgress::EngineProgress() : state_(std::make_unique<State>()) {}

EngineProgress::~EngineProgress() = default;
EngineProgress::EngineProgress(EngineProgress&&) noexcept = default;
EngineProgress& EngineProgress::operator=(EngineProgress&&) noexcept = default;

std::vector<LogLine> EngineProgress::feed(std::string_view bytes) {
    state_->take_bytes(bytes);
    return std::exchange(state_->lines, {});
}

std::vector<LogLine> EngineProgress::finish() {
    state_->take_rest();
    return std::exchange(state_->lines, {});
}

const EngineOutcome& EngineProgress::outcome() const {
    return state_->outcome;
}

}  // namespace slipway::wire
