#pragma once

#include "core/model/object_id.hpp"

#include <git2.h>

#include <cstring>

namespace slipway::git {

[[nodiscard]] inline model::ObjectId to_id(const git_oid& oid) {
    model::ObjectId id;
    std::memcpy(id.bytes.data(), oid.id, id.bytes.size());
    return id;
}

[[nodiscard]] inline git_oid to_oid(const model::ObjectId& id) {
    git_oid oid{};
    std::memcpy(oid.id, id.bytes.data(), id.bytes.size());
    return oid;
}

}  // namespace slipway::git
