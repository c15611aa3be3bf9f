#include "addon/errors.h"

#include "addon/values.h"

#include <cstdlib>
#include <new>

static Napi::Error make_error(Napi::Env env, vaner_status status, const std::string & message) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, vaner_status_code(status)));
    return error;
}

Napi::Error to_js_error(Napi::Env env, const std::exception_ptr & error) {
    try {
        std::rethrow_exception(error);
    } catch (const vaner_error & e) {
        return make_error(env, e.status, e.what());
    } catch (const std::bad_alloc &) {
        return make_error(env, VANER_OUT_OF_MEMORY, "there is not enough memory");
    } catch (const std::exception & e) {
        return make_error(env, VANER_INTERNAL, e.what());
    } catch (...) {
        return is_bad_alloc() ? make_error(env, VANER_OUT_OF_MEMORY, "there is not enough memory")
                              : make_error(env, VANER_INTERNAL, "a library failed and gives no reason");
    }
}

bool prepare_to_throw() noexcept {
    [[maybe_unused]] static thread_local volatile bool prepared; // lies beside what C++ needs
    void * volatile room = std::malloc(64 * 1024); // far more than that takes; volatile, or compilers leave it out
    if (!room) {
        return false;
    }
    std::free(room);
    prepared = true;
    return true;
}

const std::exception_ptr & out_of_memory() noexcept {
    static const std::exception_ptr error = std::make_exception_ptr(std::bad_alloc());
    return error;
}

Napi::Array error_codes_to_js(Napi::Env env) {
    std::vector<std::string> codes;
    for (int status = 0; status < VANER_STATUS_COUNT; ++status) {
        codes.push_back(vaner_status_code((vaner_status) status));
    }
    return strings_to_js(env, codes);
}
