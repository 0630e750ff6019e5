#include "server/http/refusals.hpp"

#include "server/http/message.hpp"
#include "server/http/problem.hpp"

#include <string_view>

namespace slipway::http {

Response timed_out(std::string_view what) {
    return problem(408, "timeout", "The request came too slowly", what);
}

Response target_too_long() {
    return problem(
        414,
        "target-too-long",
        "The address is too long",
        "The request target is longer than the limit."
    );
}

Response head_too_long() {
    return problem(
        431, "head-too-long", "The head is too long", "The header fields are longer than the limit."
    );
}

Response too_busy() {
    Response response = problem(
        503,
        "busy",
        "The server has too much to take in",
        "Others send as well, and this request was not complete: send it again."
    );
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

}  // namespace slipway::http
