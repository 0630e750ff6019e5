#include "server/store/writer.hpp"

#include "core/base/result.hpp"
#include "server/store/durability.hpp"
#include "server/store/sqlite.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>  // IWYU pragma: keep
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace slipway::store {
namespace {

namespace net = boost::asio;
using Effect = Writer::Effect;
using Answer = std::future<Result<void>>;

/// A group is made of what is submitted while `held()` waits on the writer's thread.
class WriterGroups : public testing::Test {
protected:
    WriterGroups() {
        database_.execute(
            "PRAGMA foreign_keys = ON; CREATE TABLE parents (id INTEGER PRIMARY KEY);"
            "CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY "
            "DEFERRED);"
        );
        insert_.emplace(database_, "INSERT INTO parents (id) VALUES (?)");
        orphan_.emplace(database_, "INSERT INTO children (parent) VALUES (4711)");
    }

    void start(std::size_t capacity = Writer::default_capacity) {
        writer_ = std::make_unique<Writer>(database_, 1, capacity);
    }

    /// Hands a change to the writer; its answer comes with finish().
    Answer submit(Writer::Change change, Durability durability = Durability::now) {
        Answer answer = net::co_spawn(
            context_, writer_->commit(std::move(change), durability), net::use_future
        );
        context_.poll();
        return answer;
    }

    /// Keeps the writer busy, in a group of its own, until release().
    void hold() {
        std::promise<void> started;
        held_ = submit([this, &started] {
            started.set_value();
            gate_.get_future().wait();
            return Effect::hidden;
        });
        started.get_future().wait();
    }

    void release() {
        gate_.set_value();
        context_.restart();
        context_.run();
        ASSERT_TRUE(held_.get());
    }

    void keep_log() {
        EXPECT_EQ(database_.text("PRAGMA journal_mode = WAL"), "wal");
        database_.keep_log();
        database_.execute("CREATE TABLE large (bytes BLOB)");
    }

    /// From 1,000 pages on; nothing else copies the log.
    void start_to_copy_beside_the_writes(int rest) {
        keep_log();
        LogLimits limits;
        limits.many = 1000;
        limits.rest = rest;
        limits.idle = limits.most = std::numeric_limits<int>::max();
        writer_ = std::make_unique<Writer>(database_, 1, Writer::default_capacity, limits);
    }

    /// 25 pages.
    Writer::Change adding_much() {
        return [this] {
            database_.execute("INSERT INTO large VALUES (zeroblob(100000))");
            return Effect::hidden;
        };
    }

    Writer::Change inserting(int id, Effect effect) {
        return [this, id, effect] {
            insert_->run(id);
            return effect;
        };
    }

    /// The ids that are stored, as seen once the writer is done.
    std::string stored() {
        writer_.reset();
        return database_.text("SELECT group_concat(id) FROM (SELECT id FROM parents ORDER BY id)");
    }

    net::io_context context_;  // first: the writer may still be busy with an answer to it
    test::TempFolder folder_;
    Database database_{folder_ / "test.db", Database::Access::read_write};
    std::optional<Statement> insert_;
    std::optional<Statement> orphan_;
    std::unique_ptr<Writer> writer_;

private:
    std::promise<void> gate_;
    Answer held_;
};

TEST_F(WriterGroups, AChangeThatFailsDoesNotSpoilItsGroup) {
    start();
    hold();
    Answer first = submit(inserting(1, Effect::visible));
    Answer twice = submit([this] {
        insert_->run(2);
        insert_->run(1);
        return Effect::visible;
    });
    Answer thrown = submit([this]() -> Effect {
        insert_->run(3);
        throw std::runtime_error("a broken promise");
    });
    Answer last = submit(inserting(4, Effect::hidden));
    release();
    EXPECT_TRUE(first.get());
    EXPECT_EQ(twice.get().error().code, ErrorCode::internal);
    const Result<void> broken = thrown.get();
    EXPECT_EQ(broken.error().code, ErrorCode::internal);
    EXPECT_EQ(broken.error().message, "a broken promise");
    EXPECT_TRUE(last.get());
    EXPECT_EQ(stored(), "1,4");
}

TEST_F(WriterGroups, AChangeWithoutEffectIsUndone) {
    start();
    EXPECT_TRUE(test::run_coroutine(writer_->commit(inserting(1, Effect::none))));
    EXPECT_TRUE(test::run_coroutine(writer_->commit(inserting(2, Effect::hidden))));
    EXPECT_EQ(stored(), "2");
}

TEST_F(WriterGroups, AFailedCommitIsUnavailableForEverybodyInItsGroup) {
    start();
    hold();
    Answer good = submit(inserting(1, Effect::visible));
    Answer bad = submit([this] {
        orphan_->run();
        return Effect::visible;
    });
    release();
    EXPECT_EQ(good.get().error().code, ErrorCode::unavailable);
    EXPECT_EQ(bad.get().error().code, ErrorCode::unavailable);
    EXPECT_EQ(writer_->version(), 1);
    EXPECT_TRUE(test::run_coroutine(writer_->commit(inserting(2, Effect::visible))));
    EXPECT_EQ(stored(), "2");
}

TEST_F(WriterGroups, AboveItsBoundTheQueueIsUnavailable) {
    start(2);
    hold();
    Answer first = submit(inserting(1, Effect::hidden));
    Answer second = submit(inserting(2, Effect::hidden));
    Answer third = submit(inserting(3, Effect::hidden));
    release();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_EQ(third.get().error().code, ErrorCode::unavailable);
    EXPECT_EQ(stored(), "1,2");
}

TEST_F(WriterGroups, AGroupIsOneCommitAndOneVersion) {
    start();
    hold();
    Answer first = submit(inserting(1, Effect::visible));
    Answer second = submit(inserting(2, Effect::visible));
    release();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_EQ(writer_->version(), 2);
    EXPECT_TRUE(test::run_coroutine(writer_->commit(inserting(3, Effect::hidden))));
    EXPECT_EQ(writer_->version(), 2);
}

/// Whether it goes on in `context` once it is answered.
net::awaitable<bool> goes_on_in(net::io_context& context, Writer& writer, Writer::Change change) {
    const Result<void> written = co_await writer.commit(std::move(change));
    co_return (written && context.get_executor().running_in_this_thread());
}

TEST_F(WriterGroups, EachOfAGroupGoesOnWhereItWaits) {
    start();
    hold();
    net::io_context other;
    const auto submit_to = [this](net::io_context& context, int id) {
        auto answer = net::co_spawn(
            context, goes_on_in(context, *writer_, inserting(id, Effect::hidden)), net::use_future
        );
        context.poll();
        return answer;
    };
    std::future<bool> first = submit_to(context_, 1);
    std::future<bool> second = submit_to(other, 2);
    std::future<bool> third = submit_to(context_, 3);
    release();
    other.run();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_TRUE(third.get());
    EXPECT_EQ(stored(), "1,2,3");
}

TEST_F(WriterGroups, AGroupIsFlushedWhereOneOfItIsToBe) {
    constexpr std::int64_t normal = 1;
    constexpr std::int64_t full = 2;
    std::vector<std::int64_t> levels;
    const auto noting = [this, &levels] {
        levels.push_back(database_.integer("PRAGMA synchronous"));
        return Effect::hidden;
    };
    start();
    hold();
    Answer later = submit(noting, Durability::later);
    Answer now = submit(noting, Durability::now);
    release();
    EXPECT_TRUE(later.get());
    EXPECT_TRUE(now.get());
    EXPECT_TRUE(test::run_coroutine(writer_->commit(noting, Durability::later)));
    EXPECT_TRUE(test::run_coroutine(writer_->commit(noting, Durability::now)));
    EXPECT_EQ(levels, (std::vector{full, full, normal, full}));
}

TEST_F(WriterGroups, LogIsCopiedIntoTheFileWhileNothingWaits) {
    constexpr std::size_t much = 8000000;
    keep_log();
    start();
    submit([this] {
        database_.execute("INSERT INTO large VALUES (zeroblob(8000000))");
        return Effect::hidden;
    });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::filesystem::file_size(folder_ / "test.db") < much &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_GE(std::filesystem::file_size(folder_ / "test.db"), much);
    writer_.reset();
    EXPECT_EQ(database_.log_pages(), 0);
}

TEST_F(WriterGroups, LogIsCopiedIntoTheFileWhileTheWritesGoOn) {
    start_to_copy_beside_the_writes(LogLimits{}.rest);
    constexpr int most = 5000;
    int before = 0;
    int added = 0;
    while (database_.log_pages() >= before && added < most) {
        before = database_.log_pages();
        ASSERT_TRUE(test::run_coroutine(writer_->commit(adding_much())));
        ++added;
    }
    ASSERT_TRUE(test::run_coroutine(writer_->commit(adding_much())));
    ++added;
    EXPECT_LT(database_.log_pages(), before) << "the log did not begin anew";
    EXPECT_EQ(database_.integer("SELECT count(*) FROM large"), added);
    writer_.reset();
    EXPECT_EQ(database_.text("PRAGMA integrity_check"), "ok");
}

// With no rest to wait for it is always one of those that go on beside the writes.
TEST_F(WriterGroups, WhatIsWrittenDuringACopyIsCopiedBesideTheWritesToo) {
    start_to_copy_beside_the_writes(0);
    constexpr int most = 5000;
    constexpr std::size_t three_copies = 3 * 1000 * 4096;
    int added = 0;
    while (std::filesystem::file_size(folder_ / "test.db") < three_copies && added < most) {
        const int before = database_.log_pages();
        ASSERT_TRUE(test::run_coroutine(writer_->commit(adding_much())));
        ++added;
        ASSERT_GE(database_.log_pages(), before) << "the writes waited for a copy";
    }
    EXPECT_LT(added, most);
}

TEST(LogLimitsOnDisk, AreAnEighthOfWhatIsFreeAndNoMoreThanTheDefault) {
    const LogLimits usual;
    EXPECT_EQ(limits_on_disk(std::uintmax_t{1} << 40).most, usual.most);
    EXPECT_EQ(limits_on_disk(std::uintmax_t{1} << 40).many, usual.many);
    const LogLimits of_two_gibibytes = limits_on_disk(std::uintmax_t{2} << 30);
    EXPECT_EQ(of_two_gibibytes.most, 65536);
    EXPECT_EQ(of_two_gibibytes.many, 49152);
    EXPECT_EQ(limits_on_disk(0).most, 16384);
    EXPECT_EQ(limits_on_disk(0).many, 12288);
}

TEST_F(WriterGroups, TheDestructorWritesWhatWaits) {
    start();
    Answer answer = submit(inserting(1, Effect::hidden));
    EXPECT_EQ(stored(), "1");
    context_.restart();
    context_.run();
    EXPECT_TRUE(answer.get());
}

}  // namespace
}  // namespace slipway::store
