#pragma once

#include "server/http/message.hpp"
#include "server/http/router.hpp"

#include <type_traits>

namespace slipway::http::test {

/// A Handler of a coroutine that takes a Request, PathValues or nothing.
template <class Coroutine>
Handler handler_of(Coroutine coroutine) {
    return [coroutine](const Request& request, const PathValues& values) {
        if constexpr (std::is_invocable_v<Coroutine, Request>) {
            return coroutine(request);
        } else if constexpr (std::is_invocable_v<Coroutine, PathValues>) {
            return coroutine(values);
        } else {
            return coroutine();
        }
    };
}

}  // namespace slipway::http::test
