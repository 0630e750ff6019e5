#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/plan/explain.hpp"
#include "server/api/api.hpp"
#include "server/api/explanation.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace slipway::api {

/// What is asked: a folder in one build, in the newest of a reference, or at a commit of one.
struct Question {
    std::string repository;  ///< empty: the build's
    std::string folder;
    std::string ref;
    std::optional<BuildId> build;
    std::string commit;  ///< hex; empty: none
};

/// What is known of it.
struct Answerable {
    ImageFacts facts;
    plan::ExplainInput input;
};

/// Looks up the build that the question is about, and all that is known of the folder there.
/// Errors: those of the store; `not_found`: no build and no branch tells of it.
[[nodiscard]] net::awaitable<Result<Answerable>> gather(Context& context, Question question);

}  // namespace slipway::api
