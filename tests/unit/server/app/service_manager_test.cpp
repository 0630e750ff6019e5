#include "server/app/service_manager.hpp"

#include "server/config/config.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace slipway::app {
namespace {

using boost::asio::local::datagram_protocol;
using Variables = std::map<std::string, std::string, std::less<>>;

config::Environment environment(Variables variables) {
    return [variables = std::move(variables)](std::string_view name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

/// systemd's end.
class ManagerSocket {
public:
    explicit ManagerSocket(const std::string& name) : socket_(context_, {name}) {
        const timeval patience{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    /// The next message; empty where none came in time.
    std::string next(int flags = 0) {
        std::array<char, 4096> buffer{};
        const auto size = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), flags);
        return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

    bool is_empty() { return next(MSG_DONTWAIT).empty(); }

private:
    boost::asio::io_context context_;
    datagram_protocol::socket socket_;
};

class TellManager : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return (folder_ / "notify").string(); }

    test::TempFolder folder_;
};

TEST_F(TellManager, SendsStatesToThePath) {
    ManagerSocket socket(path());
    const ServiceManager manager(environment({{"NOTIFY_SOCKET", path()}}));
    manager.tell("READY=1");
    manager.tell("STOPPING=1\nSTATUS=draining");
    EXPECT_EQ(socket.next(), "READY=1");
    EXPECT_EQ(socket.next(), "STOPPING=1\nSTATUS=draining");
}

TEST_F(TellManager, SendsStatesToAnAbstractName) {
    const std::string name = "slipway-test-" + std::to_string(::getpid());
    ManagerSocket socket('\0' + name);
    ServiceManager(environment({{"NOTIFY_SOCKET", '@' + name}})).tell("READY=1");
    EXPECT_EQ(socket.next(), "READY=1");
}

TEST_F(TellManager, TellsWhenAReloadBegan) {
    ManagerSocket socket(path());
    const auto micros = [] {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    };
    const auto before = micros();
    ServiceManager(environment({{"NOTIFY_SOCKET", path()}})).tell_reloading();
    const std::string told = socket.next();
    constexpr std::string_view start = "RELOADING=1\nMONOTONIC_USEC=";
    ASSERT_TRUE(told.starts_with(start)) << told;
    const auto at = std::stoll(told.substr(start.size()));
    EXPECT_LE(before, at);
    EXPECT_LE(at, micros());
}

TEST_F(TellManager, SaysNothingWithoutASocket) {
    testing::internal::CaptureStderr();
    ServiceManager(environment({})).tell("READY=1");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(TellManager, WarnsOfASocketThatCannotBeUsed) {
    for (const std::string& socket :
         {path(), std::string("vsock:2:1234"), '/' + std::string(200, 'x')}) {
        testing::internal::CaptureStderr();
        ServiceManager(environment({{"NOTIFY_SOCKET", socket}})).tell("READY=1");
        const std::string log = testing::internal::GetCapturedStderr();
        EXPECT_NE(log.find("warning can't tell the service manager"), std::string::npos) << log;
        EXPECT_NE(log.find("states=\"READY=1\""), std::string::npos) << log;
    }
}

TEST_F(TellManager, GivesUpOnAManagerThatDoesNotRead) {
    ManagerSocket socket(path());
    const ServiceManager manager(environment({{"NOTIFY_SOCKET", path()}}));
    testing::internal::CaptureStderr();
    std::size_t told = 0;
    for (; testing::internal::GetCapturedStderr().empty() && told < 100'000; ++told) {
        testing::internal::CaptureStderr();
        manager.tell("READY=1");
    }
    EXPECT_LT(told, 100'000U) << "its queue never gets full";
    EXPECT_EQ(socket.next(), "READY=1");
}

class WatchManager : public TellManager {
protected:
    /// Runs watch() until it ends or `most` messages have come.
    std::size_t told(Variables variables, std::size_t most = 3) {
        variables.emplace("NOTIFY_SOCKET", path());
        const ServiceManager manager(environment(std::move(variables)));
        boost::asio::io_context context;
        boost::asio::co_spawn(context, manager.watch(), boost::asio::detached);
        std::size_t count = 0;
        while (count < most && context.run_one_for(std::chrono::seconds(10)) > 0) {
            for (std::string message = socket_.next(MSG_DONTWAIT); !message.empty();
                 message = socket_.next(MSG_DONTWAIT)) {
                EXPECT_EQ(message, "WATCHDOG=1");
                ++count;
            }
        }
        return count;
    }

    ManagerSocket socket_{path()};
};

TEST_F(WatchManager, TellsAgainAndAgainThatItIsAlive) {
    EXPECT_EQ(told({{"WATCHDOG_USEC", "2000"}}), 3);
}

TEST_F(WatchManager, TellsTwiceInTheTimeThatItHas) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(told({{"WATCHDOG_USEC", "100000"}}), 3);
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(100));
}

TEST_F(WatchManager, WatchesOnlyTheProcessThatIsMeant) {
    const std::string own = std::to_string(::getpid());
    EXPECT_EQ(told({{"WATCHDOG_USEC", "2000"}, {"WATCHDOG_PID", own}}), 3);
    EXPECT_EQ(told({{"WATCHDOG_USEC", "2000"}, {"WATCHDOG_PID", "1"}}), 0);
}

TEST_F(WatchManager, IsNotAskedToWithoutATime) {
    for (const char* time : {"", "0", "-5", "2000 ", "soon", "99999999999999999999"}) {
        EXPECT_EQ(told({{"WATCHDOG_USEC", time}}), 0) << time;
    }
    EXPECT_EQ(told({}), 0);
}

}  // namespace
}  // namespace slipway::app
