#include "server/store/postgres_connect.hpp"

#include "core/base/result.hpp"
#include "server/store/postgres.hpp"
#include "server/store/postgres_failure.hpp"
#include "tests/support/postgres_schema.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace slipway::store::postgres {
namespace {

namespace net = boost::asio;

Error refusal(const std::string& url, const ConnectOptions& options = {}) {
    try {
        const Database database(url, options);
    } catch (const PostgresFailure& failure) {
        return failure.error();
    }
    ADD_FAILURE() << "it connected";
    return {};
}

/// Takes connections and says nothing, like a server that hangs.
class SilentServer {
public:
    [[nodiscard]] std::string url() const {
        return "postgresql://slipway@127.0.0.1:" +
               std::to_string(acceptor_.local_endpoint().port()) + "/slipway";
    }

private:
    net::io_context context_;
    net::ip::tcp::acceptor acceptor_{context_, {net::ip::address_v4::loopback(), 0}};
};

TEST(PostgresConnect, AUrlThatCanNotBeReadIsNotRepeated) {
    for (const std::string_view url :
         {"",
          "slipway",
          "mysql://u:tops@h/d",
          "postgresql://u:tops@h:1?x=tops",
          "postgresql://u:to%ps@h/d",
          "postgresql://u:a@tops@h/d",
          "postgresql://u:tops/b@h/d"}) {
        const Error error = refusal(std::string(url));
        EXPECT_EQ(error.code, ErrorCode::invalid) << url;
        EXPECT_EQ(error.message.find("tops"), std::string::npos) << error.message;
    }
}

TEST(PostgresConnect, AServerThatIsAwayIsUnavailable) {
    std::string url;
    {
        const SilentServer server;
        url = server.url();
    }
    EXPECT_EQ(refusal(url).code, ErrorCode::unavailable);
}

TEST(PostgresConnect, AServerThatIsSilentIsUnavailableAfterTheDeadline) {
    const SilentServer server;
    const Error error = refusal(server.url(), {.connect_timeout = std::chrono::milliseconds(50)});
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_EQ(error.message, "connecting to PostgreSQL: no answer within 50 ms");
}

using PostgresSignIn = test::WithPostgres;

TEST_F(PostgresSignIn, AWrongPasswordIsInvalidAndNotShown) {
    const Error error = refusal(schema_->url(), {.password = "topsecret"});
    EXPECT_EQ(error.code, ErrorCode::invalid);
    EXPECT_NE(error.message.find("28P01"), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("topsecret"), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
}

TEST_F(PostgresSignIn, ADatabaseThatIsNotThereIsInvalid) {
    const Error error = refusal(schema_->url() + "&dbname=" + schema_->name());
    EXPECT_EQ(error.code, ErrorCode::invalid);
    EXPECT_NE(error.message.find("create the database"), std::string::npos) << error.message;
}

TEST_F(PostgresSignIn, ThePasswordMayComeBesideTheUrl) {
    const std::string wrong = schema_->url() + "&password=wrong";
    EXPECT_EQ(refusal(wrong).code, ErrorCode::invalid);
    std::string right = schema_->url();
    right.erase(0, right.find("//") + 2);
    right.erase(right.find('@'));
    right.erase(0, right.find(':') + 1);
    Database database(wrong, {.password = right});
    EXPECT_EQ(database.integer("SELECT 7"), 7);
}

TEST_F(PostgresSignIn, TheSessionHasItsNameAndLimits) {
    Database database(
        schema_->url(),
        {.statement_timeout = std::chrono::milliseconds(4000),
         .lock_timeout = std::chrono::milliseconds(3000)}
    );
    EXPECT_EQ(database.text("SHOW application_name"), "slipway");
    EXPECT_EQ(database.text("SHOW client_encoding"), "UTF8");
    EXPECT_EQ(database.text("SHOW statement_timeout"), "4s");
    EXPECT_EQ(database.text("SHOW lock_timeout"), "3s");
    EXPECT_EQ(database.text("SHOW tcp_keepalives_idle"), "10");
}

}  // namespace
}  // namespace slipway::store::postgres
