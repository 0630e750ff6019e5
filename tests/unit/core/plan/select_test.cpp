#include "core/plan/select.hpp"

#include "core/plan/plan.hpp"
#include "tests/unit/core/plan/repository_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::plan {
namespace {

using test::folders;
using test::image;
using test::operator+;
using Folders = std::vector<std::string>;

/// base ← web ← page, base ← worker; alone stays as it is.
Plan chain() {
    test::TextRepository repository;
    const auto files = image("web", "web", "base:1") + image("page", "page", "web:1") +
                       image("worker", "worker", "base:1") + image("alone", "alone", "scratch");
    const auto before = repository.commit(files + image("base", "base", "scratch"));
    const auto after = repository.commit(files + image("base", "base", "debian:12"));
    return repository.plan(before, after);
}

TEST(SelectFolders, LeavesOutWhatElseIsPlanned) {
    const Plan whole = chain();
    ASSERT_EQ(folders(whole), (Folders{"base", "web", "worker", "page"}));
    ASSERT_EQ(whole.unchanged, 1U);
    const Selection selection = select_folders(whole, {"page"});
    EXPECT_EQ(folders(selection.plan), Folders{"page"});
    EXPECT_EQ(selection.plan.steps[0].level, 0U);
    EXPECT_EQ(selection.plan.steps[0].needs, Folders{});
    EXPECT_EQ(selection.plan.steps[0].reasons, whole.steps[3].reasons) << "why stays true";
    EXPECT_EQ(selection.plan.unchanged, 4U);
    EXPECT_EQ(selection.missing, Folders{});
}

TEST(SelectFolders, KeepsNeedsAmongThem) {
    const Plan selected = select_folders(chain(), {"page", "web", "web"}).plan;
    EXPECT_EQ(folders(selected), (Folders{"web", "page"}));
    EXPECT_EQ(selected.steps[0].level, 0U);
    EXPECT_EQ(selected.steps[1].level, 1U);
    EXPECT_EQ(selected.steps[1].needs, Folders{"web"});
}

TEST(SelectFolders, OrderIsThatOfTheNewLevels) {
    const Plan selected = select_folders(chain(), {"worker", "page"}).plan;
    EXPECT_EQ(folders(selected), (Folders{"page", "worker"})) << "both stand on the registry's";
}

TEST(SelectFolders, TellsWhatIsNotPlanned) {
    const Selection selection = select_folders(chain(), {"nowhere", "alone", "web"});
    EXPECT_EQ(selection.missing, (Folders{"alone", "nowhere"}));
    EXPECT_EQ(folders(selection.plan), Folders{"web"});
}

}  // namespace
}  // namespace slipway::plan
