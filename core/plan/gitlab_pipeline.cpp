#include "core/plan/gitlab_pipeline.hpp"

#include "core/base/sha256.hpp"
#include "core/base/utf8.hpp"
#include "core/plan/plan.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

namespace slipway::plan {
namespace {

constexpr std::size_t most_needs = 50;     // of a job: GitLab's default
constexpr std::size_t longest_name = 255;  // characters

bool is_plain(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || std::string_view("._/+@~=,-").contains(byte);
}

/// The prefix keeps names off GitLab's keywords (`image`, `pages`) and hidden jobs (`.base`).
std::string job_name(const std::string& folder) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const bool readable = valid_utf8(folder) == folder;
    std::string name = "build ";
    for (const char character : folder) {
        const auto byte = static_cast<unsigned char>(character);
        if (is_plain(character) || (byte >= 0x80 && readable)) {
            name += character;
        } else {
            name += {'%', digits[byte / 16], digits[byte % 16]};
        }
    }
    if (name.size() <= longest_name) {
        return name;
    }
    constexpr std::size_t kept = 230;
    constexpr std::size_t told = 12;
    return valid_utf8(name.substr(0, kept)) + "~" + sha256_hex(folder).substr(0, told);
}

std::string stage_name(unsigned level) {
    return "level " + std::to_string(level);
}

/// One word of a POSIX shell.
std::string shell_quoted(std::string_view word) {
    std::string text = "'";
    for (const char character : word) {
        text += character == '\'' ? std::string("'\\''") : std::string(1, character);
    }
    return text + "'";
}

using Steps = std::map<std::string, const Step*>;

/// What is never pushed can't come from the registry: whoever stands on it builds it too.
void add_folders(const Steps& steps, const Step& step, std::set<std::string>& folders) {
    if (!folders.insert(step.folder).second) {
        return;
    }
    for (const std::string& need : step.needs) {
        if (const Step& parent = *steps.at(need); !parent.push) {
            add_folders(steps, parent, folders);
        }
    }
}

std::string build_command(
    const Plan& plan, const Steps& steps, const Step& step, const std::string& registry
) {
    std::string command = "slipway build --push";
    if (!registry.empty()) {
        command += " --registry=" + shell_quoted(registry);
    }
    std::set<std::string> folders;
    add_folders(steps, step, folders);
    for (const std::string& folder : folders) {
        command += " --folder=" + shell_quoted(folder);
    }
    // The base, so that each job compares with what this plan did.
    const std::string& before = plan.base_commit.empty() ? plan.before : plan.base_commit;
    return command + " " + before + " " + plan.after;
}

void put_text(YAML::Emitter& out, const char* key, const std::string& text) {
    out << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << text;
}

void put_script(YAML::Emitter& out, const std::string& line) {
    out << YAML::Key << "script" << YAML::Value << YAML::BeginSeq << YAML::DoubleQuoted << line
        << YAML::EndSeq;
}

/// Too many are left to the stages: the job then waits for all that is below it.
void put_needs(YAML::Emitter& out, const Step& step) {
    if (step.needs.size() > most_needs) {
        return;
    }
    out << YAML::Key << "needs" << YAML::Value;
    if (step.needs.empty()) {
        out << YAML::Flow;
    }
    out << YAML::BeginSeq;
    for (const std::string& need : step.needs) {
        out << YAML::DoubleQuoted << job_name(need);
    }
    out << YAML::EndSeq;
}

/// Without rules of a workflow GitLab leaves jobs out of merge request pipelines.
void put_workflow(YAML::Emitter& out) {
    out << YAML::Key << "workflow" << YAML::Value << YAML::BeginMap;
    out << YAML::Key << "rules" << YAML::Value << YAML::BeginSeq << YAML::BeginMap;
    out << YAML::Key << "when" << YAML::Value << "always";
    out << YAML::EndMap << YAML::EndSeq << YAML::EndMap;
}

void put_variable(YAML::Emitter& out, const char* key, const std::string& value) {
    out << YAML::Key << "variables" << YAML::Value << YAML::BeginMap;
    put_text(out, key, value);
    out << YAML::EndMap;
}

void put_stages(YAML::Emitter& out, unsigned last) {
    out << YAML::Key << "stages" << YAML::Value << YAML::BeginSeq;
    for (unsigned level = 0; level <= last; ++level) {
        out << YAML::DoubleQuoted << stage_name(level);
    }
    out << YAML::EndSeq;
}

void put_job(YAML::Emitter& out, const Step& step, const std::string& command) {
    out << YAML::Key << YAML::DoubleQuoted << job_name(step.folder);
    out << YAML::Value << YAML::BeginMap;
    put_text(out, "stage", stage_name(step.level));
    put_needs(out, step);
    put_script(out, command);
    out << YAML::EndMap;
}

void put_nothing(YAML::Emitter& out, const Plan& plan) {
    put_stages(out, 0);
    out << YAML::Key << "nothing to build" << YAML::Value << YAML::BeginMap;
    put_text(out, "stage", stage_name(0));
    put_variable(out, "GIT_STRATEGY", "none");
    put_script(
        out, "echo " + shell_quoted("nothing to build from " + plan.before + " to " + plan.after)
    );
    out << YAML::EndMap;
}

void put_jobs(YAML::Emitter& out, const Plan& plan, const std::string& registry) {
    Steps steps;
    for (const Step& step : plan.steps) {
        steps.emplace(step.folder, &step);
    }
    // A shallow clone lacks the commit to compare with.
    put_variable(out, "GIT_DEPTH", "0");
    put_stages(out, plan.steps.back().level);
    for (const Step& step : plan.steps) {
        put_job(out, step, build_command(plan, steps, step, registry));
    }
}

}  // namespace

std::string to_gitlab_pipeline(const Plan& plan, const std::string& registry) {
    YAML::Emitter out;
    out << YAML::BeginMap;
    put_workflow(out);
    if (plan.steps.empty()) {
        put_nothing(out, plan);
    } else {
        put_jobs(out, plan, registry);
    }
    out << YAML::EndMap;
    return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace slipway::plan
