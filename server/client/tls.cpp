#include "server/client/tls.hpp"

#include "core/base/result.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <boost/system/error_code.hpp>  // IWYU pragma: keep

#include <filesystem>
#include <memory>
#include <openssl/ssl.h>

namespace slipway::client {

Result<std::shared_ptr<ssl::context>> TlsContexts::get(const std::filesystem::path& ca_file) {
    if (const auto known = contexts_.find(ca_file); known != contexts_.end()) {
        return known->second;
    }
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(ssl::verify_peer);
    boost::system::error_code error;
    context->set_default_verify_paths(error);
    if (!error && !ca_file.empty()) {
        context->load_verify_file(ca_file.string(), error);
    }
    if (error) {
        return fail(
            ErrorCode::failed,
            "reading the certificate authorities '" + ca_file.string() + "': " + error.message() +
                "; is it a readable PEM file?"
        );
    }
    contexts_.emplace(ca_file, context);
    return context;
}

}  // namespace slipway::client
