#pragma once

#include <cstdint>
#include <string>

namespace slipway::bench {

/// Puts finished builds of one step each into a store that nobody has open, by its tables, for
/// through the store a million would take an hour: of 20 repositories with 50 folders each, whose
/// newest steps are what the status and the ledger show.
void fill(const std::string& place, std::int64_t builds);

/// So that a snapshot has none.
void forget_images(const std::string& place);

}  // namespace slipway::bench
