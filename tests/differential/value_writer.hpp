#pragma once

#include "tests/differential/oracle.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace slipway::differential {

/// Writes the values of a Dockerfile's `ARG`s and FROMs, with care or without.
class ValueWriter {
public:
    using Choices = std::initializer_list<std::string_view>;

    ValueWriter(Random& random, bool careful) : random_(random), careful_(careful) {}

    [[nodiscard]] bool careful() const { return careful_; }

    void set_escape(char escape) { escape_ = escape; }

    /// One of the good ones, or of the bad ones where care is not taken.
    std::string pick(Choices good, Choices bad) {
        return !careful_ && random_.chance(20) ? random_.one_of(bad) : random_.one_of(good);
    }

    std::string variable() {
        return pick(
            {"A",
             "B",
             "C",
             "VERSION",
             "a_B9",
             "BUILDARCH",
             "TARGETOS",
             "TARGETSTAGE",
             "TARGETVARIANT",
             "UNSET"},
            {"TARGETPLATFORM", "1", "12", "?", "", "-"}
        );
    }

    /// A part of a value or tag, with up to `depth` substitutions and quotes in each other.
    std::string word(int depth) {
        std::string plain = pick(
            {"alpine", "3.10", "1", "", "bookworm-slim", "a-b_c", "a13a13"},
            {"ghcr.io/x/y", "build", "scratch", ":", "x y", "/"}
        );
        if (depth <= 0 || random_.chance(35)) {
            return plain;
        }
        switch (random_.below(7)) {
            case 0:
                return "\"" + word(depth - 1) + "\"";
            case 1:
                return "'" + word(depth - 1) + "'";
            case 2:
                return plain + escape_ + pick({"a", "1", "-"}, {"$", "\"", "'", "\\", "`"}) +
                       word(depth - 1);
            default:
                return substitution(depth) + pick({"", "-", "."}, {":", "/"}) + word(depth - 1);
        }
    }

private:
    Random& random_;
    bool careful_;
    char escape_ = '\\';

    std::string pattern() {
        return random_.letters("a13.*?-", 0, 4) +
               pick({"", "", R"(\*)", R"(\?)"}, {R"(\})", R"(\/)", R"(\a)", "/", "\\"});
    }

    std::string substitution(int depth) {
        const auto name = variable();
        switch (random_.below(careful_ ? 9 : 10)) {
            case 0:
            case 1:
                return "$" + name;
            case 2:
            case 3:
                return "${" + name + "}";
            case 4:
                return "${" + name + random_.one_of({"#", "##", "%", "%%"}) + pattern() + "}";
            case 5:
                return "${" + name + random_.one_of({"/", "//"}) + pattern() + "/" +
                       word(depth - 1) + "}";
            case 9:
                return "${" + name + random_.one_of({":", "!", "@", "^", ":#", "", "{", ":+:"}) +
                       "x}";
            default:
                return "${" + name + pick({":-", ":+", "-", "+"}, {":?", "?"}) + word(depth - 1) +
                       "}";
        }
    }
};

}  // namespace slipway::differential
