#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace slipway::factory {

/// A git server that takes connections and says nothing, until it cuts them.
class HungRemote {
public:
    HungRemote() { acceptor_.non_blocking(true); }

    [[nodiscard]] std::string url() const {
        const auto port = acceptor_.local_endpoint().port();
        return "http://127.0.0.1:" + std::to_string(port) + "/images.git";
    }

    /// That were made by now.
    std::size_t connections() {
        boost::system::error_code error;
        while (!error) {
            tcp::socket client(context_);
            acceptor_.accept(client, error);
            if (!error) {
                clients_.push_back(std::move(client));
                ++connections_;
            }
        }
        return connections_;
    }

    void cut() { clients_.clear(); }

private:
    using tcp = boost::asio::ip::tcp;

    boost::asio::io_context context_;
    tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
    std::vector<tcp::socket> clients_;
    std::size_t connections_ = 0;
};

}  // namespace slipway::factory
