#pragma once

#include "core/base/source_error.hpp"

#include <string>
#include <utility>
#include <vector>

namespace slipway::dockerfile {

struct Place {
    int line = 1;
    int column = 1;
};

/// Collects what is wrong with one file.
class Problems {
public:
    explicit Problems(std::string path) : path_(std::move(path)) {}

    void add(Place place, std::string message) {
        errors_.push_back(
            {.path = path_,
             .line = place.line,
             .column = place.column,
             .message = std::move(message)}
        );
    }

    [[nodiscard]] std::vector<SourceError> take() { return std::exchange(errors_, {}); }

private:
    std::string path_;
    std::vector<SourceError> errors_;
};

}  // namespace slipway::dockerfile
