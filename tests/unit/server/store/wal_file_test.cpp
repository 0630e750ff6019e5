#include "server/store/wal_file.hpp"

#include "server/store/durability.hpp"
#include "server/store/sqlite.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::store {
namespace {

/// A store whose commits are not flushed: what a commit gathered and did not hand on, nobody would.
class UnflushedLog : public testing::Test {
protected:
    UnflushedLog() {
        EXPECT_NE(gathering_vfs(), nullptr);
        EXPECT_EQ(database_.text("PRAGMA journal_mode = WAL"), "wal");
        database_.keep_log();
        database_.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)");
        database_.promise(Durability::later);
    }

    /// The sum of all texts' lengths as a process would find it that begins now, where this one is
    /// killed.
    [[nodiscard]] std::int64_t found_after_a_kill() const {
        const test::TempFolder copy;
        for (const std::string_view name : {"test.db", "test.db-wal"}) {
            std::filesystem::copy_file(folder_ / name, copy / name);
        }
        Database again(copy / "test.db", Database::Access::read_write);
        EXPECT_EQ(again.text("PRAGMA integrity_check"), "ok");
        return again.integer("SELECT total(length(text)) FROM t");
    }

    test::TempFolder folder_;
    Database database_{folder_ / "test.db", Database::Access::read_write};
};

TEST_F(UnflushedLog, ACommitIsInTheFile) {
    database_.execute("INSERT INTO t (text) VALUES ('one')");
    EXPECT_EQ(found_after_a_kill(), 3);
    Database reader(folder_ / "test.db", Database::Access::read_only);
    EXPECT_EQ(reader.integer("SELECT count(*) FROM t"), 1);
    database_.execute("INSERT INTO t (text) VALUES ('two'), ('three')");
    EXPECT_EQ(reader.integer("SELECT count(*) FROM t"), 3);
    EXPECT_EQ(found_after_a_kill(), 11);
}

/// SQLite then writes into the log before the commit, and again what it changes again, with the
/// sums of all that follows.
TEST_F(UnflushedLog, ACommitOfWhatDidNotFitIntoTheCacheIsInTheFile) {
    database_.execute("PRAGMA cache_size = 4");
    database_.execute(
        "BEGIN; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
        "INSERT INTO t SELECT i, printf('%2000s', i) FROM n;"
        "UPDATE t SET text = printf('%1000s', id); UPDATE t SET text = printf('%3000s', id) WHERE "
        "id < 20; COMMIT"
    );
    EXPECT_EQ(found_after_a_kill(), 19 * 3000 + 181 * 1000);
}

/// Else each flush would take the file's new size along.
TEST_F(UnflushedLog, TheFileGrowsByAMebibyteAndHoldsWhatIsCommitted) {
    constexpr std::uintmax_t mebibyte = 1 << 20;
    const auto size = [this] { return std::filesystem::file_size(folder_ / "test.db-wal"); };
    EXPECT_EQ(size(), mebibyte);
    database_.execute("INSERT INTO t (text) VALUES (printf('%1500000s', 'x'))");
    EXPECT_EQ(size(), 2 * mebibyte);
    EXPECT_EQ(found_after_a_kill(), 1500000);
    database_.checkpoint();
    database_.execute("INSERT INTO t (text) VALUES ('from the beginning again')");
    EXPECT_EQ(size(), 2 * mebibyte);
    EXPECT_EQ(found_after_a_kill(), 1500024);
}

/// What was there is written over, not grown upon.
TEST_F(UnflushedLog, AFileThatIsThereKeepsItsSize) {
    database_.execute("INSERT INTO t (text) VALUES (printf('%1500000s', 'x'))");
    const test::TempFolder copy;
    for (const std::string_view name : {"test.db", "test.db-wal"}) {
        std::filesystem::copy_file(folder_ / name, copy / name);
    }
    Database again(copy / "test.db", Database::Access::read_write);
    again.execute("INSERT INTO t (text) VALUES ('one')");
    EXPECT_EQ(std::filesystem::file_size(copy / "test.db-wal"), 2 << 20);
    EXPECT_EQ(again.integer("SELECT total(length(text)) FROM t"), 1500003);
}

// A full disk is an error of one statement to SQLite, where a read tells of it: it would commit the
// rest of the transaction over the hole.
TEST(LogOnAFullDisk, ReadThatFindsPagesUnwrittenEndsTheTransaction) {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(gathering_vfs());
    std::vector<std::max_align_t> memory(
        static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1
    );
    auto* const file =
        reinterpret_cast<sqlite3_file*>(memory.data());  // NOLINT(*-reinterpret-cast)
    const int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    ASSERT_EQ(vfs->xOpen(vfs, "/dev/full", file, flags, nullptr), SQLITE_OK);
    std::string page(100, 'x');
    EXPECT_EQ(file->pMethods->xWrite(file, page.data(), 100, 0), SQLITE_OK) << "it is gathered";
    EXPECT_EQ(file->pMethods->xRead(file, page.data(), 100, 0), SQLITE_IOERR_WRITE);
    EXPECT_EQ(file->pMethods->xClose(file), SQLITE_OK);
}

TEST_F(UnflushedLog, APromiseHoldsUntilTheNextOne) {
    constexpr std::int64_t normal = 1;
    constexpr std::int64_t full = 2;
    EXPECT_EQ(database_.integer("PRAGMA synchronous"), normal);
    database_.promise(Durability::now);
    EXPECT_EQ(database_.integer("PRAGMA synchronous"), full);
    database_.promise(Durability::later);
    EXPECT_EQ(database_.integer("PRAGMA synchronous"), normal);
}

}  // namespace
}  // namespace slipway::store
