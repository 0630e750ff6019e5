#pragma once

#include "core/base/result.hpp"
#include "server/base/credentials.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace slipway::registry {

/// The credentials of a Docker `config.json` (`auths` with `auth`, `username`/`password`,
/// `identitytoken`, `registrytoken`).
///
/// `registry` is the reference's domain; `docker.io` is looked up as `https://index.docker.io/v1/`.
/// First the exact key, then the first key whose host is the same. No file or no entry: empty
/// credentials. The file is read at every call, so a rotated secret needs no restart. Errors:
/// `invalid` (the file is not what it should be; the message never quotes it).
[[nodiscard]] Result<Credentials> find_credentials(
    const std::filesystem::path& config_folder, std::string_view registry
);

}  // namespace slipway::registry
