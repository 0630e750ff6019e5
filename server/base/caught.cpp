#include "server/base/caught.hpp"

#include "core/base/result.hpp"

#include <boost/system/system_error.hpp>

#include <exception>
#include <new>
#include <system_error>

namespace slipway {
namespace {

/// What others give back when they end.
bool is_shortage(const std::error_code& code) {
    return code == std::errc::resource_unavailable_try_again ||
           code == std::errc::not_enough_memory || code == std::errc::too_many_files_open ||
           code == std::errc::too_many_files_open_in_system;
}

/// None where it has no code.
std::error_code code_of(const std::exception& thrown) {
    if (const auto* const error = dynamic_cast<const std::system_error*>(&thrown)) {
        return error->code();
    }
    if (const auto* const error = dynamic_cast<const boost::system::system_error*>(&thrown)) {
        return error->code();
    }
    return {};
}

}  // namespace

Error error_of(const std::exception& thrown) {
    if (dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr) {
        return {
            .code = ErrorCode::unavailable,
            .message = "there was not enough memory; give slipway more, or let fewer builds run"
        };
    }
    Error error{.message = thrown.what()};
    if (is_shortage(code_of(thrown))) {
        error.code = ErrorCode::unavailable;
        error.message +=
            "; give slipway more memory, threads or open files, or let fewer builds run";
    }
    return error;
}

}  // namespace slipway
