#include "server/reports/webhook.hpp"

#include "core/base/result.hpp"
#include "core/wire/signature.hpp"
#include "server/client/deadline.hpp"
#include "server/client/http_exchange.hpp"
#include "server/client/tls.hpp"
#include "server/client/web_address.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <utility>

namespace slipway::reports {
namespace {

namespace http = boost::beast::http;

constexpr std::chrono::seconds deadline{15};
constexpr std::size_t most_answer_bytes = std::size_t{1} << 20U;

Result<client::HttpRequest> to_request(const Webhook& webhook, std::chrono::sys_seconds now) {
    auto url = client::parse_web_url(webhook.url);
    if (!url) {
        return std::unexpected(url.error());
    }
    const auto key = wire::signing_key(webhook.signing_key);
    if (!key) {
        return fail(ErrorCode::failed, "its signing_key is not 'whsec_' and base64");
    }
    const std::string timestamp = std::to_string(now.time_since_epoch().count());
    client::HttpRequest request;
    request.method = http::verb::post;
    request.url = *std::move(url);
    request.content_type = "application/json";
    request.headers = {
        {"webhook-id", webhook.id},
        {"webhook-timestamp", timestamp},
        {"webhook-signature", wire::sign(*key, webhook.id, timestamp, webhook.body)},
    };
    request.body = webhook.body;
    request.trace = webhook.trace;
    return request;
}

Result<void> judge(const client::HttpAnswer& answer) {
    const unsigned status = answer.result_int();
    if (status >= 200 && status < 300) {
        return {};
    }
    const bool is_for_good = status == 410 || (status >= 300 && status < 400);
    std::string words = "it answered " + std::to_string(status) + " ";
    words += http::obsolete_reason(answer.result());
    return std::unexpected(Error{
        .code = is_for_good ? ErrorCode::failed : ErrorCode::unavailable,
        .message = std::move(words),
        .retry_after = client::asked_wait(answer),
    });
}

}  // namespace

net::awaitable<Result<void>> send_webhook(
    client::TlsContexts& tls, Webhook webhook, std::chrono::sys_seconds now
) {
    auto request = to_request(webhook, now);
    if (!request) {
        co_return fail_within("notifying " + webhook.url, request.error());
    }
    const std::string doing = "notifying " + client::authority_of(request->url);
    std::shared_ptr<boost::asio::ssl::context> context;
    if (client::is_tls(request->url)) {
        auto found = tls.get({});
        if (!found) {
            co_return fail_within(doing, found.error());
        }
        context = *found;
    }
    auto exchange = client::http_exchange(*std::move(request), context, most_answer_bytes);
    const auto answer =
        co_await client::within(std::chrono::milliseconds(deadline), std::move(exchange));
    if (!answer) {
        co_return fail_within(doing, answer.error());
    }
    const Result<void> verdict = judge(*answer);
    if (!verdict) {
        co_return fail_within(doing, verdict.error());
    }
    co_return verdict;
}

}  // namespace slipway::reports
