#pragma once

#include "server/store/postgres_connect.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace slipway::store::postgres {

class Connection;

/// A thread with a connection of its own that hears what others NOTIFY. A hint, never the truth: a
/// lost connection loses what was said meanwhile. It connects again after half a second, then
/// later and later up to half a minute.
class Listener {
public:
    /// Is told a payload; an empty one too each time that listening begins, for something may have
    /// been said before. Called on the listener's thread; it must not throw, nor end the listener.
    using Hear = std::function<void(std::string_view payload)>;

    /// `channel` is a plain name of at most 63 letters, digits and underscores.
    Listener(std::string url, ConnectOptions options, std::string channel, Hear hear);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;

    /// Ends what it waits for at once, but for the look-up of the host's name.
    ~Listener();

private:
    /// A descriptor that can be read once set() was called.
    class StopSignal {
    public:
        StopSignal();
        StopSignal(const StopSignal&) = delete;
        StopSignal& operator=(const StopSignal&) = delete;
        StopSignal(StopSignal&&) = delete;
        StopSignal& operator=(StopSignal&&) = delete;
        ~StopSignal();

        void set() const;

        [[nodiscard]] int descriptor() const { return descriptor_; }

    private:
        int descriptor_;
    };

    void run();
    void listen();
    bool pause();

    const std::string url_;
    const ConnectOptions options_;
    const std::string channel_;
    const Hear hear_;
    const StopSignal stop_;
    int failures_ = 0;    // in a row; the thread's own
    std::thread thread_;  // last: it uses all the others
};

}  // namespace slipway::store::postgres
