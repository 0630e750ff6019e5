#include "core/model/image_ref.hpp"
#include "tests/differential/oracle.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace slipway::differential {
namespace {

std::string path_component(Random& random) {
    std::string text = random.letters("abz019", 1, 3);
    while (random.chance(25)) {
        text += random.one_of({".", "_", "__", "-", "---", "___", "..", "._"});
        text += random.letters("az09", 0, 3);
    }
    return text;
}

std::string domain(Random& random) {
    std::string text = random.one_of(
        {"docker.io",
         "index.docker.io",
         "registry-1.docker.io",
         "localhost",
         "Localhost",
         "registry",
         "example.com",
         "Example.COM",
         "a-b.c-d",
         "-a.b",
         "a-.b",
         "a..b",
         "a_b.c",
         "a__b.c",
         "Foo",
         "127.0.0.1",
         "[::1]",
         "[2001:db8::1]",
         "[]",
         "[::1",
         "[fe80::1%eth0]",
         "x.",
         ".x",
         "A_b"}
    );
    if (random.chance(35)) {
        text += random.one_of({":5000", ":80", ":", ":a", ":5000:1", ":0"});
    }
    return text;
}

std::string path(Random& random) {
    std::string text = path_component(random);
    while (random.chance(40)) {
        text += "/" + path_component(random);
    }
    if (random.chance(5)) {
        text = random.letters("a/", 1, 4) + text;
    }
    if (random.chance(4)) {
        text += "/" + std::string(230 + random.below(40), 'x');
    }
    if (random.chance(4)) {
        text = "library/" + text;
    }
    if (random.chance(4)) {
        text += random.letters("ABC", 1, 2);
    }
    return text;
}

std::string tag(Random& random) {
    if (random.chance(5)) {
        return std::string(126 + random.below(5), 't');
    }
    return random.letters("abZ019_.-", 0, 6);
}

std::string digest(Random& random) {
    static constexpr std::string_view hex = "0123456789abcdef";
    const std::string algorithm = random.one_of(
        {"sha256",
         "sha256",
         "sha256",
         "sha384",
         "sha512",
         "sha1",
         "md5",
         "SHA256",
         "sha256+b64",
         "a.1b",
         "sha-",
         "multihash.sha_x"}
    );
    const std::string encoded =
        random.one_of({"64", "64", "64", "96", "128", "32", "31", "63", "65"});
    std::string text = random.letters(hex, 0, 0);
    for (auto left = std::stoul(encoded); left > 0; --left) {
        text += hex[random.below(16)];
    }
    if (random.chance(10)) {
        text[random.below(text.size())] = random.one_of({"A", "F", "g", "="})[0];
    }
    return algorithm + ":" + text;
}

json reference_case(Random& random) {
    std::string text = random.chance(50) ? domain(random) + "/" : "";
    text += random.chance(2) ? random.letters("0af", 64, 64) : path(random);
    if (random.chance(50)) {
        text += ":" + tag(random);
    }
    if (random.chance(30)) {
        text += "@" + digest(random);
    }
    while (random.chance(20)) {
        text = random.mutated(text, "aZ0._-/:@[]+%$ \t\n");
    }
    return {{"text", text}};
}

std::string reference_disagreement(const json& one, const json& oracle) {
    const auto parsed = model::parse_image_ref(one["text"].get<std::string>());
    if (parsed.has_value() != oracle["error"].get<std::string>().empty()) {
        return parsed ? "slipway takes what the oracle refuses"
                      : "slipway refuses what the oracle takes: " + parsed.error().message;
    }
    if (!parsed) {
        return {};
    }
    const json ours = {
        {"error", ""},
        {"domain", parsed->domain},
        {"path", parsed->path},
        {"tag", parsed->tag},
        {"digest", parsed->digest},
        {"string", model::to_string(*parsed)},
        {"familiar", model::familiar(*parsed)},
        {"with_latest", model::to_string(model::with_default_tag(*parsed))},
    };
    return ours == oracle ? "" : "slipway: " + ours.dump();
}

TEST(ReferencesDifferential, AgreesWithDistributionReference) {
    compare("references", reference_case, reference_disagreement);
}

}  // namespace
}  // namespace slipway::differential
