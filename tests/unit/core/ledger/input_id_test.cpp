#include "core/ledger/input_id.hpp"

#include "core/context/context.hpp"
#include "core/git/source_tree.hpp"
#include "core/manifest/manifest.hpp"
#include "core/model/object_id.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace slipway::ledger {
namespace {

using git::EntryKind;

model::ObjectId id(std::uint8_t digit) {
    model::ObjectId id;
    id.bytes.fill(digit);
    return id;
}

/// All that goes into an id, each part with something in it.
struct Input {
    context::ContextList list{
        .entries =
            {{.path = "Dockerfile", .kind = EntryKind::file, .id = id(1)},
             {.path = "run", .kind = EntryKind::file, .id = id(2)},
             {.path = "src", .kind = EntryKind::directory, .id = {}}},
        .dockerfile = "Dockerfile",
        .errors = {}
    };
    model::ObjectId dockerfile_blob = id(1);
    manifest::Manifest manifest;
    std::vector<ParentInput> parents = {
        {"docker.io/library/debian:12", "sha256:aa"}, {"docker.io/library/base:1", "bb"}
    };

    Input() {
        manifest.image = "web";
        manifest.version = "1";
        manifest.target = "runtime";
        manifest.platform = "linux/amd64";
        manifest.build_args = {{"A", "1"}, {"B", "2"}};
        manifest.labels = {{"team", "web"}};
    }
};

std::string id_of(const Input& input) {
    return input_id(input.list, input.dockerfile_blob, input.manifest, input.parents);
}

std::string id_with(const std::function<void(Input&)>& change) {
    Input input;
    change(input);
    return id_of(input);
}

TEST(InputId, IsTheSameForEver) {
    // Ids are stored: this one changes only together with `format`.
    EXPECT_EQ(id_of({}), "f88d34f4dd6722546d2ca2eac339698df533315fd55b2664de89b6feaa613e54");
}

TEST(InputId, EveryIngredientCounts) {
    const std::vector<std::function<void(Input&)>> changes = {
        [](Input&) {},
        [](Input& input) { input.list.entries[1].path = "runs"; },
        [](Input& input) { input.list.entries[1].kind = EntryKind::executable; },
        [](Input& input) { input.list.entries[1].kind = EntryKind::symlink; },
        [](Input& input) { input.list.entries[1].id = id(3); },
        [](Input& input) { input.list.entries[2].kind = EntryKind::submodule; },
        [](Input& input) { input.list.entries.pop_back(); },
        [](Input& input) { input.list.entries.clear(); },
        [](Input& input) { input.dockerfile_blob = id(4); },
        [](Input& input) { input.manifest.dockerfile = input.list.dockerfile = "docker/file"; },
        [](Input& input) { input.manifest.target = "build"; },
        [](Input& input) { input.manifest.target.clear(); },
        [](Input& input) { input.manifest.platform = "linux/arm64"; },
        [](Input& input) { input.manifest.build_args["A"] = "2"; },
        [](Input& input) { input.manifest.build_args.erase("B"); },
        [](Input& input) { input.manifest.labels["team"] = "api"; },
        [](Input& input) { input.manifest.labels["more"] = "x"; },
        [](Input& input) { input.parents[0].id = "sha256:ab"; },
        [](Input& input) { input.parents[0].reference = "docker.io/library/debian:13"; },
        [](Input& input) { input.parents.pop_back(); },
        [](Input& input) { std::ranges::swap(input.parents[0], input.parents[1]); },
    };
    std::set<std::string> ids;
    for (const auto& change : changes) {
        ids.insert(id_with(change));
    }
    EXPECT_EQ(ids.size(), changes.size());
}

TEST(InputId, NamesAndWatchedFilesDoNotCount) {
    const std::string usual = id_of({});
    EXPECT_EQ(id_with([](Input& input) { input.manifest.version = "2"; }), usual);
    EXPECT_EQ(id_with([](Input& input) { input.manifest.tags = {"latest"}; }), usual);
    EXPECT_EQ(id_with([](Input& input) { input.manifest.image = "other"; }), usual);
    EXPECT_EQ(id_with([](Input& input) { input.manifest.registry = "r.example"; }), usual);
    EXPECT_EQ(id_with([](Input& input) { input.manifest.watch = {"shared/**"}; }), usual);
    EXPECT_EQ(id_with([](Input& input) { input.manifest.push = false; }), usual);
    EXPECT_EQ(id_with([](Input& input) { input.manifest.image_at.line = 9; }), usual);
}

TEST(InputId, OrderOfEntriesDoesNotCount) {
    EXPECT_EQ(id_with([](Input& input) { std::ranges::reverse(input.list.entries); }), id_of({}));
}

TEST(InputId, TextsDoNotRunIntoEachOther) {
    const auto with_args = [](std::map<std::string, std::string> args) {
        return id_with([&](Input& input) { input.manifest.build_args = args; });
    };
    EXPECT_NE(with_args({{"A", "1B2"}}), with_args({{"A", "1"}, {"B", "2"}}));
    EXPECT_NE(with_args({{"AB", ""}}), with_args({{"A", "B"}}));
    const auto with_target = [](const std::string& target, const std::string& platform) {
        return id_with([&](Input& input) {
            input.manifest.target = target;
            input.manifest.platform = platform;
        });
    };
    EXPECT_NE(with_target("ab", "c"), with_target("a", "bc"));
}

TEST(InputId, ArgumentIsNoLabel) {
    const auto argument = id_with([](Input& input) {
        input.manifest.build_args = {{"x", "y"}};
        input.manifest.labels = {};
    });
    const auto label = id_with([](Input& input) {
        input.manifest.build_args = {};
        input.manifest.labels = {{"x", "y"}};
    });
    EXPECT_NE(argument, label);
}

}  // namespace
}  // namespace slipway::ledger
