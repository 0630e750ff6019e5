# Writes FILE as the text `openapi_document` into the source OUT.
file(READ ${FILE} text)
file(WRITE ${OUT} "#include \"server/api/openapi.hpp\"

#include <string_view>

namespace slipway::api {

const std::string_view openapi_document = R\"openapi(${text})openapi\";

}  // namespace slipway::api
")
