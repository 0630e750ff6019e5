#include "server/gitlab/gitlab_client.hpp"

#include "core/base/result.hpp"
#include "server/client/deadline.hpp"
#include "server/client/http_exchange.hpp"
#include "server/client/tls.hpp"
#include "server/client/web_address.hpp"
#include "server/gitlab/answer_error.hpp"
#include "server/gitlab/answers.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::gitlab {
namespace {

namespace http = boost::beast::http;
namespace urls = boost::urls;
using client::HttpAnswer;
using client::HttpRequest;
using Fields = std::vector<std::pair<std::string, std::string>>;

std::string_view to_string(StatusState state) {
    switch (state) {
        case StatusState::pending:
            return "pending";
        case StatusState::running:
            return "running";
        case StatusState::success:
            return "success";
        case StatusState::failed:
            return "failed";
        case StatusState::canceled:
            return "canceled";
    }
    return "";
}

/// `/projects/group%2Fproject/…`
std::string path_in(const Project& project, const std::string& rest) {
    return "/projects/" + urls::encode(project.path, urls::unreserved_chars) + "/" + rest;
}

std::string notes_path(const Project& project, std::int64_t merge_request) {
    return path_in(project, "merge_requests/" + std::to_string(merge_request) + "/notes");
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_success(const HttpAnswer& answer) {
    return answer.result_int() >= 200 && answer.result_int() < 300;
}

}  // namespace

struct GitlabClient::State {
    ClientLimits limits;
    client::TlsContexts tls;
    std::map<std::pair<std::string, std::string>, std::int64_t> users;  // url and token → its user

    [[nodiscard]] Result<HttpRequest> make_request(
        const Project& project, http::verb method, const std::string& path, const Fields& fields
    ) const {
        const std::string form = client::encode_form(fields);
        const bool in_query = method == http::verb::get && !form.empty();
        auto url = client::parse_web_url(
            project.url + "/api/v4" + path + (in_query ? "?" + form : std::string())
        );
        if (!url) {
            return std::unexpected(url.error());
        }
        if (!is_printable(project.token)) {
            return fail(ErrorCode::denied, "the token holds blanks or unprintable characters");
        }
        HttpRequest request;
        request.method = method;
        request.url = *std::move(url);
        request.authorization = "Bearer " + project.token;
        request.accept = "application/json";
        request.trace = project.trace;
        if (method != http::verb::get) {
            request.content_type = "application/x-www-form-urlencoded";
            request.body = form;
        }
        return request;
    }

    /// Any answer.
    net::awaitable<Result<HttpAnswer>> send(
        Project project, http::verb method, std::string path, Fields fields
    ) {
        auto request = make_request(project, method, path, fields);
        if (!request) {
            co_return std::unexpected(request.error());
        }
        std::shared_ptr<boost::asio::ssl::context> context;
        if (client::is_tls(request->url)) {
            auto found = tls.get({});
            if (!found) {
                co_return std::unexpected(found.error());
            }
            context = *found;
        }
        auto exchange = client::http_exchange(*std::move(request), context, limits.answer_bytes);
        co_return co_await client::within(limits.total, std::move(exchange));
    }

    /// An answer that is a success.
    net::awaitable<Result<HttpAnswer>> ask(
        Project project, http::verb method, std::string path, Fields fields
    ) {
        Result<HttpAnswer> answer =
            co_await send(std::move(project), method, std::move(path), std::move(fields));
        if (answer && !is_success(*answer)) {
            co_return std::unexpected(to_error(*answer));
        }
        co_return answer;
    }

    net::awaitable<Result<std::int64_t>> user_of(Project project) {
        const std::pair<std::string, std::string> key(project.url, project.token);
        if (const auto known = users.find(key); known != users.end()) {
            co_return known->second;
        }
        const Result<HttpAnswer> answer = co_await ask(project, http::verb::get, "/user", Fields{});
        if (!answer) {
            co_return std::unexpected(answer.error());
        }
        const Result<std::int64_t> id = read_user(answer->body());
        if (id) {
            users[key] = *id;
        }
        co_return id;
    }

    net::awaitable<Result<std::vector<std::int64_t>>> find_notes(
        Project project, std::string path, std::string marker
    ) {
        std::vector<std::int64_t> notes;
        const Result<std::int64_t> user = co_await user_of(project);
        if (!user) {
            co_return std::unexpected(user.error());
        }
        std::string page = "1";
        for (int number = 0; number < limits.pages && !page.empty(); ++number) {
            Fields fields{
                {"sort", "asc"}, {"order_by", "created_at"}, {"per_page", "100"}, {"page", page}
            };
            const Result<HttpAnswer> answer =
                co_await ask(project, http::verb::get, path, std::move(fields));
            if (!answer) {
                co_return std::unexpected(answer.error());
            }
            const auto found = find_own_notes(answer->body(), *user, marker);
            if (!found) {
                co_return std::unexpected(found.error());
            }
            notes.insert(notes.end(), found->begin(), found->end());
            page = (*answer)["X-Next-Page"];
        }
        if (!page.empty()) {
            co_return fail(ErrorCode::failed, "it has too many notes to look for ours");
        }
        co_return notes;
    }
};

GitlabClient::GitlabClient(ClientLimits limits) : state_(std::make_unique<State>()) {
    state_->limits = limits;
}

GitlabClient::~GitlabClient() = default;

net::awaitable<Result<void>> GitlabClient::set_status(Project project, CommitStatus status) {
    const std::string doing = "telling GitLab that " + status.name + " of " + status.commit +
                              " is " + std::string(to_string(status.state));
    Fields fields{{"state", std::string(to_string(status.state))}, {"name", status.name}};
    const auto add = [&fields](const char* key, const std::string& value) {
        if (!value.empty()) {
            fields.emplace_back(key, value);
        }
    };
    add("ref", status.ref);
    add("description", status.description);
    add("target_url", status.target_url);
    const std::string path = path_in(project, "statuses/" + status.commit);
    const Result<HttpAnswer> answer =
        co_await state_->send(std::move(project), http::verb::post, path, std::move(fields));
    if (!answer) {
        co_return fail_within(doing, answer.error());
    }
    if (!is_success(*answer) && !says_it_is_so_already(*answer)) {
        const Error error = to_error(*answer);
        co_return fail_within(doing, error);
    }
    co_return Result<void>();
}

net::awaitable<Result<std::vector<std::int64_t>>> GitlabClient::find_notes(
    Project project, std::int64_t merge_request, std::string marker
) {
    std::string path = notes_path(project, merge_request);
    auto found =
        co_await state_->find_notes(std::move(project), std::move(path), std::move(marker));
    if (!found) {
        co_return fail_within(
            "looking for our notes on merge request " + std::to_string(merge_request), found.error()
        );
    }
    co_return found;
}

net::awaitable<Result<void>> GitlabClient::create_note(
    Project project, std::int64_t merge_request, std::string body
) {
    const std::string path = notes_path(project, merge_request);
    Fields fields{{"body", std::move(body)}};
    const auto answer =
        co_await state_->ask(std::move(project), http::verb::post, path, std::move(fields));
    if (!answer) {
        co_return fail_within(
            "writing a note on merge request " + std::to_string(merge_request), answer.error()
        );
    }
    co_return Result<void>();
}

net::awaitable<Result<void>> GitlabClient::update_note(
    Project project, std::int64_t merge_request, std::int64_t note, std::string body
) {
    const std::string path = notes_path(project, merge_request) + "/" + std::to_string(note);
    Fields fields{{"body", std::move(body)}};
    const auto answer =
        co_await state_->ask(std::move(project), http::verb::put, path, std::move(fields));
    if (!answer) {
        co_return fail_within(
            "changing our note on merge request " + std::to_string(merge_request), answer.error()
        );
    }
    co_return Result<void>();
}

net::awaitable<Result<void>> GitlabClient::delete_note(
    Project project, std::int64_t merge_request, std::int64_t note
) {
    const std::string path = notes_path(project, merge_request) + "/" + std::to_string(note);
    const auto answer =
        co_await state_->ask(std::move(project), http::verb::delete_, path, Fields{});
    if (!answer && answer.error().code != ErrorCode::not_found) {
        co_return fail_within(
            "deleting a note of ours on merge request " + std::to_string(merge_request),
            answer.error()
        );
    }
    co_return Result<void>();
}

net::awaitable<Result<std::vector<Hook>>> GitlabClient::hooks(Project project) {
    const std::string doing = "asking for the webhooks of " + project.path;
    const std::string path = path_in(project, "hooks");
    Fields fields{{"per_page", "100"}};
    const auto answer =
        co_await state_->ask(std::move(project), http::verb::get, path, std::move(fields));
    if (!answer) {
        co_return fail_within(doing, answer.error());
    }
    co_return read_hooks(answer->body());
}

net::awaitable<Result<std::vector<MissedDelivery>>> GitlabClient::missed_deliveries(
    Project project, std::int64_t hook
) {
    const std::string doing = "asking for what a webhook of " + project.path + " did not deliver";
    const std::string path = path_in(project, "hooks/" + std::to_string(hook) + "/events");
    Fields fields{{"per_page", "20"}};
    const auto answer =
        co_await state_->ask(std::move(project), http::verb::get, path, std::move(fields));
    if (!answer) {
        co_return fail_within(doing, answer.error());
    }
    co_return read_missed(answer->body());
}

}  // namespace slipway::gitlab
