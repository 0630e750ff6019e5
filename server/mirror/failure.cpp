#include "server/mirror/failure.hpp"

#include "core/base/result.hpp"
#include "core/base/utf8.hpp"
#include "core/git/shortage.hpp"
#include "server/mirror/address.hpp"
#include "server/mirror/mirror.hpp"

#include <git2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace slipway::mirror {
namespace {

struct Meaning {
    std::string_view words;
    ErrorCode code;
    std::string_view advice;
};

constexpr std::string_view check_url =
    "; check the repository's url, and that the credentials may read it";
constexpr std::string_view check_access = "; check the credentials and what they may read";

// libgit2 says most things with one code, -1; what happened is in its words, or in those of the
// remote.
constexpr std::array meanings = {
    Meaning{"status code: 401", ErrorCode::denied, check_access},
    Meaning{"status code: 403", ErrorCode::denied, check_access},
    Meaning{"status code: 404", ErrorCode::not_found, check_url},
    Meaning{"status code: 410", ErrorCode::not_found, check_url},
    Meaning{
        "invalid content-type",
        ErrorCode::not_found,
        "; the url answers, but not as a Git repository"
    },
    Meaning{
        "cannot redirect",
        ErrorCode::invalid,
        "; credentials follow no redirect: configure the new url"
    },
    Meaning{"could not be found", ErrorCode::not_found, check_url},
    Meaning{"epository not found", ErrorCode::not_found, check_url},
    Meaning{"does not appear to be a git repository", ErrorCode::not_found, check_url},
    Meaning{"could not find repository", ErrorCode::not_found, check_url},
    Meaning{
        "is not owned by",
        ErrorCode::denied,
        "; run slipway as its owner, or add it to git's safe.directory"
    },
    Meaning{"ermission denied", ErrorCode::denied, check_access},
    Meaning{"private key", ErrorCode::denied, "; an ssh key must have no passphrase"},
    Meaning{"known_hosts", ErrorCode::invalid, "; libgit2 needs the variable HOME for ssh"},
    Meaning{"malformed", ErrorCode::invalid, "; correct the repository's url"},
};

const Meaning* find_meaning(std::string_view words) {
    const auto* const found = std::ranges::find_if(meanings, [words](const Meaning& meaning) {
        return words.contains(meaning.words);
    });
    return found != meanings.end() ? found : nullptr;
}

ErrorCode code_of(int code, int error_class) {
    switch (code) {
        case GIT_EAUTH:
        case GIT_ECERTIFICATE:
        case GIT_EOWNER:
            return ErrorCode::denied;
        case GIT_EINVALIDSPEC:
            return ErrorCode::invalid;
        case GIT_EEOF:
        case GIT_EUSER:
            return ErrorCode::unavailable;
        default:
            break;
    }
    switch (error_class) {
        case GIT_ERROR_NET:
        case GIT_ERROR_HTTP:
        case GIT_ERROR_SSH:
        case GIT_ERROR_SSL:
            return ErrorCode::unavailable;
        default:
            return ErrorCode::internal;
    }
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    if (what.empty()) {
        return;
    }
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

/// Words that may have come from the other side: one line, of bounded length.
std::string tame(std::string words, const Remote& remote) {
    constexpr std::size_t longest = 300;
    replace_all(words, remote.token, "<redacted>");
    replace_all(words, remote.url, shown(remote.url));
    std::ranges::replace_if(
        words, [](unsigned char byte) { return byte < ' ' || byte == 0x7f; }, ' '
    );
    words.resize(std::min(words.size(), longest));
    words.erase(words.find_last_not_of(' ') + 1);
    return valid_utf8(words);
}

}  // namespace

std::unexpected<Error> remote_failure(std::string_view doing, int code, const Remote& remote) {
    const git_error* const error = git_error_last();
    const std::string words = tame(error != nullptr ? error->message : "no reason given", remote);
    ErrorCode what = code_of(code, error != nullptr ? error->klass : GIT_ERROR_NONE);
    std::string_view advice = git::advice_on_shortage(words);
    if (!advice.empty()) {
        what = ErrorCode::unavailable;
    } else if (const Meaning* const meaning = find_meaning(words);
               meaning != nullptr && what != ErrorCode::denied && what != ErrorCode::invalid) {
        what = meaning->code;
        advice = meaning->advice;
    }
    return fail(
        what,
        std::string(doing) + ": " + words + " (libgit2 " + std::to_string(code) + ")" +
            std::string(advice)
    );
}

}  // namespace slipway::mirror
