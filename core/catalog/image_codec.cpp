#include "core/catalog/image_codec.hpp"

#include "core/base/bytes.hpp"
#include "core/base/source_error.hpp"
#include "core/catalog/image.hpp"
#include "core/dockerfile/dockerfile.hpp"
#include "core/manifest/manifest.hpp"
#include "core/model/object_id.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::catalog {
namespace {

void write_id(ByteWriter& out, const model::ObjectId& id) {
    out.raw({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

model::ObjectId read_id(ByteReader& in) {
    model::ObjectId id;
    std::ranges::copy(in.raw(id.bytes.size()), reinterpret_cast<char*>(id.bytes.data()));
    return id;
}

void write_texts(ByteWriter& out, const std::vector<std::string>& texts) {
    out.list(texts, [&](const std::string& text) { out.text(text); });
}

std::vector<std::string> read_texts(ByteReader& in) {
    return in.list<std::string>([&] { return std::string(in.text()); });
}

void write_map(ByteWriter& out, const std::map<std::string, std::string>& map) {
    out.list(map, [&](const auto& entry) {
        out.text(entry.first);
        out.text(entry.second);
    });
}

std::map<std::string, std::string> read_map(ByteReader& in) {
    std::map<std::string, std::string> map;
    for (std::uint64_t left = in.number(); left > 0 && !in.failed(); --left) {
        std::string key(in.text());
        map.emplace(std::move(key), in.text());
    }
    return map;
}

void write_position(ByteWriter& out, int line, int column) {
    out.number(static_cast<std::uint64_t>(line));
    out.number(static_cast<std::uint64_t>(column));
}

manifest::Position read_position(ByteReader& in) {
    const int line = static_cast<int>(in.number());
    return {.line = line, .column = static_cast<int>(in.number())};
}

void write_manifest(ByteWriter& out, const manifest::Manifest& manifest) {
    for (const std::string* text :
         {&manifest.registry,
          &manifest.image,
          &manifest.version,
          &manifest.dockerfile,
          &manifest.target,
          &manifest.platform}) {
        out.text(*text);
    }
    write_map(out, manifest.build_args);
    write_texts(out, manifest.tags);
    write_map(out, manifest.labels);
    write_texts(out, manifest.watch);
    out.number(manifest.push ? 1 : 0);
    write_position(out, manifest.image_at.line, manifest.image_at.column);
    write_position(out, manifest.dockerfile_at.line, manifest.dockerfile_at.column);
}

manifest::Manifest read_manifest(ByteReader& in) {
    manifest::Manifest manifest;
    for (std::string* text :
         {&manifest.registry,
          &manifest.image,
          &manifest.version,
          &manifest.dockerfile,
          &manifest.target,
          &manifest.platform}) {
        *text = in.text();
    }
    manifest.build_args = read_map(in);
    manifest.tags = read_texts(in);
    manifest.labels = read_map(in);
    manifest.watch = read_texts(in);
    manifest.push = in.number() != 0;
    manifest.image_at = read_position(in);
    manifest.dockerfile_at = read_position(in);
    return manifest;
}

void write_parent(ByteWriter& out, const dockerfile::Parent& parent) {
    out.number(std::to_underlying(parent.kind));
    out.text(parent.reference);
    out.text(parent.platform);
    write_position(out, parent.line, parent.column);
}

dockerfile::Parent read_parent(ByteReader& in) {
    dockerfile::Parent parent;
    parent.kind = static_cast<dockerfile::ParentKind>(in.number());
    parent.reference = in.text();
    parent.platform = in.text();
    const manifest::Position at = read_position(in);
    parent.line = at.line;
    parent.column = at.column;
    return parent;
}

}  // namespace

void write_error(ByteWriter& out, const SourceError& error) {
    out.text(error.path);
    write_position(out, error.line, error.column);
    out.text(error.message);
}

SourceError read_error(ByteReader& in) {
    SourceError error;
    error.path = in.text();
    const manifest::Position at = read_position(in);
    error.line = at.line;
    error.column = at.column;
    error.message = in.text();
    return error;
}

std::string encode_image(const Image& image) {
    ByteWriter out;
    write_texts(out, image.produces);
    write_texts(out, image.parent_refs);
    write_id(out, image.manifest_blob);
    write_id(out, image.dockerfile_blob);
    out.text(image.name);
    out.number(image.manifest ? 1 : 0);
    if (image.manifest) {
        write_manifest(out, *image.manifest);
    }
    out.list(image.parents, [&](const dockerfile::Parent& parent) { write_parent(out, parent); });
    out.list(image.errors, [&](const SourceError& error) { write_error(out, error); });
    return out.take();
}

Image decode_image(std::string_view record) {
    ByteReader in(record);
    Image image;
    image.produces = read_texts(in);
    image.parent_refs = read_texts(in);
    image.manifest_blob = read_id(in);
    image.dockerfile_blob = read_id(in);
    image.name = in.text();
    if (in.number() != 0) {
        image.manifest = read_manifest(in);
    }
    image.parents = in.list<dockerfile::Parent>([&] { return read_parent(in); });
    image.errors = in.list<SourceError>([&] { return read_error(in); });
    if (in.failed()) {
        image.manifest.reset();
        image.errors.push_back(
            {"",
             1,
             1,
             "the catalog's record of this image is damaged; delete the cache and try again"}
        );
    }
    return image;
}

}  // namespace slipway::catalog
