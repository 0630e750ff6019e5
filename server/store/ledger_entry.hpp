#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/build.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {

/// Up to where a branch was planned.
struct Branch {
    std::string repository;
    std::string ref;
    std::string commit;
    std::string tree;  ///< of the commit
    Time updated{};
    std::optional<Time> closed;  ///< it is gone from the remote

    bool operator==(const Branch&) const = default;
};

/// Why a folder's content is not what was pushed.
struct Owed {
    Time since{};
    std::string why;         ///< as `failed in build 7: exit code 2`
    std::string commit;      ///< whose content is owed
    std::string tree;        ///< of the folder there
    BuildId build;           ///< that was to push it; 0: none yet
    std::string moved = {};  ///< JSON of a base that moved: {reference, from, to}; else empty

    bool operator==(const Owed&) const = default;
};

/// What the registry holds of one folder of one branch. design §3.3
struct LedgerEntry {
    std::string repository;
    std::string ref;
    std::string folder;
    std::string image;
    std::vector<std::string> references;         ///< last pushed
    std::map<std::string, std::string> digests;  ///< reference → digest
    std::string commit;                          ///< that was pushed; empty: nothing yet
    std::string tree;
    std::string input_id;
    std::map<std::string, std::string> bases;
    std::optional<BuildId> build;  ///< that pushed it
    std::optional<Time> pushed;
    std::optional<Owed> owed;
    std::optional<Time> removed;  ///< the folder is gone from the branch: a tombstone
    std::string moved_to;

    bool operator==(const LedgerEntry&) const = default;
};

struct LedgerQuery {
    std::string repository = {};  ///< empty: all
    std::string ref = {};         ///< empty: all
    std::string folder = {};      ///< empty: all
    bool owed_only = false;
    int limit = 1000;
    int offset = 0;
};

}  // namespace slipway::store
