#include "server/store/sqlite_store.hpp"

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"
#include "tests/contract/store/store_suites.hpp"
#include "tests/support/fast_folder.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is POSIX
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace slipway::store {
namespace {

OpenStore make_sqlite() {
    return [folder = std::make_shared<test::TempFolder>(test::fast_folder())](
               net::thread_pool& blocking, const Clock& clock
           ) { return open_sqlite_store(*folder / "slipway.db", blocking, clock); };
}

const StoreKind sqlite{"Sqlite", &make_sqlite};

SLIPWAY_STORE_CONTRACT(Sqlite, testing::Values(sqlite));

/// What SQLite adds to the contract: a file, its lock and its disk.
class SqliteStoreFile : public testing::Test {
protected:
    Result<std::unique_ptr<Store>> open() { return open_sqlite_store(file_, blocking_, clock_); }

    std::unique_ptr<Store> opened() {
        Result<std::unique_ptr<Store>> store = open();
        EXPECT_TRUE(store) << store.error().message;
        return *std::move(store);
    }

    /// Runs SQL on the file while no store has it open.
    void sql(const std::string& script) {
        Database database(file_, Database::Access::read_write);
        database.execute(script);
    }

    void expect_refused(ErrorCode code, const std::string& words) {
        const Result<std::unique_ptr<Store>> store = open();
        ASSERT_FALSE(store);
        EXPECT_EQ(store.error().code, code);
        EXPECT_NE(store.error().message.find(words), std::string::npos) << store.error().message;
        EXPECT_NE(store.error().message.find(file_.string()), std::string::npos)
            << store.error().message;
    }

    static NewDelivery numbered(int number, std::size_t body_bytes = 100) {
        return {
            .key = std::to_string(number),
            .repository = "images",
            .event = "push",
            .ref = "refs/heads/main",
            .before = "",
            .after = "",
            .headers = "{}",
            .body = std::string(body_bytes, 'x'),
            .reason = "",
            .build =
                NewBuild{
                    .repository = "images", .ref = "", .before = "", .after = "", .folders = {}
                },
        };
    }

    test::TempFolder folder_;
    std::filesystem::path file_ = folder_ / "slipway.db";
    test::ManualClock clock_;
    net::thread_pool blocking_{1};
};

TEST_F(SqliteStoreFile, ASecondOpenerIsRefusedUntilTheFirstIsClosed) {
    std::unique_ptr<Store> first = opened();
    expect_refused(ErrorCode::unavailable, "slipway.db.lock': another slipway uses this store");
    first.reset();
    EXPECT_TRUE(open());
}

TEST_F(SqliteStoreFile, ANewerSchemaIsRefusedInWords) {
    opened().reset();
    sql("PRAGMA user_version = 1000");
    expect_refused(ErrorCode::invalid, "written by a newer slipway (its schema is 1000");
}

TEST_F(SqliteStoreFile, ANewerSchemaThatSaysSoIsUsedAndLeftAsItIs) {
    opened().reset();
    sql("PRAGMA user_version = 1000; INSERT INTO slipway_schema SELECT 1000, max(version) FROM "
        "slipway_schema");
    EXPECT_TRUE(open());
    Database database(file_, Database::Access::read_only);
    EXPECT_EQ(database.integer("PRAGMA user_version"), 1000);
}

TEST_F(SqliteStoreFile, ANewerSchemaForNewerOnesAloneIsRefused) {
    opened().reset();
    sql("PRAGMA user_version = 1000; INSERT INTO slipway_schema SELECT 1000, max(version) + 1 FROM "
        "slipway_schema");
    expect_refused(ErrorCode::invalid, "written by a newer slipway (its schema is 1000, for those");
}

TEST_F(SqliteStoreFile, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
    sql("CREATE TABLE theirs (a)");
    expect_refused(ErrorCode::invalid, "database of another program");
    Database database(file_, Database::Access::read_only);
    EXPECT_EQ(database.integer("SELECT count(*) FROM sqlite_schema"), 1);
    EXPECT_EQ(database.text("PRAGMA journal_mode"), "delete");
}

TEST_F(SqliteStoreFile, AFileThatIsNoDatabaseIsRefused) {
    std::ofstream(file_) << std::string(10'000, '?');
    expect_refused(ErrorCode::invalid, "not a database");
}

TEST_F(SqliteStoreFile, AFolderThatDoesNotExistIsUnavailable) {
    file_ = folder_ / "missing" / "slipway.db";
    expect_refused(ErrorCode::unavailable, "the folder must exist");
}

TEST_F(SqliteStoreFile, TheFileSaysWhoseItIsAndIsSafe) {
    const std::unique_ptr<Store> store = opened();
    Database database(file_, Database::Access::read_only);
    EXPECT_EQ(database.integer("PRAGMA application_id"), 0x534C5057);
    EXPECT_EQ(database.text("PRAGMA journal_mode"), "wal");
    EXPECT_EQ(database.text("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteStoreFile, BodiesAreStoredRawAndApart) {
    const std::unique_ptr<Store> store = opened();
    NewDelivery delivery = numbered(1);
    delivery.body = std::string("\0\xFF{", 3);
    ASSERT_TRUE(test::run_coroutine(store->accept(delivery)));
    Database database(file_, Database::Access::read_only);
    EXPECT_EQ(database.text("SELECT hex(body) FROM deliveries"), "00FF7B");
}

/// No file of the process may grow beyond `bytes` for as long as this lives: a full disk, as SQLite
/// sees it.
class FullDisk {
public:
    explicit FullDisk(std::uintmax_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit full = before_;
        full.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &full);
    }

    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    FullDisk(FullDisk&&) = delete;
    FullDisk& operator=(FullDisk&&) = delete;

    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        static_cast<void>(std::signal(SIGXFSZ, handler_));
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_F(SqliteStoreFile, AFullDiskIsUnavailableAndNothingIsStored) {
    const std::unique_ptr<Store> store = opened();
    ASSERT_TRUE(test::run_coroutine(store->accept(numbered(1))));
    const std::uint64_t version = store->version();
    Result<Accepted> refused;
    {
        const FullDisk full(std::filesystem::file_size(file_.string() + "-wal"));
        refused = test::run_coroutine(store->accept(numbered(2, 1'000'000)));
    }
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find(file_.string()), std::string::npos)
        << refused.error().message;
    EXPECT_EQ(store->version(), version);
    EXPECT_EQ(test::run_coroutine(store->builds({})).value().size(), 1);
}

TEST_F(SqliteStoreFile, AfterAFullDiskTheStoreIsUsableAgain) {
    // More than its log has grown by beforehand.
    const auto large = [] {
        NewDelivery delivery = numbered(2);
        delivery.body.resize(std::size_t{2} << 20, 'x');
        return delivery;
    };
    std::unique_ptr<Store> store = opened();
    ASSERT_TRUE(test::run_coroutine(store->accept(numbered(1))));
    {
        const FullDisk full(std::filesystem::file_size(file_.string() + "-wal"));
        ASSERT_FALSE(test::run_coroutine(store->accept(large())));
        ASSERT_TRUE(test::run_coroutine(store->snapshot())) << "reads go on";
    }
    const Accepted accepted = test::run_coroutine(store->accept(large())).value();
    EXPECT_FALSE(accepted.duplicate);
    store.reset();
    store = opened();
    EXPECT_TRUE(test::run_coroutine(store->accept(large())).value().duplicate);
}

/// Accepts numbered deliveries until it is killed, and tells each answered number to `pipe`.
[[noreturn]] void accept_until_killed(const std::filesystem::path& file, int pipe) {
    const SystemClock clock;
    net::thread_pool blocking(1);
    const Result<std::unique_ptr<Store>> store = open_sqlite_store(file, blocking, clock);
    for (int number = 1; store; ++number) {
        NewDelivery delivery;
        delivery.key = std::to_string(number);
        delivery.repository = "images";
        delivery.body = std::string(5000, 'x');
        delivery.build = NewBuild{};
        delivery.build->repository = "images";
        if (!test::run_coroutine((*store)->accept(std::move(delivery)))) {
            break;
        }
        if (::write(pipe, &number, sizeof number) != sizeof number) {
            break;
        }
    }
    ::_exit(EXIT_FAILURE);
}

/// The last number that `pipe` tells; the writer is killed once it has told `enough`.
int last_told(int pipe, pid_t writer, int enough) {
    int last = 0;
    int number = 0;
    while (::read(pipe, &number, sizeof number) == sizeof number) {
        last = number;
        if (number == enough) {
            ::kill(writer, SIGKILL);
        }
    }
    return last;
}

TEST_F(SqliteStoreFile, WhatWasAnsweredSurvivesAKill) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    blocking_.join();  // a process with threads should not fork
    const pid_t writer = ::fork();
    if (writer == 0) {
        ::close(pipe[0]);
        accept_until_killed(file_, pipe[1]);
    }
    ::close(pipe[1]);
    const int answered = last_told(pipe[0], writer, 200);
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;  // NOLINT(misc-include-cleaner)
    ASSERT_GE(answered, 200);

    const std::unique_ptr<Store> store = opened();
    for (int number = 1; number <= answered; ++number) {
        ASSERT_TRUE(test::run_coroutine(store->accept(numbered(number))).value().duplicate)
            << number;
    }
    Database database(file_, Database::Access::read_only);
    EXPECT_EQ(database.text("PRAGMA integrity_check"), "ok");
    EXPECT_GE(database.integer("SELECT count(*) FROM deliveries"), answered);
    EXPECT_LE(database.integer("SELECT count(*) FROM deliveries"), answered + 1);
}

}  // namespace
}  // namespace slipway::store
