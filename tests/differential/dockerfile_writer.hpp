#pragma once

#include "tests/differential/oracle.hpp"
#include "tests/differential/value_writer.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::differential {

/// Writes Dockerfiles: about two of three are careful, so that BuildKit takes most of them; the
/// others are full of traps.
///
/// The instructions are those that can name or hide an image. Of the others (ENV, LABEL, CMD, …)
/// slipway leaves the mistakes to the build, so here are only some that BuildKit's parser never
/// refuses.
class DockerfileWriter {
public:
    explicit DockerfileWriter(Random& random)
        : random_(random), values_(random, random.chance(65)) {}

    std::string write() {
        header();
        for (auto left = random_.below(4); left > 0; --left) {
            line(global_arg());
        }
        for (auto left = 1 + random_.below(3); left > 0; --left) {
            line(from());
            for (auto commands = random_.below(5); commands > 0; --commands) {
                line((random_.chance(12) ? keyword("ONBUILD") : "") + command());
            }
            ++stages_;
        }
        return std::move(text_);
    }

private:
    Random& random_;
    ValueWriter values_;
    std::string text_;
    char escape_ = '\\';
    std::size_t stages_ = 0;          ///< that are written
    std::vector<std::string> names_;  ///< of those stages, and of the one that is being written

    void header() {
        if (random_.chance(3)) {
            text_ += "\xEF\xBB\xBF";
        }
        if (random_.chance(20)) {
            text_ += values_.pick(
                {"# escape=`\n", "#escape = `\r\n", "# Escape=\\\n"},
                {"# escape=x\n", "# escape= \n", "# escape=\n"}
            );
        }
        while (random_.chance(15)) {
            text_ += values_.pick(
                {"# a comment\n", "\n", "#!/usr/bin/env x\n", "# check =\n", " # Escape=`  \n"},
                {"# syntax=docker/dockerfile:1\n", "# check=skip=all\n"}
            );
        }
        escape_ = text_.contains('`') ? '`' : '\\';
        values_.set_escape(escape_);
    }

    void line(std::string text) {
        if (random_.chance(10)) {
            text_ += random_.one_of({"# comment\n", "\n", "   \n", "\t# x \\\n", "\u00a0\n"});
        }
        if (random_.chance(10)) {
            text = random_.one_of({" ", "\t", "\u00a0", "  "}) + text;
        }
        if (random_.chance(15)) {
            const auto space = text.find(' ', random_.below(text.size()));
            const std::string after =
                random_.one_of({"\n", "  \n", "\n# comment\n", "\n\n", "\r\n", "\n  # c\n \n"});
            if (space < text.size() - 1 || !values_.careful()) {
                text.insert(space == std::string::npos ? text.size() : space + 1, escape_ + after);
            }
        }
        text_ += text + (random_.chance(3) ? "\r\n" : "\n");
    }

    std::string keyword(std::string_view upper) {
        std::string text(upper);
        if (random_.chance(20)) {
            std::ranges::transform(text, text.begin(), [&](char c) {
                return random_.chance(60) ? static_cast<char>(c - 'A' + 'a') : c;
            });
        }
        return text + random_.one_of({" ", " ", " ", "  ", "\t"});
    }

    std::string global_arg() {
        std::string text = keyword("ARG");
        for (auto left = 1 + random_.below(2); left > 0; --left) {
            text += values_.variable() + (random_.chance(85) ? "=" + values_.word(3) : "") + " ";
        }
        return text;
    }

    std::string base() {
        if (random_.chance(20) && !names_.empty()) {
            return names_[random_.below(names_.size())];
        }
        if (random_.chance(60)) {
            return random_.one_of(
                       {"alpine",
                        "ghcr.io/x/y",
                        "localhost:5000/team/z",
                        "${REGISTRY:-docker.io}/python"}
                   ) +
                   ":v" + values_.word(4);
        }
        return values_.pick(
            {"alpine",
             "alpine:3",
             "ghcr.io/x/y:1",
             "scratch",
             "0",
             "scratch:latest",
             "base",
             "\"quoted\""},
            {"Scratch", "Build", "a@b", "x:y:z", "$A", "$UNSET", "a$", "${", "$B:$C", "a'b"}
        );
    }

    std::string from() {
        std::string text = keyword("FROM");
        if (random_.chance(20)) {
            text += "--platform=" +
                    values_.pick(
                        {"linux/amd64",
                         "$BUILDPLATFORM",
                         "${TARGETPLATFORM:-linux}",
                         "linux/arm/v7",
                         "linux",
                         "arm64",
                         "X86_64",
                         "'linux'/arm64",
                         "windows(10.0.1)/amd64",
                         "windows(10+a)/x",
                         "linux/$BUILDARCH",
                         "a_b/c.d/e",
                         "macOS"},
                        {"bogus",
                         "a/b/c/d",
                         "",
                         "$UNSET",
                         "$A",
                         "os(%zz)/x",
                         "os(a++b)/c",
                         "o.s/x",
                         "linux/",
                         "linux()",
                         "arm64()"}
                    ) +
                    " ";
        }
        text += base();
        if (random_.chance(60)) {
            names_.push_back(
                random_.one_of({"build", "base", "final", "a-b_c.d", "scratch", "stage2", "stage3"})
            );
            text += values_.pick({" AS ", " as ", " As ", "  AS  "}, {" IS ", " "});
            text += values_.pick(
                {names_.back(), names_.back(), "Build", "BASE"}, {"1st", "x y", "a$b"}
            );
        }
        return text;
    }

    /// What COPY --from and mounts name.
    std::string source() {
        if (random_.chance(25) && !names_.empty()) {
            return names_[random_.below(names_.size())];
        }
        if (random_.chance(20) && stages_ > 0) {
            return random_.one_of({"0", "00", "+0", std::to_string(random_.below(stages_))});
        }
        return values_.pick(
            {"alpine:3", "ghcr.io/x/y", "scratch", "", "Localhost/x", "99999999999999999999"},
            {"$A",
             "a$",
             "a\"b\"",
             "UPPER",
             "0",
             "1",
             "2",
             "+1",
             "-1",
             "9",
             "build",
             "Final",
             "a`b",
             "a\\b"}
        );
    }

    std::string copy() {
        std::string text = keyword("COPY");
        if (random_.chance(60)) {
            text += random_.one_of(
                        {"--from=" + source(),
                         "--from='" + source() + "'",
                         std::string("--fr") + escape_ + "om=" + source()}
                    ) +
                    " ";
        }
        while (random_.chance(25)) {
            text += values_.pick(
                        {"--link", "--exclude=a", "--exclude=b", "--"},
                        {"--link=",
                         "--link=maybe",
                         "--bogus=1",
                         "--from",
                         "--from=x",
                         "--chown=1:1",
                         "--parents=false"}
                    ) +
                    " ";
        }
        return text + values_.pick(
                          {"a b",
                           "a /",
                           "[\"a\", \"b\"]",
                           "<<E /a\nFROM x\nE",
                           "<<E <<F d\nE\nF",
                           "['a', 'b']"},
                          {"a", "", "[\"a\"]", "[1]", "[\"a\", {}]", "a <<E", "a <<E\nE"}
                      );
    }

    std::string mount() {
        std::string text = values_.pick(
            {"type=cache,", "type=bind,", "", "TYPE=bind,", "ro,", "\"a,b=c\","},
            {"\"a\"b,", "a\"b,", "type=secret,"}
        );
        text += values_.pick(
                    {"from=", "from=", "From=", "\"from=\"\"x\"\"\",from="},
                    {"source=", "from", "\"from="}
                ) +
                source();
        text += values_.pick(
            {",target=/x", ",target=$A", "", ",from=alpine"}, {",", ",from=$A", ",from=a$", ",\""}
        );
        return random_.chance(10) ? "'" + text + "'" : text;
    }

    std::string heredoc() {
        const std::string open = values_.pick(
            {"<<E", "<<-E", "<<'E'", "<<\"E\"", "<< E", "3<<E", "<<\\E", "<<E>f"},
            {"<<<E",
             "\"<<E\"",
             "<<E <<F",
             "<<$E",
             "<<E<",
             "x<<E",
             "<<${A:-E}",
             "<<E${A:-x}",
             "x${A:-y z}<<E",
             "<<",
             "<<-",
             "<<''"}
        );
        return open + values_.pick(
                          {"\nFROM hidden\nE",
                           "\nFROM hidden\n\tE\nE",
                           "\n# c \\\nE",
                           "\n  COPY --from=hid a b\nE\r"},
                          {"\nE\\", "", "\n$E\n${A:-E}\nE", "\nF\nE", "\nE\nF"}
                      );
    }

    std::string run() {
        std::string text = keyword("RUN");
        while (random_.chance(45)) {
            text +=
                values_.pick(
                    {"--mount=" + mount(), "--mount=" + mount(), "--mount=type=cache,target=/c"},
                    {"--bogus",
                     "--mount",
                     "--mount= ",
                     "--network=none",
                     "--network=x",
                     "--security=insecure",
                     "--security="}
                ) +
                " ";
        }
        return text + values_.pick(
                          {"make",
                           "",
                           "[\"a\"]",
                           "[1e999]",
                           "[ x ]",
                           "echo 'a b'",
                           "cat " + heredoc(),
                           heredoc(),
                           "[\"<<E\"]"},
                          {"[\"a\", 1]",
                           "[null]",
                           "[[]]",
                           "echo \"unclosed " + heredoc(),
                           "a && \\\\",
                           "[\"a\"] <<E"}
                      );
    }

    std::string command() {
        switch (random_.below(8)) {
            case 0:
            case 1:
            case 2:
                return copy();
            case 3:
            case 4:
            case 5:
                return run();
            case 6:
                return values_.pick(
                    {"ADD a b",
                     "ADD <<E b\nFROM x\nE",
                     "ADD --from=x a b",
                     "MAINTAINER me",
                     "# x \\"},
                    {"FORM alpine",
                     "ONBUILD RUN x",
                     "ONBUILD",
                     "ADD [1]",
                     "ONBUILD FROM x",
                     "ONBUILD --x RUN y",
                     "FROM"}
                );
            default:
                return random_.one_of(
                    {"WORKDIR /x", "USER 1 <<E", "ARG A=other", "EXPOSE 80", "ARG"}
                );
        }
    }
};

}  // namespace slipway::differential
