#pragma once

#include "core/model/object_id.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::mirror::test {

inline std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A bare repository that stands for the remote, made and changed by git itself.
class Origin {
public:
    Origin() { git({"init", "--quiet", "--bare", "--initial-branch=main", path()}); }

    [[nodiscard]] std::string path() const { return folder_ / "origin.git"; }

    /// The folder that holds the repository as `origin.git`.
    [[nodiscard]] const std::filesystem::path& root() const { return folder_.path(); }

    /// A new commit with `text` as its only file, on `parent` if there is one, and `branch` on it,
    /// moved by force.
    model::ObjectId commit(
        const std::string& branch, std::string_view text, const std::string& parent = {}
    ) {
        const std::filesystem::path file = folder_ / "file";
        std::ofstream(file) << text;
        const std::string blob = in({"hash-object", "-w", file.string()});
        std::vector<std::string> command = {"commit-tree", tree_of(blob), "-m", std::string(text)};
        if (!parent.empty()) {
            command.insert(command.end(), {"-p", parent});
        }
        const std::string id = in(std::move(command));
        in({"update-ref", "refs/heads/" + branch, id});
        return *model::parse_object_id(id);
    }

    /// git in this repository.
    std::string in(std::vector<std::string> words) const {
        words.insert(
            words.begin(),
            {"-C", path(), "-c", "user.name=Test", "-c", "user.email=test@example.com"}
        );
        return git(std::move(words));
    }

private:
    static std::string git(std::vector<std::string> words) {
        words.insert(words.begin(), "git");
        return slipway::test::run(std::move(words));
    }

    std::string tree_of(const std::string& blob) const {
        const std::string command =
            "printf '100644 blob " + blob + "\\tfile\\n' | git -C '" + path() + "' mktree";
        return slipway::test::run({"sh", "-c", command});
    }

    slipway::test::TempFolder folder_;
};

/// A folder for a mirror, and the mirror as git reads it.
class Mirror {
public:
    [[nodiscard]] std::filesystem::path folder() const { return folder_ / "mirror.git"; }

    std::string git(std::vector<std::string> words) const {
        words.insert(words.begin(), {"git", "-C", folder().string()});
        return slipway::test::run(std::move(words));
    }

    /// `name id` of every reference, sorted.
    [[nodiscard]] std::string references() const {
        return git({"for-each-ref", "--format=%(refname) %(objectname)"});
    }

    [[nodiscard]] bool has(const model::ObjectId& id) const {
        slipway::test::Process process(
            {"git", "-C", folder().string(), "cat-file", "-e", to_string(id)}
        );
        return process.wait() == 0;
    }

private:
    slipway::test::TempFolder folder_;
};

}  // namespace slipway::mirror::test
