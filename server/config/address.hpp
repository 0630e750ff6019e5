#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::config {

[[nodiscard]] bool is_http(std::string_view url);

/// `ssh://…`, or `git@host:path`.
[[nodiscard]] bool is_ssh(std::string_view url);

/// Neither a scheme nor a host.
[[nodiscard]] bool is_path(std::string_view url);

/// What is wrong with a clone address, without a word of it that may be secret; nothing where it is
/// right.
[[nodiscard]] std::optional<std::string> problem_of_url(std::string_view url);

/// `postgresql://…` or `postgres://…`.
[[nodiscard]] bool is_postgres(std::string_view store);

/// What is wrong with the address of a PostgreSQL store, without a word of it that may be secret;
/// nothing where it is right.
[[nodiscard]] std::optional<std::string> problem_of_postgres(std::string_view store);

/// Whether it is `127.0.0.1:8080` or `[::1]:8080`; port 0 takes a free one.
[[nodiscard]] bool is_listen_address(std::string_view text);

/// The path of a GitLab project in a clone address: `team/images` of `git@host:team/images.git`.
/// Nothing of a local one.
[[nodiscard]] std::optional<std::string> project_of_url(std::string_view url);

}  // namespace slipway::config
