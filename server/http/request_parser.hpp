#pragma once

#include "server/http/framing.hpp"
#include "server/http/message.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <boost/optional/optional.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::http {

/// Makes one Request of bytes: first the head, whole, then the body in pieces of any size. Without
/// I/O.
class RequestParser final : private boost::beast::http::basic_parser<true> {
public:
    /// What became of the bytes that were offered.
    struct Taken {
        std::size_t bytes = 0;
        bool needs_more = false;          ///< offer the rest again, with more behind it
        std::optional<Response> refusal;  ///< answer it and close
    };

    /// `line_bytes` limits a line between chunks, and the trailer, which is read and forgotten.
    RequestParser(std::size_t body_bytes, std::size_t line_bytes);

    /// Returns the refusal where there is one; after that the parser is of no use. `head` is what
    /// HeadScanner found.
    [[nodiscard]] std::optional<Response> take_head(std::string_view head);

    /// Requires: a head was taken, !is_done().
    [[nodiscard]] Taken take_body(std::string_view bytes);

    using basic_parser::is_done;

    /// Whether the sender may send another request after this one. Requires: a head was taken.
    [[nodiscard]] bool wants_keep_alive() const { return keep_alive(); }

    [[nodiscard]] bool is_http_1_0() const { return framing_.version < 11; }

    [[nodiscard]] bool expects_continue() const {
        return !is_http_1_0() && !framing_.expect.empty();
    }

    [[nodiscard]] Request& request() { return request_; }

private:
    using Code = boost::beast::error_code;
    using Text = boost::beast::string_view;
    using Field = boost::beast::http::field;

    void on_request_impl(
        boost::beast::http::verb method, Text method_text, Text target, int version, Code& error
    ) override;
    void on_response_impl(int status, Text reason, int version, Code& error) override;
    void on_field_impl(Field field, Text name, Text value, Code& error) override;
    void on_header_impl(Code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& content_length, Code& error)
        override;
    std::size_t on_body_impl(Text body, Code& error) override;
    void on_chunk_header_impl(std::uint64_t size, Text extensions, Code& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remaining, Text body, Code& error) override;
    void on_finish_impl(Code& error) override;

    void note_framing(Field field, std::string_view value);
    [[nodiscard]] std::optional<Response> take_target();

    std::size_t body_bytes_;
    std::size_t line_bytes_;
    std::string target_;
    Framing framing_;
    Request request_;
};

}  // namespace slipway::http
