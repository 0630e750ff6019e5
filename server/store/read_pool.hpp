#pragma once

#include "core/base/result.hpp"
#include "server/store/dialects.hpp"
#include "server/store/image_table.hpp"
#include "server/store/reads.hpp"
#include "server/store/sqlite.hpp"

#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace slipway::store {

/// Connections for reading, each lent to one thread at a time: there are never more than threads
/// that read at once.
class ReadPool {
public:
    explicit ReadPool(std::filesystem::path file) : file_(std::move(file)) {}

    /// Calls `work(Reads<Sqlite>&)`, which returns a value or a Result, on a connection of the
    /// pool. Thread-safe.
    template <class Value, class Work>
    Result<Value> read(const Work& work) {
        try {
            std::unique_ptr<Reader> reader = borrow();
            Result<Value> result;
            {
                // One transaction, so that all parts of the answer are of the same moment.
                const Transaction transaction(reader->database, Transaction::Kind::read);
                result = work(reader->reads);
            }
            give_back(std::move(reader));
            return result;
        } catch (const SqliteFailure& failure) {
            return fail_within(doing(), failure.error());
        } catch (const std::exception& exception) {
            return fail(ErrorCode::internal, doing() + ": " + exception.what());
        }
    }

private:
    struct Reader {
        Reader(const std::filesystem::path& file, ImageTable& table)
            : database(file, Database::Access::read_only), reads(database, table) {}

        Database database;
        Reads<Sqlite> reads;
    };

    [[nodiscard]] std::string doing() const { return "reading the store '" + file_.string() + "'"; }

    std::unique_ptr<Reader> borrow() {
        {
            const std::scoped_lock lock(mutex_);
            if (!idle_.empty()) {
                std::unique_ptr<Reader> reader = std::move(idle_.back());
                idle_.pop_back();
                return reader;
            }
        }
        return std::make_unique<Reader>(file_, table_);
    }

    void give_back(std::unique_ptr<Reader> reader) {
        const std::scoped_lock lock(mutex_);
        idle_.push_back(std::move(reader));
    }

    const std::filesystem::path file_;
    ImageTable table_;
    std::mutex mutex_;  // guards the next one
    std::vector<std::unique_ptr<Reader>> idle_;
};

}  // namespace slipway::store
