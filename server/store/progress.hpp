#pragma once

#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "core/model/build_state.hpp"
#include "server/store/records.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {

/// What becomes of builds: the writing half of Store but for what comes in. Runs in the writer's
/// transaction.
class Progress {
public:
    explicit Progress(const Database& database);

    [[nodiscard]] std::optional<Build> claim(Time now);
    [[nodiscard]] std::vector<Build> recover();
    [[nodiscard]] Result<void> record_plan(BuildId build, const PlanRecord& plan);
    [[nodiscard]] Result<void> update_step(BuildId build, const Step& step);
    [[nodiscard]] Result<void> finish(
        BuildId build, model::BuildState state, const std::string& error, Time now
    );
    [[nodiscard]] Result<void> append_log(BuildId build, int position, std::string_view text);
    [[nodiscard]] Result<void> forget_image(const LeftImage& image);

private:
    [[nodiscard]] Result<model::BuildState> state_of(BuildId build);
    [[nodiscard]] std::optional<model::StepState> step_state(BuildId build, int position);
    void drop_steps(BuildId build);
    void insert_step(BuildId build, const Step& step);
    void remember_images(const Step& step);

    BuildReader reader_;
    Statement next_;
    Statement start_;
    Statement reset_steps_;
    Statement build_state_;
    Statement plan_;
    Statement uncover_images_;
    Statement drop_steps_;
    Statement insert_step_;
    Statement cover_image_;
    Statement step_state_;
    Statement update_step_;
    Statement finish_;
    Statement log_end_;
    Statement append_log_;
    Statement remember_image_;
    Statement forget_image_;
};

}  // namespace slipway::store
