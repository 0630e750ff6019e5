#include "core/wire/provenance.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace slipway::wire {
namespace {

Provenance example() {
    return {
        .image = "r.example/team/python",
        .digest = "sha256:aa",
        .url = "https://git.example/images.git",
        .ref = "refs/heads/main",
        .commit = "c0ffee",
        .folder = "python",
        .input_id = "1d",
        .bases = {{"debian:12", "sha256:bb"}},
        .slipway_version = "1.2.3",
        .invocation = "7/0",
        .started = "2026-01-02T03:04:05.000Z",
        .finished = "2026-01-02T03:05:00.000Z",
    };
}

TEST(Provenance, IsAStatementOfInToto) {
    EXPECT_EQ(provenance_statement(example()), R"({
  "_type": "https://in-toto.io/Statement/v1",
  "subject": [
    {
      "name": "r.example/team/python",
      "digest": {
        "sha256": "aa"
      }
    }
  ],
  "predicateType": "https://slsa.dev/provenance/v1",
  "predicate": {
    "buildDefinition": {
      "buildType": "urn:slipway:build:1",
      "externalParameters": {
        "repository": "https://git.example/images.git",
        "ref": "refs/heads/main",
        "commit": "c0ffee",
        "folder": "python"
      },
      "internalParameters": {
        "inputId": "1d"
      },
      "resolvedDependencies": [
        {
          "uri": "git+https://git.example/images.git@refs/heads/main",
          "digest": {
            "gitCommit": "c0ffee"
          }
        },
        {
          "name": "debian:12",
          "digest": {
            "sha256": "bb"
          }
        }
      ]
    },
    "runDetails": {
      "builder": {
        "id": "urn:slipway:version:1.2.3",
        "version": {
          "slipway": "1.2.3"
        }
      },
      "metadata": {
        "invocationId": "7/0",
        "startedOn": "2026-01-02T03:04:05.000Z",
        "finishedOn": "2026-01-02T03:05:00.000Z"
      }
    }
  }
}
)");
}

TEST(Provenance, PredicateIsThatOfTheStatement) {
    const auto statement = nlohmann::json::parse(provenance_statement(example()));
    EXPECT_EQ(nlohmann::json::parse(provenance_predicate(example())), statement["predicate"]);
}

TEST(Provenance, SaysNothingOfWhatIsNotKnown) {
    Provenance provenance = example();
    provenance.ref.clear();
    provenance.input_id.clear();
    provenance.bases.clear();
    const auto definition =
        nlohmann::json::parse(provenance_predicate(provenance))["buildDefinition"];
    EXPECT_TRUE(definition["externalParameters"]["ref"].is_null());
    EXPECT_EQ(definition["internalParameters"].dump(), "{}");
    ASSERT_EQ(definition["resolvedDependencies"].size(), 1U);
    EXPECT_EQ(definition["resolvedDependencies"][0]["uri"], "git+https://git.example/images.git");
}

TEST(Provenance, CloneAddressesAreUris) {
    struct Case {
        std::string url;
        std::string uri;
    };

    const std::vector<Case> cases = {
        {"ssh://git@h:2222/x.git", "git+ssh://git@h:2222/x.git"},
        {"git@h:team/x.git", "git+ssh://git@h/team/x.git"},
        {"/srv/x", "git+file:///srv/x"},
    };
    for (const auto& [url, uri] : cases) {
        Provenance provenance = example();
        provenance.url = url;
        provenance.ref.clear();
        const auto json = nlohmann::json::parse(provenance_predicate(provenance));
        EXPECT_EQ(json["buildDefinition"]["resolvedDependencies"][0]["uri"], uri);
    }
}

TEST(Provenance, FolderThatIsNoUtf8CostsNothingElse) {
    Provenance provenance = example();
    provenance.folder = "\xFF";
    const auto json = nlohmann::json::parse(provenance_predicate(provenance));
    EXPECT_EQ(json["buildDefinition"]["externalParameters"]["folder"], "\uFFFD");
}

}  // namespace
}  // namespace slipway::wire
