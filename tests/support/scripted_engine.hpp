#pragma once

#include "tests/support/temp_folder.hpp"

#include <condition_variable>
#include <cstddef>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::test {

/// How one request is answered.
struct Script {
    static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

    std::string answer;            ///< the bytes for the wire: see recorded_answer
    std::size_t write_size = all;  ///< each write waits until the client has taken the one before
    std::size_t cut_after = all;   ///< the connection is closed after so many bytes of the answer
    std::size_t read_body = all;   ///< how much of the request's body is read before the answer;
                                   ///< what is left unread makes the close a reset
    bool hold = false;             ///< afterwards, waits until the client closes
};

struct RecordedRequest {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;                            ///< without its chunks
    bool body_complete = false;
    bool half_closed = false;  ///< the client shut its side down before it had the whole answer
};

/// An engine that plays answers on a real Unix socket, one connection after the other, and records
/// what it was asked. Thread-safe. A request without a script is answered with 501.
class ScriptedEngine {
public:
    ScriptedEngine();
    ~ScriptedEngine();
    ScriptedEngine(const ScriptedEngine&) = delete;
    ScriptedEngine& operator=(const ScriptedEngine&) = delete;
    ScriptedEngine(ScriptedEngine&&) = delete;
    ScriptedEngine& operator=(ScriptedEngine&&) = delete;

    /// `unix:///…`.
    [[nodiscard]] std::string address() const;

    /// Every request whose `METHOD target` contains `part` is answered so; the script given first
    /// wins, a script given again for the same part replaces it.
    void on(std::string_view part, Script script);

    /// What was asked so far, except `/_ping`.
    [[nodiscard]] std::vector<RecordedRequest> requests() const;

    /// Waits until requests whose `METHOD target` contains `part` were received. False after ten
    /// seconds.
    [[nodiscard]] bool wait_for_request(std::string_view part) const;

    /// Waits until the client has closed a connection that was held. False after ten seconds.
    [[nodiscard]] bool wait_until_closed() const;

private:
    void serve_connections();
    bool set_connection(int connection);
    void serve(int connection);
    [[nodiscard]] Script script_for(const std::string& request) const;
    std::size_t record(const RecordedRequest& request);
    void play(int connection, const Script& script, std::size_t request);
    bool play_answer(int connection, const Script& script, std::size_t request);

    TempFolder folder_;
    int listener_ = -1;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::pair<std::string, Script>> scripts_;
    std::vector<RecordedRequest> requests_;
    std::size_t closed_by_client_ = 0;
    bool stopping_ = false;
    int connection_ = -1;
    std::jthread worker_;
};

}  // namespace slipway::test
