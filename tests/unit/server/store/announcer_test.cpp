#include "server/store/announcer.hpp"

#include "server/store/listener.hpp"
#include "server/store/postgres.hpp"
#include "server/store/postgres_connect.hpp"
#include "tests/support/postgres_schema.hpp"
#include "tests/unit/server/store/heard.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace slipway::store::postgres {
namespace {

namespace net = boost::asio;

class Announcers : public test::WithPostgres {
protected:
    void SetUp() override {
        test::WithPostgres::SetUp();
        if (IsSkipped()) {
            return;
        }
        const std::string& channel = schema_->name();
        listener_.emplace(
            schema_->url(),
            ConnectOptions{},
            channel,
            [this](std::string_view payload) { heard_.add(payload); }
        );
        EXPECT_EQ(heard_.next(), "");
        announcer_.emplace(schema_->url(), ConnectOptions{}, channel, "7");
    }

    /// Also what is said besides.
    void say(const std::string& payload) {
        Database(schema_->url()).execute("NOTIFY \"" + schema_->name() + "\", '" + payload + "'");
    }

    Heard heard_;
    std::optional<Listener> listener_;
    std::optional<Announcer> announcer_;
};

TEST_F(Announcers, AreHeard) {
    announcer_->announce();
    EXPECT_EQ(heard_.next(), "7");
    announcer_->announce();
    EXPECT_EQ(heard_.next(), "7");
}

TEST_F(Announcers, SayABurstInFewWords) {
    constexpr int most = 100;
    for (int number = 0; number < 100 * most; ++number) {
        announcer_->announce();
    }
    announcer_.reset();
    say("end");
    int said = 0;
    for (auto payload = heard_.next(); payload && *payload != "end"; payload = heard_.next()) {
        ++said;
    }
    EXPECT_GE(said, 1);
    EXPECT_LE(said, most);
}

TEST_F(Announcers, SayAtTheirEndWhatIsLeft) {
    announcer_->announce();
    EXPECT_EQ(heard_.next(), "7");
    announcer_->announce();
    announcer_.reset();
    EXPECT_EQ(heard_.next(), "7");
}

TEST_F(Announcers, SayItOnAnotherConnectionWhereOneWasLost) {
    announcer_->announce();
    EXPECT_EQ(heard_.next(), "7");
    Database database(schema_->url());
    Statement end(
        database, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query = ?"
    );
    ASSERT_EQ(end.run("NOTIFY \"" + schema_->name() + "\", '7'"), 1);
    announcer_->announce();
    EXPECT_EQ(heard_.next(), "7");
}

TEST(AnnouncerWithoutServer, Ends) {
    net::io_context context;
    net::ip::tcp::acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
    const std::string url =
        "postgresql://slipway@127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    Announcer announcer(url, {}, "builds", "7");
    announcer.announce();
    acceptor.accept().close();
}

}  // namespace
}  // namespace slipway::store::postgres
