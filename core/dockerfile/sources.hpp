#pragma once

#include "core/dockerfile/dockerfile.hpp"
#include "core/dockerfile/instruction.hpp"
#include "core/dockerfile/problems.hpp"
#include "core/dockerfile/stages.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile {

/// Finds the images that the instructions of stages read from: `COPY --from` and `RUN
/// --mount=…,from=`.
///
/// An ONBUILD is an instruction of the images built on this one, and names no parent of this one:
/// so BuildKit sees it. But a later stage of the same file that starts from the ONBUILD's stage is
/// such an image, and there it counts, at that FROM.
class SourceFinder {
public:
    /// Both must outlive it.
    SourceFinder(const Stages& stages, char escape, Problems& problems);

    /// Adds the parents of a stage: its FROM's first, then in the order of its lines. Stages come
    /// in their order.
    void add_stage(std::size_t index, std::vector<Parent>& parents);

private:
    const Stages& stages_;
    char escape_;
    Problems& problems_;
    std::size_t trigger_bytes_ = 0;  ///< that were run: each stage runs all of its base's
    std::size_t sources_ = 0;  ///< BuildKit numbers the images it reads from too, after the stages

    struct Where {
        std::size_t stage = 0;
        Place place;
    };

    void add_triggers(std::size_t index, std::vector<Parent>& parents);
    void add_trigger(const Instruction& onbuild, const Where& where, std::vector<Parent>& parents);
    void add_instruction(
        const Instruction& instruction, const Where& where, std::vector<Parent>& parents
    );
    void add_copy(const Instruction& copy, const Where& where, std::vector<Parent>& parents);
    void add_run(const Instruction& run, const Where& where, std::vector<Parent>& parents);
    void add_index(long long index, const Where& where);
    void add_name(
        ParentKind kind, const std::string& name, const Where& where, std::vector<Parent>& parents
    );
    void check_stage_is_before(std::size_t source, std::string_view name, const Where& where);
};

}  // namespace slipway::dockerfile
