#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

/// Differential tests: random cases are given to slipway and to an independent program
/// (tests/oracle), which must agree.
///
/// Environment: SLIPWAY_ORACLES is the folder of the oracles' programs (without it the tests skip),
/// SLIPWAY_CASES how many cases (2000), SLIPWAY_SEED where they start. Case n of seed s is case 0
/// of seed s + n, so one case is replayed by itself.
namespace slipway::differential {

using nlohmann::json;

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::size_t below(std::size_t end) { return static_cast<std::size_t>(engine_() % end); }

    bool chance(std::size_t percent) { return below(100) < percent; }

    std::string one_of(std::initializer_list<std::string_view> choices) {
        return std::string(*(choices.begin() + below(choices.size())));
    }

    std::string letters(std::string_view alphabet, std::size_t at_least, std::size_t at_most) {
        std::string text;
        for (auto left = at_least + below(at_most - at_least + 1); left > 0; --left) {
            text += alphabet[below(alphabet.size())];
        }
        return text;
    }

    /// `text` with one character inserted, removed, replaced or doubled.
    std::string mutated(std::string text, std::string_view alphabet) {
        const char letter = alphabet[below(alphabet.size())];
        if (text.empty() || chance(30)) {
            return text.insert(below(text.size() + 1), 1, letter);
        }
        const auto at = below(text.size());
        if (chance(40)) {
            return text.erase(at, 1);
        }
        if (chance(60)) {
            text[at] = letter;
            return text;
        }
        const char doubled = text[at];
        return text.insert(at, 1, doubled);
    }

private:
    std::mt19937_64 engine_;
};

inline std::optional<std::string> environment(const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread starts
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

inline std::uint64_t first_seed() {
    return std::stoull(environment("SLIPWAY_SEED").value_or("20240817"));
}

inline std::size_t case_count() {
    return std::stoul(environment("SLIPWAY_CASES").value_or("2000"));
}

/// The answers of an oracle's program, one per case.
inline std::vector<json> ask(const std::filesystem::path& program, const std::vector<json>& cases) {
    const auto input = std::filesystem::temp_directory_path() /
                       ("slipway-cases-" + std::to_string(::getpid()) + ".jsonl");
    std::ofstream stream(input);
    for (const auto& one : cases) {
        stream << one.dump() << '\n';
    }
    stream.close();
    const std::string command = "'" + program.string() + "' < '" + input.string() + "'";
    std::vector<json> answers;
    {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
            ::popen(command.c_str(), "r"), ::pclose
        );
        char* line = nullptr;
        std::size_t size = 0;
        while (pipe && ::getline(&line, &size, pipe.get()) > 0) {
            answers.push_back(json::parse(line));
        }
        std::free(line);  // NOLINT(cppcoreguidelines-no-malloc): getline allocates it
    }
    std::filesystem::remove(input);
    return answers;
}

/// Makes the cases, asks the oracle, and compares each answer with `slipway`'s by `disagreement`,
/// which is empty when they agree.
template <class Generate, class Disagreement>
void compare(const std::string& oracle, Generate generate, Disagreement disagreement) {
    const auto folder = environment("SLIPWAY_ORACLES");
    if (!folder) {
        GTEST_SKIP(
        ) << "SLIPWAY_ORACLES is not set: build the oracles with "
             "`cd tests/oracle && GOBIN=FOLDER go install ./cmd/...` and set it to FOLDER";
    }
    const auto seed = first_seed();
    std::cout << "seed " << seed << ", " << case_count() << " cases\n";
    std::vector<json> cases;
    for (std::size_t i = 0; i < case_count(); ++i) {
        // NOLINTNEXTLINE(misc-const-correctness): the generator takes it by reference
        Random random(seed + i);
        cases.push_back(generate(random));
    }
    const auto answers = ask(std::filesystem::path(*folder) / oracle, cases);
    ASSERT_EQ(answers.size(), cases.size()) << "the oracle stopped early";
    std::size_t refused = 0;
    int shown = 0;
    for (std::size_t i = 0; i < cases.size() && shown < 5; ++i) {
        refused += answers[i].value("error", "").empty() ? 0 : 1;
        const std::string why = disagreement(cases[i], answers[i]);
        if (!why.empty()) {
            ++shown;
            const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
            ADD_FAILURE() << why << "\ncase:   " << cases[i].dump()
                          << "\noracle: " << answers[i].dump()
                          << "\nreplay: SLIPWAY_SEED=" << seed + i
                          << " SLIPWAY_CASES=1 SLIPWAY_ORACLES=" << *folder
                          << " differential --gtest_filter=" << test->test_suite_name() << "."
                          << test->name();
        }
    }
    std::cout << refused << " of them are refused\n";
}

}  // namespace slipway::differential
