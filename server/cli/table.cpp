#include "server/cli/table.hpp"

#include "core/base/utf8.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/plan_json.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::cli {
namespace {

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) !=
               0x80U;  // not the inside of a UTF-8 character
    }));
}

std::string short_id(const std::string& id) {
    return id.substr(0, 10);
}

std::string compared_with(const plan::Plan& plan) {
    if (plan.base_rule == "empty") {
        return "with nothing before it";
    }
    const std::string from = "with " + short_id(plan.base_commit);
    return plan.base_rule == "merge_base" ? from + ", where it left the default branch" : from;
}

std::string counted(std::size_t count, const std::string& one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string summary(const plan::Plan& plan) {
    std::string text =
        plan.steps.empty() ? "Nothing to build" : counted(plan.steps.size(), "image") + " to build";
    text += ", " + std::to_string(plan.unchanged) + " unchanged";
    if (!plan.errors.empty()) {
        text += ", " + counted(plan.errors.size(), "error");
    }
    return text + ".\n";
}

}  // namespace

std::string to_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(printable(row[i])));
        }
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string cell = printable(row[i]);
            line += cell + std::string(widths[i] - width_of(cell) + 2, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string to_text(const plan::Plan& plan) {
    std::string text = printable(plan.repository) + " " + short_id(plan.after) + ", compared " +
                       compared_with(plan) + "\n\n";
    std::vector<std::vector<std::string>> rows;
    if (!plan.steps.empty()) {
        rows.push_back({"LEVEL", "IMAGE", "FOLDER", "WHY"});
    }
    for (const plan::Step& step : plan.steps) {
        bool first = true;
        for (const plan::Reason& reason : step.reasons) {
            const std::vector<std::string> head = {
                std::to_string(step.level), step.image, step.folder
            };
            std::vector<std::string> row = first ? head : std::vector<std::string>(head.size());
            row.push_back(plan::in_words(reason));
            rows.push_back(row);
            first = false;
        }
    }
    text += to_table(rows);
    text += rows.empty() ? "" : "\n";
    for (const plan::Removed& removed : plan.removed) {
        std::string line =
            removed.moved_to.empty() ? "Removed: " : "Moved to " + removed.moved_to + ": ";
        line.append(removed.folder).append(" (").append(removed.image).append(")");
        text += printable(line) + "\n";
    }
    return text + summary(plan);
}

std::string to_text(std::chrono::milliseconds duration) {
    const auto total = duration.count();
    char buffer[32];
    if (total < 60000) {
        std::snprintf(
            buffer,
            sizeof buffer,
            "%lld.%llds",
            static_cast<long long>(total / 1000),
            static_cast<long long>(total / 100 % 10)
        );
    } else {
        std::snprintf(
            buffer,
            sizeof buffer,
            "%lldm %02llds",
            static_cast<long long>(total / 60000),
            static_cast<long long>(total / 1000 % 60)
        );
    }
    return buffer;
}

}  // namespace slipway::cli
