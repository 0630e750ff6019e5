#pragma once

#include "core/base/strong_id.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

/// What somebody outside is told. The numbers are stored: never change or reuse one.
enum class ReportKind : std::uint8_t {
    status = 0,        ///< of a commit, as its build or one of its steps stands now
    event = 1,         ///< something happened that others may have asked to be notified of
    merge_plan = 2,    ///< what merging a merge request would build
    notification = 3,  ///< of one event, to one address
};

/// The numbers are stored.
enum class ReportState : std::uint8_t {
    due = 0,   ///< to be sent, or to be tried again
    sent = 1,  ///< or not wanted any more; `error` says so
    dead = 2,  ///< given up: `error` says why
};

/// Which reports of a build are wanted: what the configuration said when it was made.
struct Reports {
    bool statuses = false;  ///< of its commit and its images
    bool events = false;    ///< image.pushed, build.finished

    [[nodiscard]] bool any() const { return statuses || events; }

    bool operator==(const Reports&) const = default;
};

/// A report that no build makes. Of one (kind, repository, key) only the newest counts.
struct NewReport {
    ReportKind kind = ReportKind::merge_plan;
    std::string repository;
    std::string key;
    std::string body;  ///< JSON; never a secret
};

/// A row of the outbox.
struct Report {
    ReportId id;
    ReportKind kind = ReportKind::status;
    std::string repository;
    std::string key;    ///< status: `<commit> <folder>`, the folder empty for the build; event:
                        ///< `image.pushed <build> <step>`, `build.finished <build>`
    BuildId build;      ///< status and event; else 0
    int position = -1;  ///< the step; -1: the build as a whole
    std::string body;
    std::int64_t revision = 0;  ///< grows with each change of what it tells of
    std::int64_t claim = 0;     ///< grows with each claim
    ReportState state = ReportState::due;
    int attempts = 0;  ///< that failed, of this revision
    std::string error;
    std::chrono::sys_time<std::chrono::milliseconds> created{};
    std::chrono::sys_time<std::chrono::milliseconds> updated{};
    std::chrono::sys_time<std::chrono::milliseconds> due{};

    bool operator==(const Report&) const = default;
};

/// How a claimed report stands after it was tried.
struct ReportEnd {
    ReportState state = ReportState::sent;
    int attempts = 0;
    std::string error{};
    std::chrono::sys_time<std::chrono::milliseconds> due{};  ///< of one that is tried again
    std::vector<NewReport> more{};  ///< written in the same transaction; what is there stays
};

struct ReportQuery {
    std::string repository{};  ///< empty: all
    std::optional<ReportState> state{};
    std::optional<ReportId> older_than{};  ///< exclusive
    int limit = 50;                        ///< at most 200
};

struct ReportTotals {
    std::int64_t due = 0;
    std::int64_t dead = 0;
    std::optional<std::chrono::sys_time<std::chrono::milliseconds>> oldest_due{};

    bool operator==(const ReportTotals&) const = default;
};

/// A claimed report is given to another process after this, unless it is settled before.
inline constexpr std::chrono::seconds report_lease{60};
/// The same for a merge_plan, which may have to clone first.
inline constexpr std::chrono::minutes merge_plan_lease{15};

/// What GitLab is told by a process that was killed is told again only then: what it sent last may
/// still be on its way, would not be found yet, and would come behind what is newer.
inline constexpr std::chrono::seconds interrupted_wait{10};

/// Of a plan of more steps than this only the steps that fail get a status of their own.
inline constexpr std::size_t most_step_statuses = 100;

}  // namespace slipway::store
