#include "server/store/image_table.hpp"

#include "core/base/strong_id.hpp"
#include "server/store/store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slipway::store {
namespace {

std::shared_ptr<const ImageRow> row(StepKey step, const std::string& folder, bool is_over = true) {
    ImageRow row{.step = step, .status = {}};
    row.status.folder = folder;
    row.status.finished = is_over ? std::optional(Time{}) : std::nullopt;
    return std::make_shared<const ImageRow>(row);
}

std::string folders(const ImageRows& rows) {
    std::string text;
    for (const auto& row : rows) {
        text += row->status.folder + " ";
    }
    return text;
}

constexpr StepKey first{BuildId{1}, 0};
constexpr StepKey second{BuildId{1}, 1};
constexpr StepKey third{BuildId{2}, 0};

TEST(ImageTable, FindsStepsAndLeavesTheOthers) {
    ImageTable table;
    table.keep({row(third, "a"), row(first, "b")});
    std::vector<StepKey> steps = {first, second, third};
    EXPECT_EQ(folders(table.find(steps)), "a b ");
    EXPECT_EQ(steps, std::vector{second});
}

TEST(ImageTable, FindsNoStepThatIsNotNamedAnyMore) {
    ImageTable table;
    table.keep({row(third, "a"), row(first, "b")});
    std::vector<StepKey> steps = {first};
    EXPECT_EQ(folders(table.find(steps)), "b ");
    EXPECT_TRUE(steps.empty());
}

TEST(ImageTable, HoldsNothingButStepsThatAreOver) {
    ImageTable table;
    table.keep({row(third, "a", false), row(first, "b")});
    std::vector<StepKey> steps = {first, third};
    EXPECT_EQ(folders(table.find(steps)), "b ");
    EXPECT_EQ(steps, std::vector{third});
}

TEST(ImageTable, HoldsWhatItWasGivenLast) {
    ImageTable table;
    table.keep({row(first, "a")});
    table.keep({row(second, "b")});
    std::vector<StepKey> steps = {first, second};
    EXPECT_EQ(folders(table.find(steps)), "b ");
    table.forget();
    steps = {second};
    EXPECT_TRUE(table.find(steps).empty());
    EXPECT_EQ(steps, std::vector{second});
}

TEST(AddImageRows, KeepsTheOrderOfRepositoriesAndFolders) {
    ImageRow elsewhere{.step = third, .status = {}};
    elsewhere.status.repository = "z";
    ImageRows rows = {row(first, "a"), row(second, "c")};
    add(rows, {std::make_shared<const ImageRow>(elsewhere), row(third, "b"), row(third, "0")});
    EXPECT_EQ(folders(rows), "0 a b c  ");
}

}  // namespace
}  // namespace slipway::store
