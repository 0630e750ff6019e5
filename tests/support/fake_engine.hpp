#pragma once

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/engine_api.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::test {

/// An engine that remembers what was built, tagged, pulled and pushed, and fails or waits where it
/// was told to. Everything on one thread. Calls are recorded as text: `build r/a:1`, `push r/a:1`,
/// `tag sha256:1 r/a:1`, `pull r/a:1`, `inspect r/a:1`, `ping`.
class FakeEngine final : public engine::EngineApi {
public:
    explicit FakeEngine(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// The next `times` calls that contain `part` fail so.
    void fail_next(
        std::string part, ErrorCode code, int times = 1, std::string words = "scripted"
    ) {
        faults_.push_back({std::move(part), {code, std::move(words)}, times});
    }

    /// The next call that contains `part` throws so.
    template <class Exception>
    void throw_next(std::string part, Exception thrown) {
        fail_next(std::move(part), ErrorCode::internal);
        faults_.back().thrown = std::make_exception_ptr(std::move(thrown));
    }

    /// Calls that contain `part` wait from now on until they are cancelled, having called
    /// `on_wait`.
    void hold(std::string part, std::function<void()> on_wait) {
        held_ = std::move(part);
        on_wait_ = std::move(on_wait);
    }

    /// Forgets an image, as `docker rmi` does.
    void lose(const std::string& id) {
        std::erase_if(images_, [&](const auto& image) { return image.second == id; });
    }

    void give(const std::string& reference, const std::string& id) { images_[reference] = id; }

    /// The calls that contain `part`, in order.
    [[nodiscard]] std::vector<std::string> calls(std::string_view part = "") const {
        std::vector<std::string> some;
        std::ranges::copy_if(calls_, std::back_inserter(some), [&](const std::string& call) {
            return call.contains(part);
        });
        return some;
    }

    [[nodiscard]] const std::vector<engine::BuildRequest>& requests() const { return requests_; }

    /// The bytes of every context, in the order of requests().
    [[nodiscard]] const std::vector<std::string>& contexts() const { return contexts_; }

    engine::net::awaitable<Result<engine::EngineInfo>> ping() override {
        auto answered = co_await answer("ping");
        if (!answered) {
            co_return std::unexpected(answered.error());
        }
        engine::EngineInfo info;
        info.engine_version = "27.0";
        co_return info;
    }

    engine::net::awaitable<Result<void>> pull(
        std::string reference,
        std::string platform,
        Credentials /*credentials*/,
        engine::LogSink /*log*/,
        engine::CallLimits /*limits*/
    ) override {
        const std::string call = "pull " + reference + (platform.empty() ? "" : " for " + platform);
        auto answered = co_await answer(call);
        if (answered) {
            images_[reference] = "sha256:pulled";
        }
        co_return answered;
    }

    engine::net::awaitable<Result<engine::BuiltImage>> build(
        engine::BuildRequest request,
        engine::ContextSource context,
        engine::LogSink log,
        engine::CallLimits /*limits*/
    ) override {
        requests_.push_back(request);
        std::string bytes;
        for (auto piece = context(); piece && !piece->empty(); piece = context()) {
            bytes += *piece;
        }
        contexts_.push_back(std::move(bytes));
        wire::LogLine line;
        line.text = "building " + request.tags.front();
        log(line);
        auto answered = co_await answer("build " + request.tags.front());
        if (!answered) {
            co_return std::unexpected(answered.error());
        }
        engine::BuiltImage built;
        built.id = "sha256:" + std::to_string(++built_);
        for (const std::string& tag : request.tags) {
            images_[tag] = built.id;
        }
        co_return built;
    }

    engine::net::awaitable<Result<void>> tag(std::string id, std::string reference) override {
        auto answered = co_await answer("tag " + id + " " + reference);
        if (answered) {
            images_[reference] = id;
        }
        co_return answered;
    }

    engine::net::awaitable<Result<engine::PushedImage>> push(
        std::string reference,
        Credentials /*credentials*/,
        engine::LogSink /*log*/,
        engine::CallLimits /*limits*/
    ) override {
        auto answered = co_await answer("push " + reference);
        if (!answered) {
            co_return std::unexpected(answered.error());
        }
        engine::PushedImage pushed;
        pushed.digest = digest_of(reference);
        co_return pushed;
    }

    engine::net::awaitable<Result<std::optional<engine::ImageInfo>>> inspect(std::string reference
    ) override {
        auto answered = co_await answer("inspect " + reference);
        if (!answered) {
            co_return std::unexpected(answered.error());
        }
        std::optional<engine::ImageInfo> found;
        for (const auto& [name, id] : images_) {
            if (name == reference || id == reference) {
                found.emplace();
                found->id = id;
            }
        }
        co_return found;
    }

    engine::net::awaitable<Result<void>> remove(std::string reference) override {
        auto answered = co_await answer("remove " + reference);
        if (answered) {
            images_.erase(reference);
        }
        co_return answered;
    }

    engine::net::awaitable<Result<std::uint64_t>> prune_cache(engine::CachePrune what) override {
        std::string call = "prune " + std::to_string(what.unused_for.count()) + "s";
        if (what.keep_bytes) {
            call += " to " + std::to_string(*what.keep_bytes);
        }
        auto answered = co_await answer(std::move(call));
        if (!answered) {
            co_return std::unexpected(answered.error());
        }
        co_return std::exchange(used_, used_ / 2) / 2;
    }

    engine::net::awaitable<Result<std::uint64_t>> disk_usage() override {
        auto answered = co_await answer("usage");
        if (!answered) {
            co_return std::unexpected(answered.error());
        }
        co_return used_;
    }

    /// So many bytes are in use; pruning the cache halves them.
    void use(std::uint64_t bytes) { used_ = bytes; }

    /// What a push of `reference` answers as long as it names this image.
    [[nodiscard]] std::string digest_of(const std::string& reference) const {
        return "digest-of-" + images_.at(reference);
    }

private:
    struct Fault {
        std::string part;
        Error error;
        int times = 0;
        std::exception_ptr thrown = {};
    };

    engine::net::awaitable<Result<void>> answer(std::string call) {
        calls_.push_back(call);
        if (!held_.empty() && call.contains(held_)) {
            boost::asio::post(executor_, on_wait_);  // once this waits
            boost::asio::steady_timer gate(executor_, boost::asio::steady_timer::time_point::max());
            co_await gate.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            co_return fail(ErrorCode::cancelled, "cancelled");
        }
        for (Fault& fault : faults_) {
            if (fault.times > 0 && call.contains(fault.part)) {
                --fault.times;
                if (fault.thrown) {
                    std::rethrow_exception(fault.thrown);
                }
                co_return std::unexpected(fault.error);
            }
        }
        co_return Result<void>();
    }

    boost::asio::any_io_executor executor_;
    std::string held_;
    std::function<void()> on_wait_;
    std::vector<Fault> faults_;
    std::vector<std::string> calls_;
    std::vector<engine::BuildRequest> requests_;
    std::vector<std::string> contexts_;
    std::map<std::string, std::string> images_;  // reference → id
    int built_ = 0;
    std::uint64_t used_ = 0;
};

}  // namespace slipway::test
