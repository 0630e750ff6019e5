#pragma once

#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {

/// A repository of images that stands for the remote, made and changed by git itself: `base`; `app`
/// on base; `other`.
class ImagesRemote {
public:
    /// `registry`: of the images.
    explicit ImagesRemote(const std::string& registry = "r.example") {
        git({"init", "--quiet", "--initial-branch=main"});
        add_image("base", "FROM scratch\n");
        add_image("app", "FROM " + registry + "/base:1\n");
        add_image("other", "FROM scratch\n");
    }

    [[nodiscard]] std::string path() const { return folder_.path().string(); }

    void add_image(const std::string& folder, const std::string& dockerfile) const {
        write(folder + "/manifest.yml", "image: " + folder + "\nversion: 1\n");
        write(folder + "/Dockerfile", dockerfile + "COPY manifest.yml /\n");
    }

    void write(const std::string& file, const std::string& text) const {
        std::filesystem::create_directories((folder_ / file).parent_path());
        std::ofstream(folder_ / file) << text;
    }

    void remove(const std::string& folder) const { std::filesystem::remove_all(folder_ / folder); }

    /// All that is there, on the branch that is checked out. Answers the commit.
    std::string commit() const {
        git({"add", "--all"});
        git({"commit", "--quiet", "--allow-empty", "-m", "Images"});
        return id_of("HEAD");
    }

    /// A commit that changes a file of each folder.
    std::string change(const std::vector<std::string>& folders) {
        for (const std::string& folder : folders) {
            write(folder + "/file", std::to_string(++changes_));
        }
        return commit();
    }

    [[nodiscard]] std::string id_of(const std::string& revision) const {
        return git({"rev-parse", revision});
    }

    std::string git(std::vector<std::string> words) const {
        words.insert(
            words.begin(),
            {"git",
             "-C",
             path(),
             "-c",
             "user.name=Test",
             "-c",
             "user.email=test@example.com",
             "-c",
             "commit.gpgsign=false"}
        );
        return test::run(std::move(words));
    }

private:
    test::TempFolder folder_;
    int changes_ = 0;
};

}  // namespace slipway::factory
