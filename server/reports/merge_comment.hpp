#pragma once

#include "core/base/result.hpp"
#include "server/factory/merge_plan.hpp"
#include "server/gitlab/gitlab_client.hpp"

#include <string>
#include <string_view>

namespace slipway::reports {

/// How a note of ours on a merge request begins; nobody sees it.
[[nodiscard]] std::string plan_marker(std::string_view repository);

/// The plan as a note, in Markdown. What comes from the repository stands in code spans, so that it
/// is neither a mention nor one of GitLab's quick actions.
[[nodiscard]] std::string comment_of(const factory::MergePlan& plan, std::string_view repository);

/// The same where there is no plan.
[[nodiscard]] std::string comment_of(const Error& error, std::string_view repository);

/// `slipway/plan` of the source's tip.
[[nodiscard]] gitlab::CommitStatus status_of(const factory::MergePlan& plan);
[[nodiscard]] gitlab::CommitStatus status_of(const Error& error, std::string_view commit);

}  // namespace slipway::reports
