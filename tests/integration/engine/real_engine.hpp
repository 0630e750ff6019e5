#pragma once

#include "core/base/result.hpp"
#include "core/wire/engine_progress.hpp"
#include "server/engine/docker_engine.hpp"
#include "server/engine/engine_api.hpp"
#include "tests/support/run_coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/beast/http/write.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace slipway::engine {

inline std::string environment(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody writes it
    return value != nullptr ? value : "";
}

/// One file of an old-style tar, as long as its name fits.
inline std::string tar_entry(
    const std::string& name, const std::string& content, const char* mode
) {
    constexpr std::size_t block = 512;
    std::string header(block, '\0');
    const auto put = [&header](std::size_t at, const std::string& text) {
        header.replace(at, text.size(), text);
    };
    const auto octal = [](std::size_t number) {
        std::string digits;
        for (int i = 0; i < 11; ++i) {
            digits.insert(digits.begin(), static_cast<char>('0' + (number & 7U)));
            number >>= 3U;
        }
        return digits;
    };
    put(0, name);
    put(100, mode);
    put(124, octal(content.size()));
    put(136, octal(0));
    put(148, "        ");
    put(156, "0");
    put(257, std::string("ustar\00000", 8));
    std::size_t sum = 0;
    for (const char c : header) {
        sum += static_cast<unsigned char>(c);
    }
    put(148, octal(sum).substr(5) + std::string("\0 ", 2));
    const std::size_t padding = (block - content.size() % block) % block;
    return header + content + std::string(padding, '\0');
}

/// The Dockerfile and a static busybox, in pieces.
inline ContextSource context_of(const std::string& dockerfile) {
    std::ifstream file("/bin/busybox", std::ios::binary);
    const std::string busybox{std::istreambuf_iterator<char>(file), {}};
    std::string tar = tar_entry("Dockerfile", dockerfile, "0000644") +
                      tar_entry("busybox", busybox, "0000755") + std::string(1024, '\0');
    return [tar = std::move(tar), at = std::size_t{0}]() mutable -> Result<std::string> {
        std::string piece = tar.substr(std::min(at, tar.size()), 60000);
        at += piece.size();
        return piece;
    };
}

/// What a registry calls the digest of a tag; empty where it has none. Asked without the engine.
inline std::string registry_digest(
    const std::string& registry, const std::string& name, const std::string& tag
) {
    namespace http = boost::beast::http;
    net::io_context context;
    net::ip::tcp::socket socket(context);
    const auto colon = registry.find(':');
    net::ip::tcp::resolver resolver(context);
    socket.connect(*resolver.resolve(registry.substr(0, colon), registry.substr(colon + 1)).begin()
    );
    http::request<http::empty_body> request(
        http::verb::head, "/v2/" + name + "/manifests/" + tag, 11
    );
    request.set(http::field::host, registry);
    request.set(
        http::field::accept,
        "application/vnd.docker.distribution.manifest.v2+json, "
        "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
    );
    http::write(socket, request);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> answer;
    answer.skip(true);
    http::read(socket, buffer, answer);
    return answer.get().result_int() == 200 ? std::string(answer.get()["Docker-Content-Digest"])
                                            : "";
}

/// Whether a process of this machine has `text` in its command line.
inline bool process_runs(const std::string& text) {
    std::error_code error;
    for (const auto& process : std::filesystem::directory_iterator("/proc", error)) {
        std::ostringstream line;
        line << std::ifstream(process.path() / "cmdline").rdbuf();  // may end while it is read
        std::string words = line.str();
        std::ranges::replace(words, '\0', ' ');
        if (words.contains(text)) {
            return true;
        }
    }
    return false;
}

/// The engine of DOCKER_HOST and the registry of SLIPWAY_TEST_REGISTRY (`host:port`, no TLS, no
/// credentials), which must both run on this machine. Tests of a private one take
/// SLIPWAY_TEST_REGISTRY_AUTH (`host:port`; user `slipway`, password `secret-1`).
class RealEngineTest : public ::testing::Test {
protected:
    void SetUp() override {
        const std::string address = environment("DOCKER_HOST");
        if (address.empty() || registry().empty()) {
            GTEST_SKIP(
            ) << "DOCKER_HOST or SLIPWAY_TEST_REGISTRY is not set: no engine to test with";
        }
        engine_ = make_docker_engine(blocking_, address).value();
    }

    [[nodiscard]] EngineApi& engine() const { return *engine_; }

    static std::string registry() { return environment("SLIPWAY_TEST_REGISTRY"); }

    static std::string private_registry() { return environment("SLIPWAY_TEST_REGISTRY_AUTH"); }

    static Credentials right_credentials() {
        return {
            .username = "slipway", .password = "secret-1", .server_address = private_registry()
        };
    }

    /// A name that is never pushed.
    static std::string local(std::string_view rest) { return "slipway.test/" + std::string(rest); }

    template <class T>
    T run(net::awaitable<T> work) {
        return test::run_coroutine(context_, std::move(work), std::chrono::seconds(120));
    }

    /// Lets the coroutines go on until `done`; false after a minute.
    template <class Condition>
    bool run_until(Condition done) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!done() && std::chrono::steady_clock::now() < end) {
            context_.restart();
            context_.run_for(std::chrono::milliseconds(20));
        }
        return done();
    }

    Result<BuiltImage> build_with(const std::string& dockerfile, BuildRequest request) {
        return run(engine().build(std::move(request), context_of(dockerfile), sink(), limits));
    }

    LogSink sink() {
        return [this](const wire::LogLine& line) { lines_.push_back(line.text); };
    }

    [[nodiscard]] bool logged(std::string_view text) const {
        return std::ranges::any_of(lines_, [text](const std::string& line) {
            return line.contains(text) && !line.contains("busybox");  // not the command itself
        });
    }

    [[nodiscard]] std::string log() const {
        std::string all;
        for (const std::string& line : lines_) {
            all += line + "\n";
        }
        return all;
    }

    CallLimits limits{.total = std::chrono::seconds(100), .silent = std::chrono::seconds(60)};
    net::io_context context_;

private:
    net::thread_pool blocking_{2};
    std::unique_ptr<EngineApi> engine_;
    std::vector<std::string> lines_;
};

}  // namespace slipway::engine
