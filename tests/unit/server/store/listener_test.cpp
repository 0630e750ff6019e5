#include "server/store/listener.hpp"

#include "server/store/postgres.hpp"
#include "server/store/postgres_connect.hpp"
#include "tests/support/postgres_schema.hpp"
#include "tests/unit/server/store/heard.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::store::postgres {
namespace {

namespace net = boost::asio;

class Listeners : public test::WithPostgres {
protected:
    void SetUp() override {
        test::WithPostgres::SetUp();
        if (!IsSkipped()) {
            database_.emplace(schema_->url());
            listener_.emplace(
                schema_->url(),
                ConnectOptions{},
                schema_->name(),
                [this](std::string_view payload) { heard_.add(payload); }
            );
        }
    }

    void notify(std::string_view payload) {
        Statement(*database_, "SELECT pg_notify(?, ?)").run(schema_->name(), payload);
    }

    Heard heard_;
    std::optional<Database> database_;
    std::optional<Listener> listener_;
};

TEST_F(Listeners, HearsWhatIsNotifiedInOrder) {
    EXPECT_EQ(heard_.next(), "");
    notify("build 7");
    notify("build 8");
    EXPECT_EQ(heard_.next(), "build 7");
    EXPECT_EQ(heard_.next(), "build 8");
}

TEST_F(Listeners, HearsNothingOfWhatIsRolledBack) {
    EXPECT_EQ(heard_.next(), "");
    {
        const Transaction transaction(*database_, Transaction::Kind::write);
        notify("undone");
    }
    notify("done");
    EXPECT_EQ(heard_.next(), "done");
}

TEST_F(Listeners, ConnectsAgainAndSaysThatSomethingMayHaveBeenMissed) {
    EXPECT_EQ(heard_.next(), "");
    Statement end(
        *database_, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query = ?"
    );
    ASSERT_EQ(end.run("LISTEN \"" + schema_->name() + "\""), 1);
    EXPECT_EQ(heard_.next(), "");
    notify("after");
    EXPECT_EQ(heard_.next(), "after");
}

class Unheard : public testing::Test {
protected:
    Unheard()
        : listener_(
              std::in_place,
              "postgresql://slipway@127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()),
              ConnectOptions{.connect_timeout = std::chrono::seconds(60)},
              "builds",
              [](std::string_view /*payload*/) { ADD_FAILURE() << "nobody spoke"; }
          ) {}

    void end() {
        const auto began = std::chrono::steady_clock::now();
        listener_.reset();
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
    }

    net::io_context context_;
    net::ip::tcp::acceptor acceptor_{context_, {net::ip::address_v4::loopback(), 0}};
    std::optional<Listener> listener_;
};

TEST_F(Unheard, EndsWhileItConnects) {
    const net::ip::tcp::socket connected = acceptor_.accept();
    end();
}

TEST_F(Unheard, TriesAgainUntilItEnds) {
    acceptor_.accept().close();
    acceptor_.accept().close();
    end();
}

}  // namespace
}  // namespace slipway::store::postgres
