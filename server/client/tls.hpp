#pragma once

#include "core/base/result.hpp"

#include <boost/asio/ssl/context.hpp>

#include <filesystem>
#include <map>
#include <memory>

namespace slipway::client {

namespace ssl = boost::asio::ssl;

/// What TLS trusts: the system's certificate authorities and one file more. Each is read when it is
/// first needed, since a command that asks no registry must not pay for it, and kept from then on.
class TlsContexts {
public:
    /// TLS 1.2 or newer, verifying. `ca_file` is PEM; empty: only the system's. Errors: `failed`
    /// (the file can't be read; it is tried again at the next call).
    [[nodiscard]] Result<std::shared_ptr<ssl::context>> get(const std::filesystem::path& ca_file);

private:
    std::map<std::filesystem::path, std::shared_ptr<ssl::context>> contexts_;
};

}  // namespace slipway::client
