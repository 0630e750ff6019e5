#pragma once

#include <map>
#include <string>

namespace slipway::wire {

/// What is known of how an image came to be. Times are RFC 3339.
struct Provenance {
    std::string image;   ///< without a tag: `registry.example.com/team/python`
    std::string digest;  ///< in its registry: `sha256:…`
    std::string url;     ///< of the repository, without credentials, as the configuration has it
    std::string ref;     ///< empty: a build of commits
    std::string commit;
    std::string folder;
    std::string input_id;                      ///< empty: not known
    std::map<std::string, std::string> bases;  ///< as the Dockerfile names them → digest
    std::string slipway_version;
    std::string invocation;  ///< `build/step`
    std::string started;
    std::string finished;
};

/// The predicate of a provenance, JSON: what `cosign attest --predicate` wants, which makes the
/// statement by itself. https://slsa.dev/spec/v1.0/provenance
[[nodiscard]] std::string provenance_predicate(const Provenance& provenance);

/// The whole in-toto statement, JSON.
/// https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
[[nodiscard]] std::string provenance_statement(const Provenance& provenance);

}  // namespace slipway::wire
