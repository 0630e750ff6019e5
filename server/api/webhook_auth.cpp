#include "server/api/webhook_auth.hpp"

#include "core/wire/signature.hpp"
#include "server/config/config.hpp"
#include "server/http/message.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace slipway::api {
namespace {

class Judge {
public:
    Judge(const http::Request& request, std::chrono::sys_seconds now)
        : body_(request.body),
          token_(request.header("x-gitlab-token")),
          headers_{
              request.header("webhook-id"),
              request.header("webhook-timestamp"),
              request.header("webhook-signature")
          },
          now_(now) {}

    Authenticity judge(const config::WebhookSecret& secret) {
        if (!headers_.signature.empty()) {
            return secret.signing_key.empty() ? Authenticity::unknown
                                              : judge_signature(secret.signing_key.reveal());
        }
        const bool same = !secret.token.empty() && !token_.empty() &&
                          wire::equal_in_constant_time(token_, secret.token.reveal());
        return same ? Authenticity::authentic : Authenticity::unknown;
    }

private:
    /// The same key for many repositories is tried once: a body may be 25 MiB.
    Authenticity judge_signature(const std::string& token) {
        const auto [known, fresh] = verdicts_.try_emplace(token, Authenticity::unknown);
        if (fresh) {
            const auto key = wire::signing_key(token);
            const auto verdict = key ? wire::verify_signature(*key, headers_, body_, now_)
                                     : wire::SignatureVerdict::malformed;
            known->second = verdict == wire::SignatureVerdict::valid   ? Authenticity::authentic
                            : verdict == wire::SignatureVerdict::stale ? Authenticity::stale
                                                                       : Authenticity::unknown;
        }
        return known->second;
    }

    std::string_view body_;
    std::string_view token_;
    wire::SignatureHeaders headers_;
    std::chrono::sys_seconds now_;
    std::map<std::string_view, Authenticity> verdicts_;
};

}  // namespace

Authentication authenticate(
    const config::Config& config, const http::Request& request, std::chrono::sys_seconds now
) {
    Judge judge(request, now);
    Authentication result;
    for (const config::Repository& repository : config.repositories) {
        for (const config::WebhookSecret& secret : repository.webhook) {
            const Authenticity verdict = judge.judge(secret);
            if (verdict == Authenticity::authentic) {
                result.verdict = Authenticity::authentic;
                result.repositories.insert(repository.name);
            } else if (verdict == Authenticity::stale && result.verdict == Authenticity::unknown) {
                result.verdict = Authenticity::stale;
            }
        }
    }
    return result;
}

}  // namespace slipway::api
