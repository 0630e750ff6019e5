#pragma once

#include "core/base/strong_id.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {

/// What read_build() reads, in its order.
inline constexpr std::string_view build_columns =
    "id, repository, ref, before, after, trigger_kind, folders, no_cache, state, plan, error, "
    "delivery, "
    "created, started, finished";

/// What read_step() reads, in its order, where the table is named `s`.
inline constexpr std::string_view step_columns =
    "s.position, s.folder, s.image, s.reference_names, s.needs, s.reasons, s.push, s.state, "
    "s.attempts, s.engine, s.image_id, s.digests, s.error, s.note, s.started, s.built, s.finished";

[[nodiscard]] Build read_build(Rows& rows);
[[nodiscard]] Step read_step(Rows& rows);

[[nodiscard]] std::string to_json(const std::vector<std::string>& texts);
[[nodiscard]] std::string to_json(const std::vector<int>& numbers);
[[nodiscard]] std::string to_json(const std::map<std::string, std::string>& texts);

[[nodiscard]] inline std::int64_t stored(Time time) {
    return time.time_since_epoch().count();
}

[[nodiscard]] inline std::optional<std::int64_t> stored(const std::optional<Time>& time) {
    return time.transform([](Time given) { return stored(given); });
}

/// Reads whole builds on the connection it was made for.
class BuildReader {
public:
    explicit BuildReader(const Database& database);

    [[nodiscard]] std::optional<Build> find(BuildId id);
    [[nodiscard]] std::vector<Step> steps(BuildId id);

    /// Those that run, with steps, the oldest first.
    [[nodiscard]] std::vector<Build> running();

private:
    Statement build_;
    Statement running_;
    Statement steps_;
};

}  // namespace slipway::store
