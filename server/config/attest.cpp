#include "server/config/attest.hpp"

#include "server/config/config.hpp"
#include "server/config/reader.hpp"
#include "server/config/values.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::config {
namespace {

/// A list of words as a sentence says it.
template <class Words>
std::string listed(const Words& words) {
    std::string list;
    for (const std::string_view word : words) {
        list.append(list.empty() ? "" : ", ").append(word);
    }
    return list;
}

void read_name(Reader& reader, Names& names, std::string& target) {
    const auto name = reader.required("name");
    if (!name) {
        return;
    }
    names.add(reader, *name);
    if (std::ranges::find(all_attestations, name->value) == all_attestations.end()) {
        reader.error(*name, "'" + name->value + "' is none of " + listed(all_attestations));
    }
    target = name->value;
}

/// The `{word}`s of an argument; other braces stand for themselves.
std::vector<std::string> places_of(std::string_view argument) {
    std::vector<std::string> places;
    for (auto open = argument.find('{'); open != std::string_view::npos;
         open = argument.find('{', open + 1)) {
        const auto close = argument.find('}', open);
        const std::string_view place = argument.substr(open, close - open + 1);
        const bool is_word =
            close != std::string_view::npos && place.size() > 2 &&
            std::ranges::all_of(place.substr(1, place.size() - 2), [](unsigned char letter) {
                return std::islower(letter) != 0;
            });
        if (is_word) {
            places.emplace_back(place);
        }
    }
    return places;
}

/// A folder's name may hold whatever a shell makes a command of: it never becomes part of a script,
/// which has braces of its own too.
void check_argument(Reader& reader, const Text& argument) {
    const bool is_script = argument.value.find_first_of(" \t\r\n") != std::string::npos;
    for (const std::string& place : places_of(argument.value)) {
        const bool is_known = std::ranges::find(attest_places, place) != attest_places.end();
        std::string problem = "'" + place + "' ";
        if (is_known && is_script) {
            problem
                .append("in an argument with spaces is not filled in; give it to a script as an ")
                .append("argument: [sh, -c, 'sign \"$1\"', sh, \"")
                .append(place)
                .append("\"]");
            reader.error(argument, std::move(problem));
        } else if (!is_known && !is_script) {
            problem.append("is none of ").append(listed(attest_places));
            reader.error(argument, std::move(problem));
        }
    }
}

void read_command(Reader& reader, std::vector<std::string>& target) {
    const auto words = reader.texts("command");
    if (!words || words->empty()) {
        reader.error("key 'command' is missing: a list of a program and its arguments");
        return;
    }
    for (const Text& word : *words) {
        check_argument(reader, word);
        target.push_back(word.value);
    }
}

void read_env(Reader& reader, std::vector<Variable>& target) {
    Names names;
    auto entries = reader.maps("env");
    for (Reader& entry : entries.value_or(std::vector<Reader>{})) {
        Variable& variable = target.emplace_back();
        if (const auto name = entry.required("name")) {
            names.add(entry, *name);
            if (name->value.contains('=')) {
                entry.error(*name, "'" + name->value + "' is no name of a variable");
            }
            variable.name = name->value;
        }
        if (!read_secret(entry, "value", variable.value)) {
            entry.error("key 'value' or 'value_file' is missing");
        }
        entry.finish();
    }
}

}  // namespace

void read_attest(Reader& reader, std::vector<Attestation>& target) {
    Names names;
    auto entries = reader.maps("attest");
    for (Reader& entry : entries.value_or(std::vector<Reader>{})) {
        Attestation& attestation = target.emplace_back();
        read_name(entry, names, attestation.name);
        read_command(entry, attestation.command);
        read_env(entry, attestation.env);
        read_duration(entry, "timeout", attestation.timeout);
        entry.finish();
    }
}

}  // namespace slipway::config
