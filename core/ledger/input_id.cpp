#include "core/ledger/input_id.hpp"

#include "core/base/bytes.hpp"
#include "core/base/sha256.hpp"
#include "core/context/context.hpp"
#include "core/git/source_tree.hpp"
#include "core/manifest/manifest.hpp"
#include "core/model/object_id.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::ledger {
namespace {

/// What is hashed, and how it is written. Raise it with every change here: ids of another format
/// are then never taken for equal ones.
constexpr std::string_view format = "slipway input id 1";

/// As git writes it, so that no change of the enumeration changes an id.
std::string_view mode_of(git::EntryKind kind) {
    switch (kind) {
        case git::EntryKind::file:
            return "100644";
        case git::EntryKind::executable:
            return "100755";
        case git::EntryKind::symlink:
            return "120000";
        case git::EntryKind::directory:
            return "040000";
        case git::EntryKind::submodule:
            return "160000";
    }
    return "";
}

using Entries = std::vector<const context::ContextEntry*>;

/// By path. A Dockerfile that .dockerignore hides is not among them: its name in the context is
/// made of the whole folder, also of what is hidden.
Entries counted_entries(const context::ContextList& list, std::string_view dockerfile) {
    Entries entries;
    for (const context::ContextEntry& entry : list.entries) {
        if (list.dockerfile == dockerfile || entry.path != list.dockerfile) {
            entries.push_back(&entry);
        }
    }
    std::ranges::sort(entries, {}, &context::ContextEntry::path);
    return entries;
}

void write_map(ByteWriter& out, const std::map<std::string, std::string>& values) {
    out.list(values, [&](const auto& value) {
        out.text(value.first);
        out.text(value.second);
    });
}

}  // namespace

// Every text has its length before it and every list its count, so that no two inputs are written
// alike.
std::string input_id(
    const context::ContextList& list,
    const model::ObjectId& dockerfile_blob,
    const manifest::Manifest& manifest,
    const std::vector<ParentInput>& parents
) {
    ByteWriter out;
    out.text(format);
    out.list(counted_entries(list, manifest.dockerfile), [&](const context::ContextEntry* entry) {
        out.text(entry->path);
        out.text(mode_of(entry->kind));
        out.text(to_string(entry->id));
    });
    out.text(manifest.dockerfile);
    out.text(to_string(dockerfile_blob));
    out.text(manifest.target);
    out.text(manifest.platform);
    write_map(out, manifest.build_args);
    write_map(out, manifest.labels);
    out.list(parents, [&](const ParentInput& parent) {
        out.text(parent.reference);
        out.text(parent.id);
    });
    return sha256_hex(out.take());
}

}  // namespace slipway::ledger
