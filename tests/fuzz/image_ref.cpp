#include "core/model/image_ref.hpp"

#include "core/base/result.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>
#include <string_view>

namespace slipway::fuzz {

void check(std::string_view input) {
    static_cast<void>(model::is_valid_tag(input));
    const auto parsed = model::parse_image_ref(input);
    if (!parsed) {
        require(!parsed.error().message.empty(), "an error says something");
        return;
    }
    require(!parsed->domain.empty() && !parsed->path.empty(), "a reference has domain and path");
    require(parsed->path.size() <= 255, "a path is not too long");
    require(parsed->tag.empty() || model::is_valid_tag(parsed->tag), "a tag is a tag");
    require(model::parse_image_ref(to_string(*parsed)) == *parsed, "printed, it is the same");
    require(!familiar(*parsed).empty(), "people can write it");
    const model::ImageRef full = model::with_default_tag(*parsed);
    require(!full.tag.empty() || !full.digest.empty(), "then it names one image");
    require(model::parse_image_ref(to_string(full)) == full, "which can be printed");
}

}  // namespace slipway::fuzz
