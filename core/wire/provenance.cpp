#include "core/wire/provenance.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace slipway::wire {
namespace {

using nlohmann::ordered_json;

/// `sha256:…` as in-toto writes it.
ordered_json digest_set(std::string_view digest) {
    const auto colon = digest.find(':');
    ordered_json set = ordered_json::object();
    if (colon != std::string_view::npos) {
        set[std::string(digest.substr(0, colon))] = digest.substr(colon + 1);
    }
    return set;
}

/// A clone address as a URI of SPDX: `git+https://…`.
std::string git_uri(const std::string& url) {
    if (url.contains("://")) {
        return "git+" + url;
    }
    if (url.starts_with('/')) {
        return "git+file://" + url;
    }
    std::string path = url;  // git@host:path
    if (const auto colon = path.find(':'); colon != std::string::npos) {
        path[colon] = '/';
    }
    return "git+ssh://" + path;
}

ordered_json dependencies(const Provenance& provenance) {
    const std::string at_ref = provenance.ref.empty() ? "" : "@" + provenance.ref;
    ordered_json all = ordered_json::array();
    all.push_back(
        {{"uri", git_uri(provenance.url) + at_ref}, {"digest", {{"gitCommit", provenance.commit}}}}
    );
    for (const auto& [reference, digest] : provenance.bases) {
        all.push_back({{"name", reference}, {"digest", digest_set(digest)}});
    }
    return all;
}

ordered_json predicate(const Provenance& provenance) {
    ordered_json parameters = {
        {"repository", provenance.url},
        {"ref", provenance.ref.empty() ? ordered_json() : ordered_json(provenance.ref)},
        {"commit", provenance.commit},
        {"folder", provenance.folder}
    };
    ordered_json internal = ordered_json::object();
    if (!provenance.input_id.empty()) {
        internal["inputId"] = provenance.input_id;
    }
    ordered_json builder = {
        {"id", "urn:slipway:version:" + provenance.slipway_version},
        {"version", {{"slipway", provenance.slipway_version}}}
    };
    ordered_json metadata = {
        {"invocationId", provenance.invocation},
        {"startedOn", provenance.started},
        {"finishedOn", provenance.finished}
    };
    return {
        {"buildDefinition",
         {{"buildType", "urn:slipway:build:1"},
          {"externalParameters", parameters},
          {"internalParameters", internal},
          {"resolvedDependencies", dependencies(provenance)}}},
        {"runDetails", {{"builder", builder}, {"metadata", metadata}}}
    };
}

/// A folder's name need not be UTF-8.
std::string to_text(const ordered_json& json) {
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string provenance_predicate(const Provenance& provenance) {
    return to_text(predicate(provenance));
}

std::string provenance_statement(const Provenance& provenance) {
    const ordered_json subject = {
        {"name", provenance.image}, {"digest", digest_set(provenance.digest)}
    };
    return to_text({
        {"_type", "https://in-toto.io/Statement/v1"},
        {"subject", ordered_json::array({subject})},
        {"predicateType", "https://slsa.dev/provenance/v1"},
        {"predicate", predicate(provenance)},
    });
}

}  // namespace slipway::wire
