#include "server/engine/docker_engine.hpp"

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/caught.hpp"
#include "server/base/credentials.hpp"
#include "server/engine/build_image.hpp"
#include "server/engine/engine_api.hpp"
#include "server/engine/engine_calls.hpp"
#include "server/engine/engine_path.hpp"
#include "server/engine/error_text.hpp"
#include "server/engine/http_call.hpp"
#include "server/engine/prune.hpp"
#include "server/engine/registry_auth.hpp"
#include "server/engine/transport.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/http/verb.hpp>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::engine {
namespace {

using boost::beast::http::verb;
using Json = nlohmann::json;

ImageInfo image_info(const Json& json) {
    ImageInfo info{.id = text_at(json, "/Id"), .labels = {}};
    const Json::json_pointer labels("/Config/Labels");
    if (json.contains(labels) && json.at(labels).is_object()) {
        for (const auto& [name, value] : json.at(labels).items()) {
            info.labels[name] = value.is_string() ? value.get<std::string>() : value.dump();
        }
    }
    return info;
}

// A push or pull without a tag takes all tags of the repository, so one is always given.
Result<model::ImageRef> with_tag(const std::string& reference) {
    auto ref = model::parse_image_ref(reference);
    if (!ref) {
        return ref;
    }
    return model::with_default_tag(*std::move(ref));
}

Result<model::ImageRef> taggable(const std::string& reference) {
    auto ref = with_tag(reference);
    if (ref && !ref->digest.empty()) {
        return fail(ErrorCode::invalid, "a reference with a digest can't be given to an image");
    }
    return ref;
}

HttpRequest post(std::string target, std::string auth) {
    return {
        .method = verb::post,
        .target = std::move(target),
        .registry_auth = std::move(auth),
        .body = {},
    };
}

class DockerEngine final : public EngineApi {
public:
    explicit DockerEngine(Transport transport)
        : name_("the engine at " + transport.name), calls_(std::move(transport)) {}

    net::awaitable<Result<EngineInfo>> ping() override {
        return named("asking " + name_, calls_.info());
    }

    net::awaitable<Result<void>> pull(
        std::string reference,
        std::string platform,
        Credentials credentials,
        LogSink log,
        CallLimits limits
    ) override {
        std::string doing = "pulling " + reference + " with " + name_;
        return named(
            std::move(doing),
            pull_image(
                std::move(reference),
                std::move(platform),
                std::move(credentials),
                std::move(log),
                limits
            )
        );
    }

    net::awaitable<Result<BuiltImage>> build(
        BuildRequest request, ContextSource context, LogSink log, CallLimits limits
    ) override {
        return named(
            "building with " + name_,
            build_image(calls_, std::move(request), std::move(context), std::move(log), limits)
        );
    }

    net::awaitable<Result<void>> tag(std::string id, std::string reference) override {
        std::string doing = "tagging " + id + " as " + reference + " in " + name_;
        return named(std::move(doing), tag_image(std::move(id), std::move(reference)));
    }

    net::awaitable<Result<PushedImage>> push(
        std::string reference, Credentials credentials, LogSink log, CallLimits limits
    ) override {
        std::string doing = "pushing " + reference + " with " + name_;
        return named(
            std::move(doing),
            push_image(std::move(reference), std::move(credentials), std::move(log), limits)
        );
    }

    net::awaitable<Result<std::optional<ImageInfo>>> inspect(std::string reference) override {
        std::string doing = "looking for " + reference + " in " + name_;
        return named(std::move(doing), inspect_image(std::move(reference)));
    }

    net::awaitable<Result<void>> remove(std::string reference) override {
        std::string doing = "removing " + reference + " from " + name_;
        return named(std::move(doing), remove_image(calls_, std::move(reference)));
    }

    net::awaitable<Result<std::uint64_t>> prune_cache(CachePrune what) override {
        return named(
            "pruning the build cache of " + name_, slipway::engine::prune_cache(calls_, what)
        );
    }

    net::awaitable<Result<std::uint64_t>> disk_usage() override {
        return named("asking for the disk usage of " + name_, slipway::engine::disk_usage(calls_));
    }

private:
    template <class T>
    static net::awaitable<Result<T>> named(std::string doing, net::awaitable<Result<T>> work) {
        auto result = co_await caught(std::move(work));
        if (!result) {
            co_return fail_within(doing, result.error());
        }
        co_return result;
    }

    net::awaitable<Result<void>> pull_image(
        std::string reference,
        std::string platform,
        Credentials credentials,
        LogSink log,
        CallLimits limits
    );
    net::awaitable<Result<void>> tag_image(std::string id, std::string reference);
    net::awaitable<Result<PushedImage>> push_image(
        std::string reference, Credentials credentials, LogSink log, CallLimits limits
    );
    net::awaitable<Result<std::optional<ImageInfo>>> inspect_image(std::string reference);

    net::awaitable<Result<PushedImage>> pushed_digest(std::string name, std::string auth);

    std::string name_;
    EngineCalls calls_;
};

net::awaitable<Result<void>> DockerEngine::pull_image(
    std::string reference,
    std::string platform,
    Credentials credentials,
    LogSink log,
    CallLimits limits
) {
    const auto ref = with_tag(reference);
    if (!ref) {
        co_return std::unexpected(ref.error());
    }
    Query query;
    query.add("fromImage", ref->name())
        .add("tag", ref->digest.empty() ? ref->tag : ref->digest)
        .add_given("platform", platform);
    StreamRequest request{
        .http = post("/images/create" + query.text(), registry_auth(credentials)),
        .read = read_registry_words,
        .log = std::move(log),
        .limits = limits,
    };
    const auto outcome = co_await calls_.stream(std::move(request));
    if (!outcome) {
        co_return std::unexpected(outcome.error());
    }
    co_return Result<void>();
}

net::awaitable<Result<void>> DockerEngine::tag_image(std::string id, std::string reference) {
    const auto ref = taggable(reference);
    if (!ref) {
        co_return std::unexpected(ref.error());
    }
    Query query;
    query.add("repo", ref->name()).add("tag", ref->tag);
    HttpRequest request = post("/images/" + path_encoded(id) + "/tag" + query.text(), {});
    const auto answer = co_await calls_.quick(std::move(request));
    if (!answer) {
        co_return std::unexpected(answer.error());
    }
    co_return Result<void>();
}

net::awaitable<Result<PushedImage>> DockerEngine::push_image(
    std::string reference, Credentials credentials, LogSink log, CallLimits limits
) {
    const auto ref = taggable(reference);
    if (!ref) {
        co_return std::unexpected(ref.error());
    }
    std::string auth = registry_auth(credentials);
    const std::string path = "/images/" + path_encoded(ref->name()) + "/push";
    StreamRequest request{
        .http = post(path + Query().add("tag", ref->tag).text(), auth),
        .read = read_registry_words,
        .log = std::move(log),
        .limits = limits,
    };
    const auto outcome = co_await calls_.stream(std::move(request));
    if (!outcome) {
        co_return std::unexpected(outcome.error());
    }
    if (!outcome->digest.empty()) {
        co_return PushedImage{.digest = outcome->digest};
    }
    std::string name = path_encoded(model::to_string(*ref));
    co_return co_await pushed_digest(std::move(name), std::move(auth));
}

// Asks the registry, through the engine. The engine's own RepoDigests name digests of tags that
// were never pushed.
net::awaitable<Result<PushedImage>> DockerEngine::pushed_digest(
    std::string name, std::string auth
) {
    std::string target = "/distribution/" + name + "/json";
    const auto json = co_await calls_.get_json(std::move(target), std::move(auth));
    if (!json) {
        co_return fail_within(
            "asking the registry for the digest of what was pushed", json.error()
        );
    }
    std::string digest = text_at(*json, "/Descriptor/digest");
    if (digest.empty()) {
        co_return fail(ErrorCode::failed, "neither the engine nor the registry named a digest");
    }
    co_return PushedImage{.digest = std::move(digest)};
}

net::awaitable<Result<std::optional<ImageInfo>>> DockerEngine::inspect_image(std::string reference
) {
    std::string target = "/images/" + path_encoded(reference) + "/json";
    std::string no_auth;
    const auto json = co_await calls_.get_json(std::move(target), std::move(no_auth));
    if (json) {
        co_return std::optional(image_info(*json));
    }
    if (json.error().code == ErrorCode::not_found) {
        co_return std::optional<ImageInfo>();
    }
    co_return std::unexpected(json.error());
}

}  // namespace

Result<std::unique_ptr<EngineApi>> make_docker_engine(
    net::thread_pool& blocking, std::string_view address, const std::filesystem::path& certificates
) {
    auto transport = make_transport(blocking, address, certificates);
    if (!transport) {
        return std::unexpected(transport.error());
    }
    return std::make_unique<DockerEngine>(*std::move(transport));
}

}  // namespace slipway::engine
