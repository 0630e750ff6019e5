#pragma once

#include "core/base/result.hpp"
#include "core/model/image_ref.hpp"
#include "server/base/credentials.hpp"
#include "server/engine/engine_api.hpp"
#include "server/factory/work.hpp"
#include "server/store/store.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace slipway::factory {

[[nodiscard]] net::awaitable<Result<Credentials>> find_credentials(
    Workshop& workshop, std::string domain
);

/// What was refused is not used again. Where a helper may have others by now, `denied` becomes
/// `unavailable`, and true is answered: worth another try.
bool forget_refused(Workshop& workshop, const std::string& domain, Error& error);

/// The digest that a reference has in its registry; nothing where it has none.
[[nodiscard]] net::awaitable<Result<std::optional<std::string>>> find_in_registry(
    Workshop& workshop, model::ImageRef reference
);

/// The same where it is the image that an engine calls `image_id`; also nothing where no registry
/// can be asked.
[[nodiscard]] net::awaitable<Result<std::optional<std::string>>> find_same_image(
    Workshop& workshop, model::ImageRef reference, std::string image_id
);

/// After a push: the name holds what was pushed. A registry that can't be asked from here, though
/// the engine reached it, is told of and no error.
[[nodiscard]] net::awaitable<Result<void>> check_held(
    Workshop& workshop, model::ImageRef reference, std::string digest, engine::LogSink log
);

/// After a push that was put off: how long the registry wants to be left alone. The engine does not
/// tell, but asked now, the registry says it again.
[[nodiscard]] net::awaitable<void> ask_for_wait(
    Workshop& workshop, model::ImageRef reference, Error& error
);

/// For a repository whose references are not overwritten: an error where a registry has one of
/// those that the step has not pushed itself.
[[nodiscard]] net::awaitable<Result<void>> check_not_taken(
    Workshop& workshop, const store::Step& step
);

}  // namespace slipway::factory
