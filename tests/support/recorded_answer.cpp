#include "tests/support/recorded_answer.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace slipway::test {
namespace {

std::string chunked(std::string_view body, std::size_t chunk_size) {
    std::ostringstream out;
    for (std::size_t at = 0; at < body.size(); at += chunk_size) {
        const std::string_view chunk = body.substr(at, chunk_size);
        out << std::hex << chunk.size() << "\r\n" << chunk << "\r\n";
    }
    out << "0\r\n\r\n";
    return out.str();
}

}  // namespace

std::string recorded_answer(
    const std::filesystem::path& folder, std::string_view name, std::size_t chunk_size
) {
    const std::filesystem::path path = folder / (std::string(name) + ".http");
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) {
        throw std::runtime_error("no recorded answer in " + path.string());
    }
    std::string head = text.substr(0, end + 4);
    const std::string body = text.substr(end + 4);
    if (head.contains("transfer-encoding: chunked")) {
        return head + chunked(body, chunk_size);
    }
    // Counted anew: a recording's paths may have been shortened.
    const std::string length = "content-length: ";
    if (const auto at = head.find(length); at != std::string::npos) {
        const auto digits = at + length.size();
        head.replace(digits, head.find("\r\n", at) - digits, std::to_string(body.size()));
    }
    return head + body;
}

std::string http_answer(int status, std::string_view headers, std::string_view body) {
    std::ostringstream out;
    out << "HTTP/1.1 " << status << " Scripted\r\n"
        << headers << "Content-Length: " << body.size() << "\r\n\r\n"
        << body;
    return out.str();
}

std::string stream_answer(std::string_view body, std::size_t chunk_size) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
           "chunked\r\n\r\n" +
           chunked(body, chunk_size);
}

}  // namespace slipway::test
