#include "tests/fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

// What libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    slipway::fuzz::check({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
