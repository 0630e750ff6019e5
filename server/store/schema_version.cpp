#include "server/store/schema_version.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace slipway::store {

std::optional<std::string> refusal(SchemaVersion schema, std::int64_t known) {
    if (schema.number <= known || schema.oldest <= known) {
        return std::nullopt;
    }
    return "was written by a newer slipway (its schema is " + std::to_string(schema.number) +
           ", for those that know at least " + std::to_string(schema.oldest) +
           "; this slipway knows up to " + std::to_string(known) +
           "); run that version, or restore a backup made before it";
}

}  // namespace slipway::store
