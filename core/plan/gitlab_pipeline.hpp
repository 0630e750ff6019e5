#pragma once

#include "core/plan/plan.hpp"

#include <string>

namespace slipway::plan {

/// The plan as a child pipeline of GitLab CI, in YAML: a job for each image, which builds and
/// pushes its folder by `slipway build` once the jobs of what it is built on are done. A plan
/// without steps is a pipeline with one job that says so, since GitLab refuses an empty one.
///
/// `registry`: the default registry that the plan was made with; empty: none. Job names are
/// `build FOLDER`, with `%20` for a space and the like; a long one ends in a hash. A folder whose
/// name is not UTF-8 has a job that fails: YAML can't hold it.
/// Rules: https://docs.gitlab.com/ci/yaml/
[[nodiscard]] std::string to_gitlab_pipeline(const Plan& plan, const std::string& registry);

}  // namespace slipway::plan
