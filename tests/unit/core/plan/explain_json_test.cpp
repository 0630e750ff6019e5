#include "core/plan/explain_json.hpp"

#include "core/base/strong_id.hpp"
#include "core/plan/explain.hpp"
#include "core/plan/plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace slipway::plan {
namespace {

Explanation explanation(Verdict verdict, std::vector<Cause> causes) {
    Explanation explanation;
    explanation.subject = {
        .folder = "python",
        .image = "r.example/python:3.10",
        .before = std::string(40, '1'),
        .after = std::string(40, '2'),
        .before_tree = std::string(40, 'a'),
        .after_tree = std::string(40, 'b'),
    };
    explanation.verdict = verdict;
    explanation.causes = std::move(causes);
    return explanation;
}

Reason changed() {
    Reason reason;
    reason.paths = {"python/Dockerfile"};
    return reason;
}

std::string cause_json(const Cause& cause) {
    return to_json(explanation(Verdict::not_built, {cause})).at("causes").at(0).dump();
}

TEST(ExplanationJson, HasEveryField) {
    EXPECT_EQ(
        to_json(explanation(Verdict::built, {changed()})).dump(2),
        R"({
  "folder": "python",
  "image": "r.example/python:3.10",
  "before": "1111111111111111111111111111111111111111",
  "after": "2222222222222222222222222222222222222222",
  "tree": {
    "before": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "after": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  },
  "verdict": "built",
  "causes": [
    {
      "kind": "changed",
      "paths": [
        "python/Dockerfile"
      ],
      "more_paths": 0,
      "words": "changed: python/Dockerfile"
    }
  ],
  "estimate_seconds": null
})"
    );
}

TEST(ExplanationJson, NothingIsNull) {
    Explanation nothing;
    nothing.causes = {NoFolder{}};
    const auto json = to_json(nothing);
    EXPECT_TRUE(json.at("image").is_null());
    EXPECT_TRUE(json.at("before").is_null());
    EXPECT_TRUE(json.at("tree").at("before").is_null());
    EXPECT_TRUE(json.at("tree").at("after").is_null());
    EXPECT_EQ(json.at("verdict"), "not_built");
}

TEST(ExplanationJson, EstimateIsInSeconds) {
    Explanation waiting = explanation(Verdict::waiting, {NoPlace{}});
    waiting.estimate = std::chrono::minutes(2);
    EXPECT_EQ(to_json(waiting).at("estimate_seconds"), 120);
}

TEST(ExplanationJson, EveryCauseHasItsFields) {
    EXPECT_EQ(
        cause_json(SameContent{"aa", "", {}}),
        R"({"kind":"same_content","tree":"aa","commit":null,"build":null,)"
        R"("words":"same content as before"})"
    );
    EXPECT_EQ(
        cause_json(SameContent{"aa", "bb", BuildId{7}}),
        R"({"kind":"same_content","tree":"aa","commit":"bb","build":7,)"
        R"("words":"same content as before, pushed from bb by build 7"})"
    );
    EXPECT_EQ(
        cause_json(Removed{"python", "r.example/python:3.10", "py"}),
        R"({"kind":"removed","moved_to":"py","words":"moved to py"})"
    );
    EXPECT_EQ(
        cause_json(Broken{{"a/manifest.yml", 3, 1, "no such key"}, false}),
        R"({"kind":"error","path":"a/manifest.yml","line":3,"column":1,"message":"no such key",)"
        R"("words":"a/manifest.yml:3:1: no such key"})"
    );
    EXPECT_TRUE(cause_json(Broken{{}, true}).starts_with(R"({"kind":"cycle",)"));
    EXPECT_TRUE(cause_json(SameInput{"ab"}).starts_with(R"({"kind":"same_input","input_id":"ab")"));
    EXPECT_TRUE(cause_json(RefIgnored{"r"}).starts_with(R"({"kind":"ref_ignored","ref":"r")"));
    EXPECT_TRUE(cause_json(NotPushed{"r"}).starts_with(R"({"kind":"not_pushed","ref":"r")"));
    EXPECT_TRUE(cause_json(NotAsked{}).starts_with(R"({"kind":"not_asked")"));
    EXPECT_TRUE(cause_json(NoFolder{}).starts_with(R"({"kind":"no_folder")"));
}

TEST(ExplanationJson, EveryWaitHasItsFields) {
    EXPECT_TRUE(cause_json(InQueue{3}).starts_with(R"({"kind":"in_queue","position":3)"));
    EXPECT_TRUE(cause_json(NeedsParents{{"a", "b"}})
                    .starts_with(R"({"kind":"needs_parents","folders":["a","b"])"));
    EXPECT_TRUE(cause_json(NoPlace{}).starts_with(R"({"kind":"no_place")"));
    EXPECT_TRUE(
        cause_json(BackOff{"T", "503"}).starts_with(R"({"kind":"back_off","until":"T","why":"503")")
    );
    EXPECT_TRUE(cause_json(RegistryAway{"r", "T"})
                    .starts_with(R"({"kind":"registry_away","registry":"r","until":"T")"));
    EXPECT_TRUE(cause_json(RepositoryBusy{BuildId{12}})
                    .starts_with(R"({"kind":"repository_busy","build":12)"));
}

TEST(ExplanationText, SaysTheVerdictTheCausesAndTheTrees) {
    EXPECT_EQ(
        in_words(explanation(Verdict::built, {changed()})),
        "python (r.example/python:3.10) is built:\n"
        "  changed: python/Dockerfile\n"
        "  tree aaaaaaaaaa → bbbbbbbbbb\n"
    );
}

TEST(ExplanationText, SaysThatTheTreeIsTheSame) {
    Explanation same = explanation(Verdict::not_built, {SameContent{}});
    same.subject.after_tree = same.subject.before_tree;
    EXPECT_EQ(
        in_words(same),
        "python (r.example/python:3.10) is not built:\n"
        "  same content as before\n"
        "  tree aaaaaaaaaa, as before\n"
    );
}

TEST(ExplanationText, SaysHowLongItUsuallyTakes) {
    Explanation waiting = explanation(Verdict::waiting, {InQueue{1}});
    waiting.subject.image = "";
    waiting.subject.before_tree = "";
    waiting.estimate = std::chrono::seconds(42);
    EXPECT_EQ(in_words(waiting), "python waits:\n  number 1 in the queue\n  usually takes 42 s\n");
}

}  // namespace
}  // namespace slipway::plan
