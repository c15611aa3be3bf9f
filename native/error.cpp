#include "error.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <typeinfo>

#if defined(__GNUC__)
    #include <cxxabi.h>
#endif

const char * vaner_status_code(vaner_status status) {
    switch (status) {
    case VANER_MODEL_NOT_FOUND: return "ERR_VANER_MODEL_NOT_FOUND";
    case VANER_MODEL_NOT_GGUF: return "ERR_VANER_MODEL_NOT_GGUF";
    case VANER_MODEL_CORRUPT: return "ERR_VANER_MODEL_CORRUPT";
    case VANER_MODEL_ARCHITECTURE: return "ERR_VANER_MODEL_ARCHITECTURE";
    case VANER_MODEL_FORMAT: return "ERR_VANER_MODEL_FORMAT";
    case VANER_MODEL_HEAD: return "ERR_VANER_MODEL_HEAD";
    case VANER_MODEL_WEIGHTS: return "ERR_VANER_MODEL_WEIGHTS";
    case VANER_INVALID_ARGUMENT: return "ERR_VANER_INVALID_ARGUMENT";
    case VANER_OUT_OF_MEMORY: return "ERR_VANER_OUT_OF_MEMORY";
    case VANER_DEVICE: return "ERR_VANER_DEVICE";
    case VANER_COMPUTE: return "ERR_VANER_COMPUTE";
    case VANER_OUTPUT: return "ERR_VANER_OUTPUT";
    case VANER_DISPOSED: return "ERR_VANER_DISPOSED";
    case VANER_ABORTED: return "ERR_VANER_ABORTED";
    case VANER_INTERNAL:
    case VANER_STATUS_COUNT: break;
    }
    return "ERR_VANER_INTERNAL";
}

std::string vaner_format(const char * fmt, ...) {
    va_list args;
    va_list copy;
    va_start(args, fmt);
    va_copy(copy, args);
    const int size = vsnprintf(nullptr, 0, fmt, copy);
    va_end(copy);
    std::string text(size > 0 ? size : 0, '\0');
    vsnprintf(&text[0], text.size() + 1, fmt, args);
    va_end(args);
    return text;
}

bool is_bad_alloc() noexcept {
#if defined(__GNUC__)
    const std::type_info * type = abi::__cxa_current_exception_type();
    return type && strcmp(type->name(), typeid(std::bad_alloc).name()) == 0;
#else
    try {
        throw;
    } catch (const std::bad_alloc &) {
        return true;
    } catch (...) {
        return false;
    }
#endif
}
