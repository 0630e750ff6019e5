#pragma once

#include "core/base/result.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <string>
#include <vector>

namespace slipway::factory {

/// Has everything said of a pushed image that the repository's `attest` wants and that
/// `step.attested` does not have yet: runs the programs one after the other, each once a digest, in
/// a folder of their own that is gone afterwards. What they print goes to `log`. The step's place
/// on its engine bounds how many run at the same time.
///
/// Errors: `unavailable`: a program ended with another code than 0 or took too long, so that it is
/// run again later; `invalid`: it can't be started; `cancelled`. What runs at a crash is run again.
[[nodiscard]] net::awaitable<Result<void>> attest(
    Workshop& workshop, const Source& source, store::Step& step, engine::LogSink log
);

/// A command with what is filled into its arguments, by place (`{image}`).
[[nodiscard]] std::vector<std::string> fill_in(
    std::vector<std::string> command, const std::map<std::string, std::string>& places
);

}  // namespace slipway::factory
