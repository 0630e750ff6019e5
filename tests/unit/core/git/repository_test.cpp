#include "core/git/repository.hpp"

#include "core/base/result.hpp"
#include "core/model/object_id.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace slipway::git {
namespace {

TEST(Repository, TreesAboveTheirSizeAreNotRead) {
    const test::TempFolder folder;
    const std::string in = "git -C '" + folder.path().string() + "' ";
    test::run({"sh", "-c", in + "init -q --bare"});
    const auto put = [&in](const std::string& bytes) {
        const std::string hash = in + "hash-object -t tree --literally -w --stdin";
        const std::string text = "head -c " + bytes + " /dev/zero | " + hash;
        return model::parse_object_id(test::run({"sh", "-c", text})).value();
    };
    const auto repository = Repository::open(folder.path().string()).value();
    EXPECT_EQ(repository->entries(put("67108865")).error().code, ErrorCode::too_large);
    EXPECT_EQ(repository->entries(put("67108864")).error().code, ErrorCode::internal) << "no tree";
}

}  // namespace
}  // namespace slipway::git
