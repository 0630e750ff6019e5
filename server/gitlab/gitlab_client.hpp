#pragma once

#include "core/base/result.hpp"
#include "server/base/trace_context.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::gitlab {

namespace net = boost::asio;

/// A project and what it takes to be let in.
struct Project {
    std::string url;   ///< of GitLab, without a `/` at its end
    std::string path;  ///< `group/project`, or its number
    std::string token;
    std::optional<TraceContext> trace{};  ///< that what is asked of it is part of
};

enum class StatusState : std::uint8_t { pending, running, success, failed, canceled };

struct CommitStatus {
    std::string commit;  ///< in full
    StatusState state = StatusState::pending;
    std::string name;
    std::string ref{};          ///< short: `main`, `v1.0`; empty: any
    std::string description{};  ///< this and the next: at most 255 characters
    std::string target_url{};   ///< empty: none
};

/// One webhook of a project, as GitLab judges it.
struct Hook {
    std::int64_t id = 0;
    std::string url;
    std::string alert_status;    ///< executable, temporarily_disabled, disabled
    std::string disabled_until;  ///< as GitLab writes it; empty: it is not
    bool push_events = false;
    bool merge_requests_events = false;

    bool operator==(const Hook&) const = default;
};

/// A webhook request of the last days that did not succeed, of GitLab's own log.
struct MissedDelivery {
    std::int64_t id = 0;
    std::string event;   ///< `push_hooks`
    std::string answer;  ///< `500`, `internal error`
    std::string ref;     ///< of a push: this and the next two
    std::string before;
    std::string after;

    bool operator==(const MissedDelivery&) const = default;
};

struct ClientLimits {
    std::chrono::milliseconds total = std::chrono::seconds(20);  ///< of one request
    std::size_t answer_bytes = std::size_t{8} << 20U;
    int pages = 50;  ///< of a list, of 100 each
};

/// Asks GitLab by its API v4 (docs.gitlab.com/api). Keeps no connections, follows no redirect.
///
/// All calls are coroutines on the caller's executor. Requires: an executor that runs one handler
/// at a time, one for all calls. Must outlive its calls. Errors: `unavailable` (away, 408, 409,
/// 429, 5xx, cut short, a deadline: worth another try, with what Retry-After asked for), `denied`
/// (401, 403), `not_found` (404), `too_large` (above `answer_bytes`), `failed` (anything else that
/// it says, and a certificate that is not trusted), `cancelled`.
class GitlabClient {
public:
    explicit GitlabClient(ClientLimits limits = {});
    GitlabClient(const GitlabClient&) = delete;
    GitlabClient& operator=(const GitlabClient&) = delete;
    GitlabClient(GitlabClient&&) = delete;
    GitlabClient& operator=(GitlabClient&&) = delete;
    ~GitlabClient();

    /// Gives a commit a status. One that it has already is done, too (`Cannot transition status`).
    [[nodiscard]] net::awaitable<Result<void>> set_status(Project project, CommitStatus status);

    /// The ids of the token's own notes on a merge request that begin with `marker`, the oldest
    /// first. Looks at 5000 notes; where there are more: `failed`.
    [[nodiscard]] net::awaitable<Result<std::vector<std::int64_t>>> find_notes(
        Project project, std::int64_t merge_request, std::string marker
    );

    [[nodiscard]] net::awaitable<Result<void>> create_note(
        Project project, std::int64_t merge_request, std::string body
    );

    /// `not_found`: it was deleted meanwhile.
    [[nodiscard]] net::awaitable<Result<void>> update_note(
        Project project, std::int64_t merge_request, std::int64_t note, std::string body
    );

    /// One that is gone is deleted, too.
    [[nodiscard]] net::awaitable<Result<void>> delete_note(
        Project project, std::int64_t merge_request, std::int64_t note
    );

    /// Wants a token of a maintainer.
    [[nodiscard]] net::awaitable<Result<std::vector<Hook>>> hooks(Project project);

    /// What a hook did not deliver in the last days, the newest first, at most 20. The same.
    [[nodiscard]] net::awaitable<Result<std::vector<MissedDelivery>>> missed_deliveries(
        Project project, std::int64_t hook
    );

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace slipway::gitlab
