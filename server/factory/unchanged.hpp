#pragma once

#include "server/engine/engine_api.hpp"
#include "server/factory/bases.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <optional>
#include <string>

namespace slipway::factory {

/// What is known of an image before it is built. design §3.4
struct Foreknown {
    std::string input_id;                      ///< empty: it can't be said
    std::map<std::string, std::string> bases;  ///< its own external bases → digest
    /// Reference → digest, where the registry holds this very content under every reference
    /// already, or was made to by a new tag; nothing: it has to be built.
    std::optional<std::map<std::string, std::string>> digests;
    std::string why;  ///< with `digests`: what a person should know
};

/// Computes the input id of a step's image and, where it `may_end` without a build, compares it
/// with what the ledger says was pushed. What can't be asked now counts as not known: then the
/// image is built.
[[nodiscard]] net::awaitable<Foreknown> foreknow(
    Workshop& workshop,
    const Source& source,
    Bases& bases,
    const store::Step& step,
    bool may_end,
    engine::LogSink log
);

}  // namespace slipway::factory
