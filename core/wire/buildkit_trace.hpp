#pragma once

#include "core/wire/engine_progress.hpp"
#include "core/wire/line_assembler.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::wire {

namespace trace {
class Vertex;
class VertexLog;
class VertexStatus;
class VertexWarning;
}  // namespace trace

/// Turns BuildKit's trace into the lines that `docker build --progress=plain` prints, without its
/// time stamps and without its choice of one vertex at a time: every line carries its vertex's
/// number, so the lines of several may be mixed.
class BuildkitTrace {
public:
    /// Appends the lines that one StatusResponse gives. False, and no lines, if it is none.
    [[nodiscard]] bool decode(std::string_view message, std::vector<LogLine>& lines);

    /// Appends the output that stopped in mid-line, in the order of the vertices' numbers.
    void finish(std::vector<LogLine>& lines);

private:
    /// BuildKit tells of a vertex several times: when it is known, started, done, perhaps started
    /// and done again.
    struct Vertex {
        int number = 0;  ///< from 1, in the order in which people hear of the vertices; 0: nothing
                         ///< was said yet
        std::string name;
        bool is_announced = false;
        std::map<double, double> spans;  ///< start and end, in seconds
        std::string last_result;
        std::set<std::string, std::less<>> done_statuses;
        LineAssembler standard_output;
        LineAssembler standard_error;
    };

    void note(const trace::Vertex& message);
    void write_status(const trace::VertexStatus& message, std::vector<LogLine>& lines);
    void write_log(const trace::VertexLog& message, std::vector<LogLine>& lines);
    void write_warning(const trace::VertexWarning& message, std::vector<LogLine>& lines);
    void write_vertex(const trace::Vertex& message, std::vector<LogLine>& lines);
    static void flush(Vertex& vertex, std::vector<LogLine>& lines);

    /// The vertex, with its number and name told if that was not done.
    Vertex& announce(const std::string& digest, std::vector<LogLine>& lines);

    std::map<std::string, Vertex, std::less<>> vertices_;
    int last_number_ = 0;
};

}  // namespace slipway::wire
