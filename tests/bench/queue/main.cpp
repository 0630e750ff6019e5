/// What tests/bench/run drives the store with; see tests/bench/README.md. Prints one JSON object.
#include "tests/bench/queue/figures.hpp"
#include "tests/bench/queue/fill.hpp"
#include "tests/bench/queue/place.hpp"
#include "tests/bench/queue/work.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace slipway::bench {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::span<const std::string>;

Json summary(Times times) {
    std::ranges::sort(times);
    const auto at = [&times](std::size_t percent) {
        return times.at(times.size() * percent / 100).count();
    };
    return {{"median_ms", at(50)}, {"p99_ms", at(99)}};
}

Json run_fill(Arguments arguments) {
    fill(arguments[0], std::stoll(arguments[1]));
    return Json::object();
}

/// 200 steps of 20 repositories to claim, and the figures with them.
Json run_figures(Arguments arguments) {
    const std::string& name = arguments[0];
    {
        Place place(name);
        plan(place, {.builds = 20, .steps = 10, .all_ready = true});
    }
    Json figures{{"start", summary(measure_start(name))}};
    {
        Place place(name);
        figures["claim"] = summary(measure_claims(place, 2000));
        figures["snapshot"] = summary(measure_snapshots(place, 1000));
    }
    forget_images(name);
    Place place(name);
    figures["snapshot_without_images"] = summary(measure_snapshots(place, 1000));
    return figures;
}

/// 10,000 steps of 40 repositories.
Json run_plan(Arguments arguments) {
    Place place(arguments[0]);
    plan(place, {.builds = 40, .steps = 250});
    return Json::object();
}

/// Says `ready`, and begins at the next line of its input, so that several begin together.
Json run_drain(Arguments arguments) {
    Place place(arguments[0]);
    std::cout << "ready" << std::endl;
    std::string go;
    std::getline(std::cin, go);
    return {{"steps", drain(place, std::stoi(arguments[1]))}};
}

struct Command {
    std::size_t arguments;
    Json (*run)(Arguments);
};

const std::map<std::string, Command> commands = {
    {"fill", {2, run_fill}},
    {"figures", {1, run_figures}},
    {"plan", {1, run_plan}},
    {"drain", {2, run_drain}},
};

int run(const std::vector<std::string>& arguments) {
    const auto command = arguments.empty() ? commands.end() : commands.find(arguments[0]);
    if (command == commands.end() || arguments.size() != command->second.arguments + 1) {
        std::cerr << "usage: bench_queue fill STORE BUILDS | figures STORE | plan STORE | drain "
                     "STORE SLOTS\n";
        return 2;
    }
    std::cout << command->second.run(Arguments(arguments).subspan(1)).dump() << std::endl;
    return 0;
}

}  // namespace
}  // namespace slipway::bench

int main(int count, char** words) {
    try {
        return slipway::bench::run({words + 1, words + count});
    } catch (const std::exception& exception) {
        std::cerr << "bench_queue: " << exception.what() << '\n';
        return 1;
    }
}
