#include "core/base/result.hpp"
#include "core/base/strong_id.hpp"
#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/delivery_json.hpp"
#include "server/api/handlers.hpp"
#include "server/api/ignored.hpp"
#include "server/api/new_build.hpp"
#include "server/api/query.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

std::string page_behind(
    const std::vector<store::Delivery>& deliveries, const Page& page, const std::string& repository
) {
    if (deliveries.size() < static_cast<std::size_t>(page.limit)) {
        return {};
    }
    return next_page(
        "/api/v1/deliveries", page, deliveries.back().id.value, {{"repository", repository}}
    );
}

http::Response problem_of_delivery(const Error& error) {
    return error.code == ErrorCode::not_found ? not_found("there is no delivery of this id")
                                              : http::problem(error);
}

/// Errors: `conflict`: it would make no build today either, as it was told then if it made none.
Result<store::NewBuild> replay_of(const config::Config& config, const store::Delivery& delivery) {
    const auto repository =
        std::ranges::find(config.repositories, delivery.repository, &config::Repository::name);
    if (repository == config.repositories.end()) {
        return fail(ErrorCode::conflict, "the delivery's repository is not configured any more");
    }
    const std::string reason = reason_to_ignore(
        *repository, {delivery.event, delivery.ref, delivery.before, delivery.after}
    );
    if (!reason.empty()) {
        return fail(ErrorCode::conflict, delivery.reason.empty() ? reason : delivery.reason);
    }
    return store::NewBuild{
        .repository = delivery.repository,
        .ref = delivery.ref,
        .before = delivery.before,
        .after = delivery.after,
        .trigger = store::Trigger::push,
        .folders = {},
    };
}

}  // namespace

net::awaitable<http::Response> list_deliveries(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const auto page = page_of(request);
    if (!page) {
        co_return page.error();
    }
    store::DeliveryQuery query;
    query.limit = page->limit;
    query.repository = text_of(request, "repository");
    if (page->cursor > 0) {
        query.older_than = DeliveryId{page->cursor};
    }
    const auto deliveries = co_await context.store.deliveries(query);
    if (!deliveries) {
        co_return http::problem(deliveries.error());
    }
    ordered_json json = {{"deliveries", ordered_json::array()}};
    for (const store::Delivery& delivery : *deliveries) {
        json["deliveries"].push_back(to_json(delivery));
    }
    co_return with_next(std::move(json), page_behind(*deliveries, *page, query.repository));
}

net::awaitable<http::Response> show_delivery(
    Context& context, http::Request /*request*/, http::PathValues values
) {
    const DeliveryId id{parse_number(values["id"]).value_or(0)};
    const auto delivery = co_await context.store.delivery(id);
    co_return delivery ? with_json(200, to_json(*delivery)) : problem_of_delivery(delivery.error());
}

net::awaitable<http::Response> replay_delivery(
    Context& context, http::Request request, http::PathValues values
) {
    auto asking = asking_of(request);
    if (!asking) {
        co_return std::move(asking.error());
    }
    const DeliveryId id{parse_number(values["id"]).value_or(0)};
    const auto delivery = co_await context.store.delivery(id);
    if (!delivery) {
        co_return problem_of_delivery(delivery.error());
    }
    auto build = replay_of(context.config.current(), *delivery);
    if (!build) {
        co_return http::problem(build.error());
    }
    co_return co_await ask_for(context, std::move(*build), std::move(*asking));
}

}  // namespace slipway::api
