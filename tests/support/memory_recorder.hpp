#pragma once

#include "core/base/result.hpp"
#include "core/model/build_state.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace slipway::test {

/// Keeps the steps of one build as a store would: a move that model::may_follow() does not allow
/// is a conflict. All on one thread.
class MemoryRecorder {
public:
    explicit MemoryRecorder(std::vector<store::Step> steps) : steps_(std::move(steps)) {}

    /// Refers to this recorder.
    [[nodiscard]] factory::Observer observer() {
        factory::Observer observer;
        observer.record = [this](store::Step step) { return record(std::move(step)); };
        observer.log = [this](int position, const wire::LogLine& line) {
            logs_.push_back(folder(position) + ": " + line.text);
        };
        observer.failed = [this](int position, const Error& error) {
            failures_.push_back(folder(position) + ": " + error.message);
        };
        return observer;
    }

    /// Called with every entry of history() as it is made.
    void on_record(std::function<void(const std::string&)> call) { on_record_ = std::move(call); }

    /// The record of this entry fails as a full disk does.
    void fail_at(std::string entry) { fail_at_ = std::move(entry); }

    /// `folder state`, in the order of the records.
    [[nodiscard]] const std::vector<std::string>& history() const { return history_; }

    [[nodiscard]] std::vector<std::string> history_of(const std::string& folder) const {
        std::vector<std::string> states;
        for (const std::string& entry : history_) {
            if (entry.starts_with(folder + " ")) {
                states.push_back(entry.substr(folder.size() + 1));
            }
        }
        return states;
    }

    /// The place of an entry in history(); its size where there is none.
    [[nodiscard]] std::size_t when(const std::string& entry) const {
        return static_cast<std::size_t>(std::ranges::find(history_, entry) - history_.begin());
    }

    [[nodiscard]] const std::vector<store::Step>& steps() const { return steps_; }

    [[nodiscard]] const std::vector<std::string>& logs() const { return logs_; }

    [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

    /// How many steps were building or pushing at the same time.
    [[nodiscard]] std::ptrdiff_t most_at_once() const { return most_at_once_; }

private:
    [[nodiscard]] std::string folder(int position) const {
        return steps_.at(static_cast<std::size_t>(position)).folder;
    }

    factory::net::awaitable<Result<void>> record(store::Step step) {
        const std::string entry = step.folder + " " + std::string(to_string(step.state));
        store::Step& known = steps_.at(static_cast<std::size_t>(step.position));
        if (entry == fail_at_) {
            co_return fail(ErrorCode::unavailable, "the disk is full");
        }
        if (known.state != step.state && !model::may_follow(known.state, step.state)) {
            co_return fail(ErrorCode::conflict, entry + " is an illegal move");
        }
        known = std::move(step);
        history_.push_back(entry);
        most_at_once_ = std::max(most_at_once_, std::ranges::count_if(steps_, is_running));
        if (on_record_) {
            on_record_(entry);
        }
        co_return Result<void>();
    }

    static bool is_running(const store::Step& step) {
        return step.state == model::StepState::building || step.state == model::StepState::pushing;
    }

    std::vector<store::Step> steps_;
    std::vector<std::string> history_;
    std::vector<std::string> logs_;
    std::vector<std::string> failures_;
    std::function<void(const std::string&)> on_record_;
    std::string fail_at_;
    std::ptrdiff_t most_at_once_ = 0;
};

}  // namespace slipway::test
