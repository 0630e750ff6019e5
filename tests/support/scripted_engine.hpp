#pragma once

#include "tests/support/temp_folder.hpp"

#include <condition_variable>
#include <cstddef>
#include <limits>
#include <list>
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
    std::string afterwards;    ///< what came behind the request while the connection was held
    bool closed = false;       ///< by the client, while it was held
};

/// An engine that plays answers on a real Unix socket, each connection by itself, and records what
/// it was asked. Thread-safe. A request without a script is answered with 501.
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

    /// What was asked so far, except `/_ping` and for sessions.
    [[nodiscard]] std::vector<RecordedRequest> requests() const;

    /// The sessions that were asked for so far.
    [[nodiscard]] std::vector<RecordedRequest> sessions() const;

    /// Waits until requests whose `METHOD target` contains `part` were received. False after ten
    /// seconds.
    [[nodiscard]] bool wait_for_request(std::string_view part) const;

    /// Waits until the client has closed a connection that was held, one of requests() or, with
    /// the name of a method and target, such a one. False after ten seconds.
    [[nodiscard]] bool wait_until_closed(std::string_view part = {}) const;

    /// Waits until the client has sent `text` in the last session. False after ten seconds.
    [[nodiscard]] bool wait_for_session_text(std::string_view text) const;

private:
    struct Connection {
        int socket = -1;
        bool done = false;
        std::jthread thread;
    };

    void serve_connections();
    void begin(int socket);
    void serve(Connection& connection);
    void serve_request(int connection);
    void join_done();
    [[nodiscard]] Script script_for(const std::string& request) const;
    std::size_t record(const RecordedRequest& request);
    void play(int connection, const Script& script, std::size_t request);
    bool play_answer(int connection, const Script& script, std::size_t request);
    void record_until_close(int connection, std::size_t request);

    TempFolder folder_;
    int listener_ = -1;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::pair<std::string, Script>> scripts_;
    std::vector<RecordedRequest> requests_;
    bool stopping_ = false;
    std::list<Connection> connections_;  // of the worker's thread, but for what is in them
    std::jthread worker_;
};

}  // namespace slipway::test
