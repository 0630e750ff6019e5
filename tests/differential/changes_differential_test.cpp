#include "core/catalog/catalog.hpp"
#include "core/catalog/image.hpp"
#include "core/catalog/read_catalog.hpp"
#include "core/git/repository.hpp"
#include "core/plan/changes.hpp"
#include "core/plan/make_plan.hpp"
#include "tests/differential/oracle.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

/// The changed folders of random commit pairs against `git diff --name-only`, and the planned
/// folders against a closure over the FROM lines, written without any of the planner's code.
namespace slipway::differential {
namespace {

using Names = std::set<std::string>;

struct File {
    std::string mode = "100644";
    std::string content;
};

using Files = std::map<std::string, File>;

std::string run(const std::string& command) {
    std::string output;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
        ::popen(command.c_str(), "r"), ::pclose
    );
    char buffer[4096];
    while (pipe) {
        const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe.get());
        if (count == 0) {
            break;
        }
        output.append(buffer, count);
    }
    return output;
}

std::vector<std::string> split(const std::string& text, char end) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, end);) {
        parts.push_back(part);
    }
    return parts;
}

/// A history of random commits with merges, written by `git fast-import`.
class History {
public:
    explicit History(Random& random) : random_(random) {
        static_cast<void>(run("git init -q --bare " + folder()));
    }

    [[nodiscard]] std::string folder() const { return folder_.path().string(); }

    [[nodiscard]] const Files& files(std::size_t commit) const { return states_[commit - 1]; }

    void grow(std::size_t commits) {
        const std::string command = "git -C " + folder() + " fast-import --quiet";
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
            ::popen(command.c_str(), "w"), ::pclose
        );
        for (std::size_t number = 1; number <= commits; ++number) {
            Files files = number == 1 ? Files{} : states_[random_.below(states_.size())];
            const std::size_t parent = number == 1 ? 0 : 1 + random_.below(number - 1);
            if (parent != 0) {
                files = states_[parent - 1];
            }
            for (std::size_t changes = 1 + random_.below(4); changes > 0; --changes) {
                mutate(files);
            }
            const std::string text = commit_text(number, parent, files);
            std::fwrite(text.data(), 1, text.size(), pipe.get());
            states_.push_back(std::move(files));
        }
    }

private:
    std::string some_folder() {
        std::string folder = random_.one_of({"a", "b", "c", "a-b", "a.b", "d"});
        while (random_.chance(35)) {
            folder += "/" + random_.one_of({"a", "b", "x y", "ü"});
        }
        return folder;
    }

    void add_image(Files& files) {
        const std::string folder = random_.chance(3) ? "" : some_folder();
        std::string name = "i";
        for (const char c : folder) {
            name += (c >= 'a' && c <= 'z') ? std::string(1, c)
                                           : "0" + std::to_string(static_cast<unsigned char>(c));
        }
        files[catalog::path_in(folder, "manifest.yml")] = {
            "100644", "image: " + name + "\nversion: 1\n"
        };
        files[catalog::path_in(folder, "Dockerfile")] = {
            "100644", "FROM " + some_parent(files) + "\n"
        };
        put_away_blockers(files);
    }

    std::string some_parent(const Files& files) {
        std::vector<std::string> names;
        for (const auto& [path, file] : files) {
            if (path.ends_with("manifest.yml")) {
                names.push_back(file.content.substr(7, file.content.find('\n') - 7) + ":1");
            }
        }
        return names.empty() || random_.chance(30) ? "scratch" : names[random_.below(names.size())];
    }

    void mutate(Files& files) {
        const std::size_t dice = random_.below(100);
        const std::string some =
            files.empty()
                ? ""
                : std::next(files.begin(), static_cast<long>(random_.below(files.size())))->first;
        if (dice < 35 || files.empty()) {
            add_image(files);
        } else if (dice < 60) {
            files[catalog::path_in(some_folder(), random_.one_of({"f", "g", "manifest.yml.bak"}))] =
                {"100644", random_.letters("ab", 0, 6)};
        } else if (dice < 70) {
            files[some].mode = files[some].mode == "100644" ? "100755" : "100644";
        } else if (dice < 80) {
            files.erase(some);
        } else if (dice < 90) {
            File moved = files[some];
            files.erase(some);
            files[catalog::path_in(some_folder(), some.substr(some.rfind('/') + 1))] =
                std::move(moved);
        } else {
            const std::string folder = some_folder() + "/";
            std::erase_if(files, [&](const auto& file) { return file.first.starts_with(folder); });
        }
        put_away_blockers(files);
    }

    /// A path can't be a file and a folder at once: the file goes.
    static void put_away_blockers(Files& files) {
        std::erase_if(files, [&](const auto& file) {
            const auto below = files.lower_bound(file.first + "/");
            return below != files.end() && below->first.starts_with(file.first + "/");
        });
    }

    std::string commit_text(std::size_t number, std::size_t parent, const Files& files) {
        const std::string name = "refs/heads/c" + std::to_string(number);
        std::string text = "commit " + name + "\nmark :" + std::to_string(number) +
                           "\ncommitter a <a@example.com> " + std::to_string(1700000000 + number) +
                           " +0000\ndata 1\nx\n";
        if (parent != 0) {
            text += "from :" + std::to_string(parent) + "\n";
            if (const std::size_t other = 1 + random_.below(number - 1);
                other != parent && random_.chance(20)) {
                text += "merge :" + std::to_string(other) + "\n";
            }
        }
        text += "deleteall\n";
        for (const auto& [path, file] : files) {
            text += "M " + file.mode + " inline \"" + path + "\"\ndata " +
                    std::to_string(file.content.size()) + "\n" + file.content + "\n";
        }
        return text + "\n";
    }

    Random& random_;
    test::TempFolder folder_;
    std::vector<Files> states_;
};

/// What git itself says of a pair of commits.
struct Oracle {
    Names before;
    Names after;
    Names changed;
    std::map<std::string, Names> dependents;  // by folder

    Oracle(
        const std::string& folder,
        const std::string& old_commit,
        const std::string& new_commit,
        const Files& files
    )
        : before(images(folder, old_commit)), after(images(folder, new_commit)) {
        const std::string names =
            run("git -C " + folder + " diff --name-only --no-renames -z " + old_commit + " " +
                new_commit);
        for (const std::string& path : split(names, '\0')) {
            for (const std::string& image : after) {
                if (image.empty() || path.starts_with(image + "/")) {
                    changed.insert(image);
                }
            }
        }
        find_dependents(files);
    }

    [[nodiscard]] Names planned(const Names& sound) const {
        Names all;
        std::vector<std::string> open(changed.begin(), changed.end());
        while (!open.empty()) {
            const std::string image = open.back();
            open.pop_back();
            if (!sound.contains(image) || !all.insert(image).second) {
                continue;
            }
            if (const auto found = dependents.find(image); found != dependents.end()) {
                open.insert(open.end(), found->second.begin(), found->second.end());
            }
        }
        return all;
    }

private:
    static Names images(const std::string& folder, const std::string& commit) {
        Names found;
        for (const std::string& path :
             split(run("git -C " + folder + " ls-tree -r -z --name-only " + commit), '\0')) {
            const std::size_t slash = path.rfind('/');
            if (path.substr(slash + 1) == "manifest.yml") {
                found.insert(slash == std::string::npos ? "" : path.substr(0, slash));
            }
        }
        return found;
    }

    void find_dependents(const Files& files) {
        std::map<std::string, std::string> producers;
        std::map<std::string, std::string> parents;
        for (const std::string& image : after) {
            const auto show = [&](const std::string& name) -> std::string {
                const auto file = files.find(catalog::path_in(image, name));
                return file == files.end() ? "" : file->second.content;
            };
            const std::string manifest = show("manifest.yml");
            producers[manifest.substr(7, manifest.find('\n') - 7) + ":1"] = image;
            const std::string dockerfile = show("Dockerfile");
            parents[image] =
                dockerfile.empty() ? "" : dockerfile.substr(5, dockerfile.find('\n') - 5);
        }
        for (const auto& [image, parent] : parents) {
            if (const auto found = producers.find(parent); found != producers.end()) {
                dependents[found->second].insert(image);
            }
        }
    }
};

TEST(ChangesDifferential, FoldersAreThoseThatGitSays) {
    constexpr std::size_t commits = 20;
    constexpr std::size_t pairs = 40;
    const std::size_t histories = std::max<std::size_t>(1, case_count() / pairs);
    for (std::size_t round = 0; round < histories; ++round) {
        const std::uint64_t seed = first_seed() + round;
        SCOPED_TRACE(
            "replay: SLIPWAY_SEED=" + std::to_string(seed) +
            " SLIPWAY_CASES=1 differential --gtest_filter=ChangesDifferential.*"
        );
        Random random(seed);
        History history(random);
        history.grow(commits);
        auto repository = git::Repository::open(history.folder()).value();
        for (std::size_t pair = 0; pair < pairs; ++pair) {
            const std::size_t number = 1 + random.below(commits);
            const std::string old_commit = "c" + std::to_string(1 + random.below(commits));
            const std::string new_commit = "c" + std::to_string(number);
            const Oracle oracle(history.folder(), old_commit, new_commit, history.files(number));
            const auto old_tree = repository->resolve(old_commit).value().tree;
            const auto new_tree = repository->resolve(new_commit).value().tree;
            const auto before = catalog::read_catalog(*repository, old_tree, {}).value();
            const catalog::Known from_before{before, old_tree};
            const auto after =
                catalog::read_catalog(*repository, new_tree, {}, &from_before).value();
            const plan::Sides sides{before, after, old_tree, new_tree};
            Names changed;
            const plan::Reasons reasons = plan::find_changes(*repository, sides).value();
            for (const auto& [image, why] : reasons) {
                changed.emplace(after.folder(image));
            }
            ASSERT_EQ(changed, oracle.changed) << old_commit << " " << new_commit;
            Names sound;
            for (std::size_t i = 0; i < after.size(); ++i) {
                if (!after.is_broken(i)) {
                    sound.emplace(after.folder(i));
                }
            }
            const plan::Plan plan = plan::make_plan(*repository, sides, {}).value();
            Names planned;
            for (const plan::Step& step : plan.steps) {
                planned.insert(step.folder == "." ? "" : step.folder);
            }
            ASSERT_EQ(planned, oracle.planned(sound)) << old_commit << " " << new_commit;
            Names removed;
            for (const plan::Removed& gone : plan.removed) {
                removed.insert(gone.folder == "." ? "" : gone.folder);
            }
            Names expected_removed;
            std::ranges::set_difference(
                oracle.before, oracle.after, std::inserter(expected_removed, expected_removed.end())
            );
            ASSERT_EQ(removed, expected_removed);
        }
    }
    std::cout << histories * pairs << " pairs of commits agree with git, seeds from "
              << first_seed() << '\n';
}

}  // namespace
}  // namespace slipway::differential
