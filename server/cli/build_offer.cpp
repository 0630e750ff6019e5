#include "server/cli/build_offer.hpp"

#include "core/base/result.hpp"
#include "server/base/environment.hpp"
#include "server/cli/options.hpp"
#include "server/factory/work.hpp"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <fstream>
#include <functional>
#include <ios>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::cli {
namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

/// `a=b,c=d`, as docker's options are written.
Fields fields_of(std::string_view text) {
    Fields fields;
    while (!text.empty()) {
        const std::string_view field = text.substr(0, text.find(','));
        const std::size_t equals = field.find('=');
        const bool has_value = equals != std::string_view::npos;
        fields.emplace(field.substr(0, equals), has_value ? field.substr(equals + 1) : "");
        text.remove_prefix(std::min(text.size(), field.size() + 1));
    }
    return fields;
}

std::string value_at(const Fields& fields, std::string_view key) {
    const auto found = fields.find(key);
    return found == fields.end() ? std::string() : found->second;
}

Result<std::string> read_file(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), {}};
    if (!file || file.bad()) {
        return fail(ErrorCode::invalid, "--secret: the file '" + name + "' can't be read");
    }
    return content;
}

Result<std::pair<std::string, std::string>> read_secret(const std::string& text) {
    const Fields fields = fields_of(text);
    const std::string id = value_at(fields, "id");
    const std::string file = value_at(fields, fields.contains("source") ? "source" : "src");
    const std::string name = value_at(fields, "env");
    if (id.empty() || file.empty() == name.empty()) {
        return fail(
            ErrorCode::invalid,
            "--secret '" + text + "': write id=ID,src=FILE or id=ID,env=VARIABLE"
        );
    }
    if (!file.empty()) {
        auto content = read_file(file);
        return content ? Result<std::pair<std::string, std::string>>({id, *std::move(content)})
                       : std::unexpected(content.error());
    }
    auto value = variable(name);
    if (!value) {
        return fail(ErrorCode::invalid, "--secret: the variable " + name + " is not set");
    }
    return std::pair(id, *std::move(value));
}

Result<std::pair<std::string, std::string>> read_agent(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) {
        return std::pair(text.substr(0, equals), text.substr(equals + 1));
    }
    const auto socket = variable("SSH_AUTH_SOCK");
    if (!socket || socket->empty()) {
        return fail(
            ErrorCode::invalid, "--ssh " + text + ": SSH_AUTH_SOCK is not set; write ID=SOCKET"
        );
    }
    return std::pair(text, *socket);
}

}  // namespace

Result<factory::BuildOffer> read_offer(const BuildOptions& options) {
    factory::BuildOffer offer;
    for (const std::string& text : options.secrets) {
        auto secret = read_secret(text);
        if (!secret) {
            return std::unexpected(secret.error());
        }
        offer.secrets.insert(*std::move(secret));
    }
    for (const std::string& text : options.ssh_agents) {
        auto agent = read_agent(text);
        if (!agent) {
            return std::unexpected(agent.error());
        }
        offer.ssh_agents.insert(*std::move(agent));
    }
    offer.cache_from = options.cache_from;
    offer.no_cache = options.no_cache;
    return offer;
}

}  // namespace slipway::cli
