#include "server/api/answers.hpp"
#include "server/api/api.hpp"
#include "server/api/badge.hpp"
#include "server/api/build_json.hpp"
#include "server/api/handlers.hpp"
#include "server/api/query.hpp"
#include "server/http/message.hpp"
#include "server/http/problem.hpp"
#include "server/http/router.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::api {
namespace {

constexpr int most_entries = 1000;
constexpr std::string_view svg = ".svg";
constexpr std::string_view json = ".json";

/// `python.svg` without its ending; empty: it has none of the two.
std::string name_of(const std::string& badge) {
    for (const std::string_view ending : {svg, json}) {
        if (badge.size() > ending.size() && badge.ends_with(ending)) {
            return badge.substr(0, badge.size() - ending.size());
        }
    }
    return {};
}

http::Response no_such_badge() {
    return not_found("a badge is /badges/REPOSITORY/FOLDER.svg, /badges/REPOSITORY.svg, or .json");
}

http::Response answer(const http::Request& request, const Badge& badge) {
    const bool is_svg = request.path.ends_with(svg);
    http::Response response{
        .status = 200,
        .content_type = is_svg ? "image/svg+xml; charset=utf-8" : "application/json",
        .headers = {{"Cache-Control", "no-cache, max-age=60"}},
        .body = is_svg ? to_svg(badge) : to_text(to_json(badge)),
    };
    return with_etag(request, std::move(response));
}

/// The one on the branch that is asked for; else on main or master, else what was pushed last.
const store::LedgerEntry* choose(const std::vector<store::LedgerEntry>& entries) {
    for (const std::string_view ref : {"refs/heads/main", "refs/heads/master"}) {
        const auto found = std::ranges::find(entries, ref, &store::LedgerEntry::ref);
        if (found != entries.end()) {
            return &*found;
        }
    }
    const auto last = std::ranges::max_element(entries, {}, &store::LedgerEntry::pushed);
    return last == entries.end() ? nullptr : &*last;
}

std::string branch_of(const http::Request& request) {
    return full_ref(text_of(request, "branch"));
}

}  // namespace

net::awaitable<http::Response> show_badge(
    Context& context, http::Request request, http::PathValues values
) {
    const std::string name = name_of(values["badge"]);
    if (name.empty()) {
        co_return no_such_badge();
    }
    store::LedgerQuery query;
    query.repository = values["repository"];
    query.ref = branch_of(request);
    query.folder = shown_folder(name);
    query.limit = most_entries;
    const auto entries = co_await context.store.ledger(query);
    if (!entries) {
        co_return http::problem(entries.error());
    }
    const std::string label = query.folder == "." ? query.repository : query.folder;
    co_return answer(request, badge_of_image(label, choose(*entries)));
}

net::awaitable<http::Response> show_branch_badge(
    Context& context, http::Request request, http::PathValues values
) {
    store::LedgerQuery query;
    query.repository = name_of(values["badge"]);
    if (query.repository.empty()) {
        co_return no_such_badge();
    }
    query.ref = branch_of(request);
    query.limit = most_entries;
    const auto known = co_await context.store.ledger(query);
    if (!known) {
        co_return http::problem(known.error());
    }
    const store::LedgerEntry* const chosen = choose(*known);
    query.ref = chosen == nullptr ? query.ref : chosen->ref;
    query.owed_only = true;
    const auto owed = co_await context.store.ledger(query);
    if (!owed) {
        co_return http::problem(owed.error());
    }
    const std::string label =
        text_of(request, "branch").empty() ? query.repository : text_of(request, "branch");
    co_return answer(request, badge_of_branch(label, *owed, query.limit, chosen != nullptr));
}

}  // namespace slipway::api
