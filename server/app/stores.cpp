#include "server/app/stores.hpp"

#include "core/base/result.hpp"
#include "server/base/clock.hpp"
#include "server/config/config.hpp"
#include "server/store/postgres_store.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/store.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/error_code.hpp>

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace slipway::app {
namespace {

constexpr std::string_view sqlite_scheme = "sqlite:";

Result<void> make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        return fail(
            ErrorCode::unavailable, "making the folder " + folder.string() + ": " + error.message()
        );
    }
    return {};
}

Result<std::unique_ptr<store::Store>> open_postgres(const config::Config& config) {
    store::PostgresOptions options{.url = config.store, .password = config.store_password.reveal()};
    return store::open_postgres_store(std::move(options));
}

}  // namespace

bool is_shared(const config::Config& config) {
    return !config.store.empty() && !config.store.starts_with(sqlite_scheme);
}

std::string worker_name(const config::Config& config) {
    if (!config.replica.empty()) {
        return config.replica;
    }
    boost::system::error_code error;
    const std::string host = is_shared(config) ? boost::asio::ip::host_name(error) : "";
    return host.empty() ? "slipway" : host;
}

Result<std::unique_ptr<store::Store>> open_store(
    const config::Config& config, boost::asio::thread_pool& reading, const Clock& clock
) {
    if (auto made = make_folder(config.data); !made) {
        return std::unexpected(made.error());
    }
    if (is_shared(config)) {
        return open_postgres(config);
    }
    const std::filesystem::path file =
        config.store.empty() ? config.data / "slipway.db"
                             : std::filesystem::path(config.store.substr(sqlite_scheme.size()));
    if (auto made = make_folder(file.parent_path()); !made) {
        return std::unexpected(made.error());
    }
    return store::open_sqlite_store(file, reading, clock);
}

}  // namespace slipway::app
