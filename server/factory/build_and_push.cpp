#include "server/factory/build_and_push.hpp"

#include "core/base/result.hpp"
#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/attest.hpp"
#include "server/factory/breakers.hpp"
#include "server/factory/engine_care.hpp"
#include "server/factory/engine_pool.hpp"
#include "server/factory/image_work.hpp"
#include "server/factory/registries.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace slipway::factory {

using model::StepState;

net::awaitable<Result<void>> BuildAndPush::build(EngineSeat& seat) {
    const store::Time began = workshop_.clock.now();
    step_.started = step_.started.value_or(began);
    step_.engine = seat.name;
    step_.note.clear();
    ++step_.attempts;
    if (auto entered = co_await progress_.enter(StepState::building); !entered) {
        co_return entered;
    }
    if (workshop_.refuse_overwrite && workshop_.registries != nullptr && step_.push) {
        const auto free = co_await check_not_taken(workshop_, step_);
        if (!free) {
            co_return co_await progress_.give_up_or_wait(
                free.error(), StepState::ready, "registry"
            );
        }
    }
    said_disk_full_ = false;
    auto id = co_await build_with_parents(seat);
    if (!id) {
        look_at_disk(seat, id.error());
        co_await look_at_engine(seat, id.error());
        ask_if_away(seat, id.error());
        co_return co_await progress_.give_up_or_wait(id.error(), StepState::ready, "build");
    }
    step_.image_id = *id;
    is_known_there_ = true;
    step_.attempts = 0;
    step_.error.clear();
    step_.built = workshop_.clock.now();
    workshop_.metrics.step_phase("build", *step_.built - began);
    co_return co_await progress_.enter(StepState::built);
}

net::awaitable<Result<void>> BuildAndPush::push(EngineSeat& seat) {
    const store::Time began = workshop_.clock.now();
    if (!std::exchange(is_known_there_, true) && !co_await is_still_there(seat)) {
        co_return co_await build_again("the built image is gone from the engine");
    }
    step_.note.clear();
    ++step_.attempts;
    if (auto entered = co_await progress_.enter(StepState::pushing); !entered) {
        co_return entered;
    }
    for (const std::string& reference : step_.references) {
        if (step_.digests.contains(reference)) {
            continue;
        }
        const auto digest =
            co_await push_reference(workshop_, seat, step_.image_id, reference, log());
        if (!digest) {
            ask_if_away(seat, digest.error());
            tell_breaker(digest.error());
            is_known_there_ = false;  // an engine that was away may have come back without it
            co_return co_await progress_.give_up_or_wait(digest.error(), StepState::built, "push");
        }
        step_.digests.emplace(reference, *digest);
    }
    tell_breaker(std::nullopt);
    workshop_.metrics.step_phase("push", workshop_.clock.now() - began);
    if (const auto said = co_await attest(workshop_, source_, step_, log()); !said) {
        co_return co_await progress_.give_up_or_wait(said.error(), StepState::built, "attest");
    }
    step_.error.clear();
    co_return co_await progress_.enter(StepState::pushed);
}

net::awaitable<Result<void>> BuildAndPush::build_again(const std::string& why) {
    progress_.say({wire::LogLine::Kind::warning, why + ": building again"});
    is_known_there_ = false;
    step_.attempts = 0;
    step_.digests.clear();  // of the image that is gone; all names get the new one
    step_.attested.clear();
    co_return co_await progress_.enter(StepState::ready);
}

engine::LogSink BuildAndPush::log() {
    return [this](const wire::LogLine& line) {
        // A RUN only fails; why, it has printed.
        said_disk_full_ = said_disk_full_ || says_disk_full(line.text);
        progress_.say(line);
    };
}

net::awaitable<Result<std::string>> BuildAndPush::build_with_parents(EngineSeat& seat) {
    const catalog::Image image =
        source_.catalog.image(*source_.catalog.find(step_.folder == "." ? "" : step_.folder));
    const auto parents = co_await parents_.provide(workshop_, seat, image, step_.push, log());
    if (!parents) {
        co_return std::unexpected(parents.error());
    }
    co_return co_await build_image(workshop_, source_, image, step_, seat, log());
}

/// A full disk is no fault of the Dockerfile: another engine, or the same one later, has room.
void BuildAndPush::look_at_disk(const EngineSeat& seat, Error& error) {
    if (!said_disk_full_ && !says_disk_full(error.message)) {
        return;
    }
    error.code = ErrorCode::unavailable;
    error.message = "the disk of engine " + seat.name + " is full: " + error.message;
    workshop_.full_engine = seat.name;
    if (workshop_.care != nullptr) {
        workshop_.care->disk_is_full(seat.name);
    }
}

/// Nor is an engine that is being stopped: of a RUN that it has just begun it says the same as
/// of one that fails. By then it takes no connections.
net::awaitable<void> BuildAndPush::look_at_engine(EngineSeat& seat, Error& error) {
    if (error.code != ErrorCode::failed) {
        co_return;
    }
    const auto found = co_await seat.engine->ping();
    if (!found && found.error().code == ErrorCode::unavailable) {
        error.code = ErrorCode::unavailable;
        error.message = "engine " + seat.name + " went away: " + error.message;
    }
}

void BuildAndPush::ask_if_away(const EngineSeat& seat, const Error& error) {
    if (error.code == ErrorCode::unavailable) {
        workshop_.engines.suspect(seat);
    }
}

/// An engine that does not answer is the push's problem, not a reason to build again.
net::awaitable<bool> BuildAndPush::is_still_there(EngineSeat& seat) {
    const auto found = co_await seat.engine->inspect(step_.image_id);
    co_return !found || found->has_value();
}

void BuildAndPush::tell_breaker(const std::optional<Error>& error) {
    if (workshop_.breakers == nullptr) {
        return;
    }
    if (!error) {
        workshop_.breakers->worked(registry_of(step_));
    } else if (error->code == ErrorCode::unavailable) {
        workshop_.breakers->failed(registry_of(step_));
    }
}

}  // namespace slipway::factory
