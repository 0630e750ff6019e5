#include "server/store/libpq.hpp"

#include "core/base/result.hpp"
#include "server/store/postgres_failure.hpp"

#include <dlfcn.h>
#include <string>

namespace slipway::store {
namespace {

/// Never closed: connections are used until the end of the process.
class Library {
public:
    explicit Library(const char* file) : handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
        if (handle_ == nullptr) {
            remember_error();
        }
    }

    template <class Function>
    void find(Function*& function, const char* name) {
        if (handle_ == nullptr) {
            return;
        }
        void* const found = ::dlsym(handle_, name);
        if (found == nullptr) {
            remember_error();
        }
        function = reinterpret_cast<Function*>(found);  // NOLINT(*-reinterpret-cast): POSIX's form
    }

    /// Of what was not found last; empty: all is there.
    [[nodiscard]] const std::string& error() const { return error_; }

private:
    void remember_error() {
        const char* const words = ::dlerror();  // NOLINT(concurrency-mt-unsafe): each thread's own
        error_ = words == nullptr ? "it was not found" : words;
    }

    void* handle_;
    std::string error_;
};

void find_all(Library& library, Libpq& found) {
    library.find(found.PQclear, "PQclear");
    library.find(found.PQcmdTuples, "PQcmdTuples");
    library.find(found.PQconnectPoll, "PQconnectPoll");
    library.find(found.PQconnectStartParams, "PQconnectStartParams");
    library.find(found.PQconninfoFree, "PQconninfoFree");
    library.find(found.PQconninfoParse, "PQconninfoParse");
    library.find(found.PQconsumeInput, "PQconsumeInput");
    library.find(found.PQerrorMessage, "PQerrorMessage");
    library.find(found.PQfinish, "PQfinish");
    library.find(found.PQflush, "PQflush");
    library.find(found.PQfreemem, "PQfreemem");
    library.find(found.PQftype, "PQftype");
    library.find(found.PQgetResult, "PQgetResult");
    library.find(found.PQgetisnull, "PQgetisnull");
    library.find(found.PQgetlength, "PQgetlength");
    library.find(found.PQgetvalue, "PQgetvalue");
    library.find(found.PQisBusy, "PQisBusy");
    library.find(found.PQnotifies, "PQnotifies");
    library.find(found.PQntuples, "PQntuples");
    library.find(found.PQresultErrorField, "PQresultErrorField");
    library.find(found.PQresultStatus, "PQresultStatus");
    library.find(found.PQsendPrepare, "PQsendPrepare");
    library.find(found.PQsendQuery, "PQsendQuery");
    library.find(found.PQsendQueryParams, "PQsendQueryParams");
    library.find(found.PQsendQueryPrepared, "PQsendQueryPrepared");
    library.find(found.PQsetErrorVerbosity, "PQsetErrorVerbosity");
    library.find(found.PQsetNoticeProcessor, "PQsetNoticeProcessor");
    library.find(found.PQsetnonblocking, "PQsetnonblocking");
    library.find(found.PQsocket, "PQsocket");
    library.find(found.PQstatus, "PQstatus");
    library.find(found.PQtransactionStatus, "PQtransactionStatus");
    library.find(found.PQunescapeBytea, "PQunescapeBytea");
}

struct Loaded {
    Libpq functions{};
    std::string error;
};

Loaded load() {
    Library library("libpq.so.5");
    Loaded loaded;
    find_all(library, loaded.functions);
    loaded.error = library.error();
    return loaded;
}

}  // namespace

const Libpq& libpq() {
    static const Loaded loaded = load();
    if (!loaded.error.empty()) {
        throw PostgresFailure({
            .code = ErrorCode::unavailable,
            .message = "loading PostgreSQL's client library: " + loaded.error +
                       "; install the package libpq5 and start slipway again",
        });
    }
    return loaded.functions;
}

}  // namespace slipway::store
