#include "server/factory/attest.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "core/model/object_id.hpp"
#include "core/wire/engine_progress.hpp"
#include "core/wire/line_assembler.hpp"
#include "core/wire/provenance.hpp"
#include "server/base/clock.hpp"
#include "server/base/program.hpp"
#include "server/base/run_blocking.hpp"
#include "server/config/config.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace slipway::factory {
namespace {

using std::chrono::steady_clock;
using wire::LogLine;
using Places = std::map<std::string, std::string>;

/// How often a program's end and output are looked for.
constexpr std::chrono::milliseconds tick{20};
/// What is read of it in one look, 4 KiB each, before others have their turn.
constexpr int most_reads = 64;

/// The pushed image as it may be signed: by digest. Tags of one name have one.
struct Pushed {
    std::string name;  ///< `registry/name`
    std::string digest;

    auto operator<=>(const Pushed&) const = default;
};

std::set<Pushed> pushed_by(const store::Step& step) {
    std::set<Pushed> all;
    for (const auto& [reference, digest] : step.digests) {
        if (const auto parsed = model::parse_image_ref(reference)) {
            all.insert({.name = parsed->domain + "/" + parsed->path, .digest = digest});
        }
    }
    return all;
}

wire::Provenance provenance_of(
    const Workshop& workshop, const Source& source, const store::Step& step, const Pushed& pushed
) {
    const AttestOrder& order = workshop.attest;
    return {
        .image = pushed.name,
        .digest = pushed.digest,
        .url = source.url,
        .ref = order.ref,
        .commit = to_string(source.commit.id),
        .folder = step.folder,
        .input_id = step.input_id,
        .bases = step.bases,
        .slipway_version = SLIPWAY_VERSION,
        .invocation = std::to_string(order.build.value) + "/" + std::to_string(step.position),
        .started = rfc3339(step.started.value_or(workshop.clock.now())),
        .finished = rfc3339(step.built.value_or(workshop.clock.now())),
    };
}

/// A program with its folder, which is private, and gone with this value. Everything blocks.
class Run {
public:
    explicit Run(std::filesystem::path folder) : folder_(std::move(folder)) {}

    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    Run(Run&&) = delete;
    Run& operator=(Run&&) = delete;

    ~Run() {
        program_.reset();  // it may still write there
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    Result<void> start(
        const config::Attestation& wanted,
        const AttestOrder& order,
        Places places,
        const wire::Provenance& provenance
    ) {
        places["{provenance}"] = folder_ / "provenance.json";
        places["{statement}"] = folder_ / "statement.json";
        std::error_code error;
        std::filesystem::remove_all(folder_, error);  // of a slipway that was killed
        std::filesystem::create_directories(folder_, error);
        std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, error);
        if (!(std::ofstream(places["{provenance}"]) << wire::provenance_predicate(provenance)) ||
            !(std::ofstream(places["{statement}"]) << wire::provenance_statement(provenance))) {
            return fail(
                ErrorCode::unavailable, "writing to " + folder_.string() + ": " + error.message()
            );
        }
        ProgramCall call{
            .words = fill_in(wanted.command, places),
            .variables = {{"TMPDIR", folder_.string()}},
            .folder = folder_
        };
        if (!order.docker_config.empty()) {
            call.variables["DOCKER_CONFIG"] = order.docker_config.string();
        }
        for (const config::Variable& variable : wanted.env) {
            call.variables[variable.name] = variable.value.reveal();
        }
        return start(call);
    }

    [[nodiscard]] Program& program() { return *program_; }

private:
    Result<void> start(const ProgramCall& call) {
        const int failure = program_->start(call);
        if (failure == 0) {
            return {};
        }
        return fail(
            may_pass(failure) ? ErrorCode::unavailable : ErrorCode::invalid,
            "starting '" + call.words[0] + "': " + std::generic_category().message(failure) +
                "; install it where slipway runs, or change the repository's attest"
        );
    }

    std::filesystem::path folder_;
    std::unique_ptr<Program> program_ = std::make_unique<Program>();
};

/// What a program prints, as lines of the step's log.
class Output {
public:
    explicit Output(engine::LogSink log) : log_(std::move(log)) {}

    void add(ProgramOutput& said) {
        say(lines_.append(std::exchange(said.answer, {})));
        say(notes_.append(std::exchange(said.notes, {})));
    }

    void end() {
        for (wire::LineAssembler* const rest : {&lines_, &notes_}) {
            if (const auto line = rest->take_rest()) {
                say({*line});
            }
        }
    }

private:
    void say(const std::vector<std::string>& lines) const {
        for (const std::string& line : lines) {
            log_({LogLine::Kind::output, line});
        }
    }

    engine::LogSink log_;
    wire::LineAssembler lines_;
    wire::LineAssembler notes_;
};

/// True: it ended, and all that it said was read.
bool look(Program& program, Output& output) {
    const bool ended = program.has_ended();  // asked first, so that its last words are read
    for (int reads = 0; reads < most_reads; ++reads) {
        if (!program.read_some(std::chrono::milliseconds(0))) {
            return ended;
        }
        output.add(program.output());
    }
    return false;
}

/// Waits for a program's end, with no thread of its own: programs may take minutes.
net::awaitable<Result<void>> follow(
    Program& program, std::chrono::seconds time, engine::LogSink log
) {
    const auto deadline = steady_clock::now() + time;
    net::steady_timer timer(co_await net::this_coro::executor);
    Output output(std::move(log));
    while (!look(program, output)) {
        if (steady_clock::now() >= deadline) {
            co_return fail(
                ErrorCode::unavailable,
                "it did not end within " + std::to_string(time.count()) + " s and was killed"
            );
        }
        timer.expires_after(tick);
        const auto [error] = co_await timer.async_wait(net::as_tuple(net::use_awaitable));
        if (error) {
            co_return fail(ErrorCode::cancelled, "stopped before it ended");
        }
    }
    output.end();
    if (program.exit_code() != 0) {
        co_return fail(
            ErrorCode::unavailable,
            "it ended with exit code " + std::to_string(program.exit_code()) + ", see the log"
        );
    }
    co_return Result<void>{};
}

net::awaitable<Result<void>> attest_one(
    Workshop& workshop,
    const Source& source,
    const store::Step& step,
    const Pushed& pushed,
    const config::Attestation& wanted,
    engine::LogSink log
) {
    const AttestOrder& order = workshop.attest;
    const wire::Provenance provenance = provenance_of(workshop, source, step, pushed);
    Places places = {
        {"{image}", pushed.name + "@" + pushed.digest},
        {"{commit}", provenance.commit},
        // Never an option of the program.
        {"{folder}", (step.folder.starts_with('-') ? "./" : "") + step.folder},
    };
    log({LogLine::Kind::step, "attesting " + wanted.name + " of " + places["{image}"]});
    auto run = std::make_unique<Run>(
        order.folder / (std::to_string(order.build.value) + "-" + std::to_string(step.position))
    );
    auto ended = co_await run_blocking(workshop.blocking, [&] {
        return run->start(wanted, order, places, provenance);
    });
    if (ended) {
        ended = co_await follow(run->program(), wanted.timeout, std::move(log));
    }
    co_await run_blocking(workshop.blocking, [&run] {
        run.reset();
        return true;
    });
    if (!ended) {
        co_return fail_within(
            "attesting " + wanted.name + " of " + places["{image}"], ended.error()
        );
    }
    co_return ended;
}

}  // namespace

std::vector<std::string> fill_in(std::vector<std::string> command, const Places& places) {
    for (std::string& argument : command) {
        std::string filled;
        for (std::size_t at = 0; at < argument.size();) {
            const auto close = argument[at] == '{' ? argument.find('}', at) : std::string::npos;
            const auto place = close == std::string::npos
                                   ? places.end()
                                   : places.find(argument.substr(at, close - at + 1));
            // What was filled in is not looked at again: a folder may be called `{image}`.
            filled += place == places.end() ? argument.substr(at, 1) : place->second;
            at = place == places.end() ? at + 1 : close + 1;
        }
        argument = std::move(filled);
    }
    return command;
}

net::awaitable<Result<void>> attest(
    Workshop& workshop, const Source& source, store::Step& step, engine::LogSink log
) {
    const std::set<Pushed> all = pushed_by(step);
    for (const config::Attestation& wanted : workshop.attest.wanted) {
        if (std::ranges::find(step.attested, wanted.name) != step.attested.end()) {
            continue;
        }
        for (const Pushed& pushed : all) {
            auto done = co_await attest_one(workshop, source, step, pushed, wanted, log);
            if (!done) {
                co_return done;
            }
        }
        step.attested.push_back(wanted.name);
    }
    co_return Result<void>{};
}

}  // namespace slipway::factory
