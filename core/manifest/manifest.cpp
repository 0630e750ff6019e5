#include "core/manifest/manifest.hpp"

#include "core/base/nearest.hpp"
#include "core/base/utf8.hpp"
#include "core/manifest/known_keys.hpp"
#include "core/manifest/node_reader.hpp"
#include "core/manifest/values.hpp"
#include "core/manifest/yaml_document.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::manifest {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t field_count = 11;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text) != words.end();
}

std::string unknown_key(std::string_view key) {
    const std::string message = "unknown key '" + shortened(key) + "': ";
    if (const auto known = nearest(key, known_keys())) {
        return message + "did you mean '" + std::string(*known) + "'?";
    }
    return message + "delete it, or call it 'x-" + shortened(key) + "' if it is your own";
}

/// Reads the values of one manifest: one function for each key.
class ManifestReader {
public:
    explicit ManifestReader(std::string_view path) : nodes_(path) {}

    struct Field {
        std::string_view key;
        void (ManifestReader::*read)(std::string_view key, const YamlNode& value);
    };

    static const std::array<Field, field_count> fields;

    ParsedManifest read(const YamlDocument& document) {
        for (const YamlProblem& problem : document.problems) {
            nodes_.add_error(problem.at, problem.message);
        }
        if (document.root) {
            read_root(*document.root);
        }
        ParsedManifest parsed{.manifest = std::nullopt, .errors = nodes_.take_errors()};
        if (parsed.errors.empty()) {
            parsed.manifest = std::move(manifest_);
        }
        return parsed;
    }

private:
    void read_root(const YamlNode& root) {
        if (root.kind != Kind::map) {
            nodes_.add_error(
                root.at,
                "a manifest is a map: write 'image: …' and 'version: …', each on its own line"
            );
            return;
        }
        nodes_.for_each_entry(root, [this](const YamlNode& key, const YamlNode& value) {
            read_entry(key, value);
        });
        if (!has_image_) {
            nodes_.add_error(
                root.at, "'image' is missing: write the image's name, as 'image: nodejs'"
            );
        }
        if (!has_version_) {
            nodes_.add_error(root.at, "'version' is missing: write one, as 'version: 14'");
        }
        check_image();
    }

    void read_entry(const YamlNode& key, const YamlNode& value) {
        if (key.text.starts_with("x-")) {
            return;
        }
        const auto field = std::ranges::find(fields, key.text, &Field::key);
        if (field == fields.end()) {
            nodes_.add_error(key.at, unknown_key(key.text));
            return;
        }
        (this->*field->read)(field->key, value);
    }

    void check(const YamlNode& value, const Fault& fault) {
        if (fault) {
            nodes_.add_error(value.at, *fault);
        }
    }

    void assign(
        std::string& field, const YamlNode& value, std::expected<std::string, std::string> normal
    ) {
        if (normal) {
            field = *std::move(normal);
        } else {
            nodes_.add_error(value.at, std::move(normal).error());
        }
    }

    /// The text of a value that has one; else empty, and there is an error.
    std::string read_text(std::string_view key, const YamlNode& value) {
        const std::string* const text = nodes_.text_of(key, value);
        return text == nullptr ? std::string() : *text;
    }

    void read_registry(std::string_view key, const YamlNode& value) {
        const bool is_blank =
            value.text.empty() && (value.kind == Kind::null || value.kind == Kind::scalar);
        if (is_blank) {
            return;
        }
        manifest_.registry = read_text(key, value);
        const Fault fault = registry_fault(manifest_.registry);
        check(value, fault);
        is_registry_wrong_ = fault.has_value() || manifest_.registry.empty();
    }

    void read_image(std::string_view key, const YamlNode& value) {
        has_image_ = true;
        manifest_.image_at = value.at;
        manifest_.image = read_text(key, value);
    }

    void read_version(std::string_view key, const YamlNode& value) {
        has_version_ = true;
        manifest_.version = read_text(key, value);
        if (!manifest_.version.empty()) {
            check(value, tag_fault(manifest_.version));
        }
    }

    void read_dockerfile(std::string_view key, const YamlNode& value) {
        manifest_.dockerfile_at = value.at;
        if (const std::string path = read_text(key, value); !path.empty()) {
            assign(manifest_.dockerfile, value, normal_dockerfile(path));
        }
    }

    void read_target(std::string_view key, const YamlNode& value) {
        manifest_.target = read_text(key, value);
    }

    void read_platform(std::string_view key, const YamlNode& value) {
        manifest_.platform = read_text(key, value);
        if (!manifest_.platform.empty()) {
            check(value, platform_fault(manifest_.platform));
        }
    }

    void read_build_args(std::string_view key, const YamlNode& value) {
        manifest_.build_args = nodes_.texts_of(key, value);
    }

    void read_labels(std::string_view key, const YamlNode& value) {
        manifest_.labels = nodes_.texts_of(key, value);
    }

    void read_tags(std::string_view key, const YamlNode& value) {
        nodes_.for_each_text(key, value, [this](const YamlNode& item, const std::string& text) {
            check(item, tag_fault(text));
            manifest_.tags.push_back(text);
        });
    }

    void read_watch(std::string_view key, const YamlNode& value) {
        nodes_.for_each_text(key, value, [this](const YamlNode& item, const std::string& text) {
            assign(manifest_.watch.emplace_back(), item, normal_watch(text));
        });
    }

    void read_push(std::string_view key, const YamlNode& value) {
        const bool is_plain = value.kind == Kind::scalar && !value.is_quoted;
        if (is_plain && is_one_of(value.text, {"true", "True", "TRUE"})) {
            manifest_.push = true;
        } else if (is_plain && is_one_of(value.text, {"false", "False", "FALSE"})) {
            manifest_.push = false;
        } else if (value.kind != Kind::refused) {
            nodes_.add_error(
                value.at, "'" + std::string(key) + "' must be true or false, without quotes"
            );
        }
    }

    /// After all keys, for they stand in any order. A registry that is wrong must not make the name
    /// wrong, too.
    void check_image() {
        const std::string registry = is_registry_wrong_ ? "docker.io" : manifest_.registry;
        if (!manifest_.image.empty()) {
            if (const Fault fault = image_fault(manifest_.image, registry)) {
                nodes_.add_error(manifest_.image_at, *fault);
            }
        }
    }

    NodeReader nodes_;
    Manifest manifest_;
    bool has_image_ = false;
    bool has_version_ = false;
    bool is_registry_wrong_ = false;
};

const std::array<ManifestReader::Field, field_count> ManifestReader::fields = {{
    {.key = "registry", .read = &ManifestReader::read_registry},
    {.key = "image", .read = &ManifestReader::read_image},
    {.key = "version", .read = &ManifestReader::read_version},
    {.key = "dockerfile", .read = &ManifestReader::read_dockerfile},
    {.key = "target", .read = &ManifestReader::read_target},
    {.key = "build_args", .read = &ManifestReader::read_build_args},
    {.key = "tags", .read = &ManifestReader::read_tags},
    {.key = "labels", .read = &ManifestReader::read_labels},
    {.key = "watch", .read = &ManifestReader::read_watch},
    {.key = "platform", .read = &ManifestReader::read_platform},
    {.key = "push", .read = &ManifestReader::read_push},
}};

}  // namespace

std::span<const std::string_view> known_keys() {
    static const auto keys = [] {
        std::array<std::string_view, field_count> names;
        std::ranges::transform(ManifestReader::fields, names.begin(), &ManifestReader::Field::key);
        return names;
    }();
    return keys;
}

ParsedManifest parse_manifest(std::string_view text, std::string_view path) {
    return ManifestReader(path).read(read_yaml(text));
}

}  // namespace slipway::manifest
