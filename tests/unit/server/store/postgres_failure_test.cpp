#include "server/store/postgres_failure.hpp"

#include "core/base/result.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace slipway::store {
namespace {

ErrorCode code_of(std::string_view sqlstate) {
    return failure_of("testing", sqlstate, "no").error().code;
}

TEST(PostgresFailure, CodesBecomeOursByWhatIsToBeDone) {
    for (const std::string_view temporary :
         {"08006",
          "25006",
          "40001",
          "40P01",
          "53100",
          "53300",
          "55P03",
          "57014",
          "57P01",
          "57P03",
          "58030"}) {
        EXPECT_EQ(code_of(temporary), ErrorCode::unavailable) << temporary;
    }
    for (const std::string_view wrong : {"22021", "28000", "28P01", "3D000", "42501"}) {
        EXPECT_EQ(code_of(wrong), ErrorCode::invalid) << wrong;
    }
    EXPECT_EQ(code_of("23505"), ErrorCode::conflict);
    EXPECT_EQ(code_of("54000"), ErrorCode::too_large);
    for (const std::string_view ours : {"22P02", "23502", "42601", "42P01", "XX000"}) {
        EXPECT_EQ(code_of(ours), ErrorCode::internal) << ours;
    }
}

TEST(PostgresFailure, OnlyWhereAnotherTransactionWasInTheWayItIsTriedAgainAtOnce) {
    EXPECT_TRUE(failure_of("testing", "40001", "").worth_retrying());
    EXPECT_TRUE(failure_of("testing", "40P01", "").worth_retrying());
    EXPECT_FALSE(failure_of("testing", "55P03", "").worth_retrying());
}

TEST(PostgresFailure, SaysWhatWasDoneAndWhatToDo) {
    EXPECT_EQ(
        failure_of("running 'COMMIT'", "53100", "could not extend file").error().message,
        "running 'COMMIT': could not extend file (PostgreSQL 53100); make room on the server's disk"
    );
}

TEST(PostgresFailure, RepeatsNoValue) {
    const std::string message =
        failure_of(
            "running 'SELECT $1'", "22P02", "invalid input syntax for type bigint: \"secret\""
        )
            .error()
            .message;
    EXPECT_EQ(message, "running 'SELECT $1': a value does not fit (PostgreSQL 22P02)");
}

TEST(ConnectFailure, TakesTheCodeOfTheLastHost) {
    const Error error =
        connect_failure_of(
            "connection to server at \"::1\", port 5432 failed: FATAL:  57P03: the database system "
            "is starting up\n"
            "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password "
            "authentication failed for user \"slipway\"\n"
            "LOCATION:  auth_failed, auth.c:326\n"
        )
            .error();
    EXPECT_EQ(error.code, ErrorCode::invalid);
    EXPECT_EQ(
        error.message,
        "connecting to PostgreSQL: connection to server at \"::1\", port 5432 failed: FATAL:  "
        "57P03: the database system is starting up; connection to server at \"127.0.0.1\", port "
        "5432 failed: FATAL:  28P01: password authentication failed for user \"slipway\"; correct "
        "the user and the password of the store's URL"
    );
}

TEST(ConnectFailure, WithoutACodeTheServerIsAway) {
    const Error error = connect_failure_of(
                            "connection to server at \"x\" failed: Connection "
                            "refused\n\tIs the server running on that host?\n"
    )
                            .error();
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_EQ(
        error.message,
        "connecting to PostgreSQL: connection to server at \"x\" failed: Connection refused; Is "
        "the server running on that host?"
    );
}

TEST(ConnectFailure, AMissingPasswordIsNotTemporary) {
    EXPECT_EQ(
        connect_failure_of("connection to server failed: fe_sendauth: no password supplied\n")
            .error()
            .code,
        ErrorCode::invalid
    );
}

}  // namespace
}  // namespace slipway::store
