#include "model/load_error.h"

#include <cerrno>
#include <cstring>
#include <new>

// llama.cpp has no types of errors, only messages.
static bool is_lack_of_memory(const std::exception & error) {
    const std::string message = error.what();
    return dynamic_cast<const std::bad_alloc *>(&error) || message.find(strerror(ENOMEM)) != std::string::npos ||
        message.find("unable to allocate") != std::string::npos ||
        message.find("posix_memalign failed") != std::string::npos;
}

static vaner_error too_large(const std::string & path, bool on_device) {
    return vaner_error(VANER_OUT_OF_MEMORY,
        "there is not enough memory to load '" + path + "': free some, or use a smaller model" +
            (on_device ? " or the CPU (`gpu: false`)" : ""));
}

vaner_error load_error(const std::string & path, bool on_device) {
    try {
        throw;
    } catch (const vaner_error & error) {
        return error;
    } catch (const std::exception & error) {
        return is_lack_of_memory(error)
            ? too_large(path, on_device)
            : vaner_error(VANER_MODEL_CORRUPT, "'" + path + "' can't be loaded: " + error.what());
    } catch (...) { // of ggml, or of a prebuilt backend, see backend_encoder.cpp
        return is_bad_alloc()
            ? too_large(path, on_device)
            : vaner_error(VANER_DEVICE, "'" + path + "' can't be loaded: the device failed and gives no reason");
    }
}
