#include "server/planning/catalog_cache.hpp"

#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/model/object_id.hpp"
#include "server/base/environment.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::planning {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".catalog";

/// FNV-1a. Names a folder, guards nothing: a catalog says by itself what it is.
std::string short_hash(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) {
        hex += digits[(hash >> static_cast<unsigned>(shift)) & 0xfU];
    }
    return hex;
}

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&&) = delete;
    Descriptor& operator=(Descriptor&&) = delete;

    ~Descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }

    [[nodiscard]] int get() const { return value_; }

private:
    int value_;
};

std::optional<catalog::Catalog> map_file(const fs::path& file) {
    const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) < 0 || status.st_size <= 0) {
        return std::nullopt;
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const memory =
        ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor.get(), 0);
    if (memory == MAP_FAILED) {
        return std::nullopt;
    }
    const std::shared_ptr<const void> owner(memory, [size](const void* mapped) {
        ::munmap(const_cast<void*>(mapped), size);
    });
    auto catalog = catalog::Catalog::from_bytes({static_cast<const char*>(memory), size}, owner);
    return catalog ? std::optional(std::move(*catalog)) : std::nullopt;
}

bool write_file(const fs::path& file, std::string_view bytes) {
    const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
    );
    while (descriptor.get() >= 0 && !bytes.empty()) {
        const ssize_t written = ::write(descriptor.get(), bytes.data(), bytes.size());
        if (written <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    // Not synced: what a power cut leaves half written fails its checksum, and is read from git
    // again.
    return descriptor.get() >= 0;
}

struct Found {
    fs::file_time_type used;
    fs::path file;
};

/// The catalogs of a folder, the most recently used first.
std::vector<Found> list(const fs::path& folder) {
    std::vector<Found> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->path().extension() == suffix) {
            found.push_back({entry->last_write_time(ignored), entry->path()});
        }
    }
    std::ranges::sort(found, [](const Found& left, const Found& right) {
        return left.used > right.used;
    });
    return found;
}

}  // namespace

CatalogCache::CatalogCache(
    const fs::path& folder, const std::string& repository, const catalog::CatalogOptions& options
) {
    if (folder.empty()) {
        return;
    }
    std::string key = repository + '\n' + options.default_registry;
    for (const std::vector<std::string>* const list :
         {&options.allowed_registries, &options.roots}) {
        key += '\n';
        for (const std::string& entry : *list) {
            key += '\n' + entry;
        }
    }
    folder_ = folder / short_hash(key);
}

fs::path CatalogCache::file_of(const model::ObjectId& root) const {
    return folder_ / (to_string(root) + std::string(suffix));
}

std::optional<catalog::Catalog> CatalogCache::load(const model::ObjectId& root) const {
    if (folder_.empty()) {
        return std::nullopt;
    }
    const fs::path file = file_of(root);
    auto catalog = map_file(file);
    if (catalog) {
        ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0);  // used now: the last to be dropped
    }
    return catalog;
}

std::optional<std::pair<model::ObjectId, catalog::Catalog>> CatalogCache::load_latest() const {
    if (folder_.empty()) {
        return std::nullopt;
    }
    for (const Found& found : list(folder_)) {
        const auto root = model::parse_object_id(found.file.stem().string());
        auto catalog = root ? map_file(found.file) : std::nullopt;
        if (catalog) {
            return std::pair(*root, std::move(*catalog));
        }
    }
    return std::nullopt;
}

void CatalogCache::store(const model::ObjectId& root, const catalog::Catalog& catalog) const {
    constexpr std::size_t kept = 16;
    std::error_code error;
    if (folder_.empty() || (!fs::create_directories(folder_, error) && error)) {
        return;
    }
    const fs::path file = file_of(root);
    fs::path unfinished = file;
    unfinished += "." + std::to_string(::getpid()) + ".new";
    if (write_file(unfinished, catalog.bytes())) {
        fs::rename(unfinished, file, error);
    } else {
        fs::remove(unfinished, error);
    }
    const std::vector<Found> found = list(folder_);
    for (std::size_t i = kept; i < found.size(); ++i) {
        fs::remove(found[i].file, error);
    }
}

fs::path user_cache_folder() {
    if (const auto own = variable("SLIPWAY_CACHE")) {
        return *own;
    }
    if (const auto xdg = variable("XDG_CACHE_HOME"); xdg && !xdg->empty()) {
        return fs::path(*xdg) / "slipway";
    }
    const auto home = variable("HOME");
    return home && !home->empty() ? fs::path(*home) / ".cache" / "slipway" : fs::path();
}

}  // namespace slipway::planning
