#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/handlers.hpp"
#include "server/api/ledger_json.hpp"
#include "server/api/query.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <expected>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

using nlohmann::ordered_json;

/// A page of the ledger: the cursor is how many entries come before it.
std::expected<store::LedgerQuery, http::Response> ledger_query(
    const http::Request& request, const Page& page
) {
    if (page.cursor > std::numeric_limits<int>::max()) {
        return std::unexpected(bad_query("cursor"));
    }
    return store::LedgerQuery{
        .repository = text_of(request, "repository"),
        .ref = full_ref(text_of(request, "ref")),
        .limit = page.limit,
        .offset = static_cast<int>(page.cursor),
    };
}

using Convert = ordered_json (*)(const store::LedgerEntry&);

/// A list of entries of the ledger.
struct Listing {
    const char* path = nullptr;
    const char* field = nullptr;
    Convert convert = nullptr;
    bool owed_only = false;
    int usual = 50;
    int most = 200;
};

ordered_json list_of(const std::vector<store::LedgerEntry>& entries, Convert convert) {
    ordered_json list = ordered_json::array();
    for (const store::LedgerEntry& entry : entries) {
        list.push_back(convert(entry));
    }
    return list;
}

std::string page_behind(
    const Listing& listing, std::size_t entries, const Page& page, const store::LedgerQuery& query
) {
    if (entries < static_cast<std::size_t>(page.limit)) {
        return {};
    }
    return next_page(
        listing.path,
        page,
        page.cursor + page.limit,
        {{"repository", query.repository}, {"ref", query.ref}}
    );
}

net::awaitable<http::Response> list_ledger(
    Context& context, http::Request request, Listing listing
) {
    const auto page = page_of(request, listing.usual, listing.most);
    if (!page) {
        co_return page.error();
    }
    auto query = ledger_query(request, *page);
    if (!query) {
        co_return std::move(query.error());
    }
    query->owed_only = listing.owed_only;
    const auto entries = co_await context.store.ledger(*query);
    if (!entries) {
        co_return http::problem(entries.error());
    }
    const ordered_json json = {{listing.field, list_of(*entries, listing.convert)}};
    co_return with_next(json, page_behind(listing, entries->size(), *page, *query));
}

ordered_json history_json(const std::vector<std::chrono::milliseconds>& durations) {
    ordered_json list = ordered_json::array();
    for (const std::chrono::milliseconds took : durations) {
        list.push_back({{"duration_ms", took.count()}});
    }
    return list;
}

}  // namespace

net::awaitable<http::Response> list_owed(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const Listing listing{
        .path = "/api/v1/owed",
        .field = "owed",
        .convert = to_owed_json,
        .owed_only = true,
        .usual = 1000,
        .most = 1000
    };
    return list_ledger(context, std::move(request), listing);
}

net::awaitable<http::Response> list_images(
    Context& context, http::Request request, http::PathValues /*values*/
) {
    const Listing listing{.path = "/api/v1/images", .field = "images", .convert = to_json};
    return list_ledger(context, std::move(request), listing);
}

net::awaitable<http::Response> show_image(
    Context& context, http::Request request, http::PathValues values
) {
    store::LedgerQuery query;
    query.repository = values["repository"];
    query.ref = full_ref(text_of(request, "ref"));
    query.folder = shown_folder(values["folder"]);
    const auto entries = co_await context.store.ledger(query);
    if (!entries) {
        co_return http::problem(entries.error());
    }
    if (entries->empty()) {
        co_return not_found("nothing was ever to be pushed of this folder");
    }
    const auto durations = co_await context.store.durations(query.repository, query.folder);
    if (!durations) {
        co_return http::problem(durations.error());
    }
    const ordered_json json = {
        {"repository", query.repository},
        {"folder", query.folder},
        {"images", list_of(*entries, to_json)},
        {"history", history_json(*durations)},
    };
    co_return with_json(200, json);
}

}  // namespace slipway::api
