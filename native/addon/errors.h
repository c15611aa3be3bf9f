#pragma once

#include "error.h"

#include <napi.h>

#include <exception>

// A JavaScript error with a code of the table in lib/errors.ts, made of any C++ exception.
Napi::Error to_js_error(Napi::Env env, const std::exception_ptr & error);

// Calls a function that JavaScript called; a C++ exception becomes an error with a code.
template <typename function> Napi::Value with_code(Napi::Env env, function f) {
    try {
        return f();
    } catch (const Napi::Error &) {
        throw;
    } catch (...) {
        throw to_js_error(env, std::current_exception());
    }
}

// Whether the current thread can throw. A thread gets what C++ needs for that when it throws first, and without memory
// the C library (glibc's __tls_get_addr) would abort the process there. Here it gets it while there is memory.
bool prepare_to_throw() noexcept;

// std::bad_alloc, for a thread that cannot throw.
const std::exception_ptr & out_of_memory() noexcept;

// Every code that to_js_error() can give.
Napi::Array error_codes_to_js(Napi::Env env);
