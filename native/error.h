#pragma once

#include <stdexcept>
#include <string>

// What can fail. Each status has a code in the table of lib/errors.ts.
enum vaner_status {
    VANER_MODEL_NOT_FOUND, // no such file, or it can't be read
    VANER_MODEL_NOT_GGUF,
    VANER_MODEL_CORRUPT,      // a GGUF file, but truncated or inconsistent
    VANER_MODEL_ARCHITECTURE, // a valid file of a model that is not supported
    VANER_MODEL_FORMAT,       // a metadata key is missing, invalid or of an unknown version
    VANER_MODEL_HEAD,         // no head, or one of the wrong shape
    VANER_MODEL_WEIGHTS,      // weights or results are not finite
    VANER_INVALID_ARGUMENT,
    VANER_OUT_OF_MEMORY,
    VANER_DEVICE,  // no such device, or its backend failed to start
    VANER_COMPUTE, // the backend failed during the forward pass
    VANER_OUTPUT,  // the output file can't be written
    VANER_DISPOSED,
    VANER_ABORTED,
    VANER_INTERNAL,
    VANER_STATUS_COUNT, // not a status
};

const char * vaner_status_code(vaner_status status); // for example "ERR_VANER_MODEL_NOT_FOUND"

struct vaner_error : std::runtime_error {
    vaner_status status;

    vaner_error(vaner_status status, const std::string & message) : std::runtime_error(message), status(status) {}
};

// Whether the exception that is being caught is a std::bad_alloc. One that crosses from a library with a C++ runtime of its
// own is of another type, and passes `catch (const std::bad_alloc &)`.
bool is_bad_alloc() noexcept;

// printf-style std::string
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
std::string
vaner_format(const char * fmt, ...);
