#include "server/config/config.hpp"

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/source_errors.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::fuzz {
namespace {

constexpr std::string_view path = "slipway.yml";

config::ParsedConfig parse(std::string_view text) {
    return config::parse_config(text, path, "/nonexistent", [](std::string_view name) {
        return name == "HOME" ? std::optional<std::string>("/root") : std::nullopt;
    });
}

/// Secrets are the one thing that can't be read back: another one in the place of each.
std::string with_secrets(std::string yaml) {
    constexpr std::string_view redacted = "<redacted>";
    for (std::size_t at = yaml.find(redacted); at != std::string::npos;
         at = yaml.find(redacted, at)) {
        yaml.replace(at, redacted.size(), "whsec_c2VjcmV0");
    }
    return yaml;
}

/// What `--check` prints is the same configuration.
void check_printed(const config::Config& config) {
    const std::string yaml = config::to_yaml(config);
    const config::ParsedConfig again = parse(with_secrets(yaml));
    require(again.errors.empty(), "what is printed can be read");
    require(config::to_yaml(again.config) == yaml, "and is printed the same");
}

/// Its files are the owner's; a device among them would never end.
bool names_a_device(std::string_view text) {
    constexpr std::array<std::string_view, 3> folders = {"dev", "proc", "sys"};
    return std::ranges::any_of(folders, [&](std::string_view name) { return text.contains(name); });
}

}  // namespace

void check(std::string_view input) {
    if (names_a_device(input)) {
        return;
    }
    const config::ParsedConfig parsed = parse(input);
    check_errors(parsed.errors, input, path);
    require(std::ranges::is_sorted(parsed.errors), "errors are in the order of the file");
    if (parsed.errors.empty()) {
        check_printed(parsed.config);
    }
    for (const config::Repository& repository : parsed.config.repositories) {
        static_cast<void>(config::find_rule(repository, "feature/x"));
    }
}

}  // namespace slipway::fuzz
