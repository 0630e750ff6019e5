#pragma once

#include "core/base/result.hpp"
#include "server/config/config.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::factory {

namespace net = boost::asio;

/// A folder whose image was built on an external base.
struct BaseUse {
    std::string ref;
    std::string folder;
    std::string written;  ///< the base as the Dockerfile names it
    std::string digest;   ///< that it had then

    bool operator==(const BaseUse&) const = default;
};

/// By the base's whole reference, `docker.io/library/python:3.10`.
using BaseUses = std::map<std::string, std::vector<BaseUse>>;

/// The bases that may move, of what the repository's pushed branches hold now: without those that
/// are named by a digest, and without folders that are owed already.
[[nodiscard]] BaseUses find_base_uses(
    const config::Repository& repository,
    const std::vector<store::LedgerEntry>& entries,
    const std::vector<store::Branch>& branches
);

/// What Owed::moved holds of one that moved: {reference, from, to, seen}. `seen` is when it was
/// looked for: one build is asked for all that was seen to move at once.
[[nodiscard]] std::string moved_json(
    const BaseUse& use, std::string_view digest, std::string_view seen
);

/// All of a repository's ledger, read in pieces.
[[nodiscard]] net::awaitable<Result<std::vector<store::LedgerEntry>>> read_ledger(
    store::Store& store, store::LedgerQuery query
);

/// Asks for the builds of folders that are owed because a base moved: one for all of a branch that
/// were seen at once, and only once, so that an image that can't be built on the new base waits
/// for a push. Answers how many builds are new.
[[nodiscard]] net::awaitable<Result<std::size_t>> request_moved(
    store::Store& store, std::string repository, store::Reports reports = {}
);

}  // namespace slipway::factory
