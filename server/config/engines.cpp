#include "server/config/engines.hpp"

#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/values.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::config {
namespace {

constexpr std::string_view unix_scheme = "unix://";

/// Whether it looks like an engine's address; reported where not. The adapter looks closer.
bool check_engine_address(Reader& reader, const Text& text) {
    const std::string_view value = text.value;
    if ((value.starts_with(unix_scheme) && value.substr(unix_scheme.size()).starts_with('/')) ||
        value.starts_with("tcp://") || value.starts_with("https://")) {
        return true;
    }
    reader.error(
        text,
        "'" + text.value +
            "' is no engine's address; write unix:///var/run/docker.sock or tcp://host:2376"
    );
    return false;
}

void read_prune(Reader reader, Prune& target) {
    read_interval(reader, "after", target.after);
    read_size(reader, "disk", target.disk_bytes);
    reader.finish();
}

Engine read_engine(Reader& reader, Names& names) {
    Engine engine;
    if (const auto name = reader.required("name")) {
        names.add(reader, *name);
        engine.name = name->value;
    }
    if (const auto address = reader.required("address");
        address && check_engine_address(reader, *address)) {
        engine.address = address->value;
    }
    read_path(reader, "certificates", engine.certificates);
    read_number(reader, "builds", engine.builds, 1);
    read_number(reader, "weight", engine.weight, 1);
    read_texts(reader, "labels", engine.labels);
    read_truth(reader, "drain", engine.drain);
    read_text(reader, "network", engine.network);
    read_size(reader, "memory", engine.memory_bytes);
    read_thousandths(reader, "cpus", engine.cpu_millis);
    read_size(reader, "shm_size", engine.shm_bytes);
    read_prune(reader.map("prune"), engine.prune);
    constexpr std::array builders = {
        std::pair{std::string_view("buildkit"), Builder::buildkit},
        std::pair{std::string_view("classic"), Builder::classic},
    };
    read_choice(reader, "builder", engine.builder, builders);
    reader.finish();
    return engine;
}

Engine default_engine(Reader& reader) {
    Engine engine = {.name = "local", .address = "unix:///var/run/docker.sock"};
    const auto host = reader.notes().environment("DOCKER_HOST");
    if (host && !host->empty() &&
        check_engine_address(reader, {.value = *host, .path = "DOCKER_HOST"})) {
        engine.address = *host;
    }
    const auto folder = reader.notes().environment("DOCKER_CERT_PATH");
    if (folder && !folder->empty() && !engine.address.starts_with(unix_scheme)) {
        engine.certificates = *folder;
    }
    return engine;
}

}  // namespace

void read_engines(Reader& reader, std::vector<Engine>& target) {
    Names names;
    auto engines = reader.maps("engines");
    for (Reader& engine : engines.value_or(std::vector<Reader>{})) {
        target.push_back(read_engine(engine, names));
    }
    if (!engines || engines->empty()) {
        target = {default_engine(reader)};
    }
}

}  // namespace slipway::config
