#include "backends/devices.h"

#include "backends/log.h"
#include "error.h"

#include <algorithm>
#include <cctype>
#include <mutex>

#ifdef GGML_BACKEND_DL
    #include <filesystem>
    #ifdef _WIN32
        #define WIN32_LEAN_AND_MEAN
        #include <windows.h>
    #else
        #include <dlfcn.h>
    #endif

namespace fs = std::filesystem;

// The folder of the library that contains this code. Backends are installed next to it.
static fs::path own_folder() {
    #ifdef _WIN32
    HMODULE module = nullptr;
    std::wstring path(32768, 0); // the longest that Windows has
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
        (LPCWSTR) &own_folder, &module);
    path.resize(GetModuleFileNameW(module, path.data(), (DWORD) path.size()));
    return fs::path(path).parent_path();
    #else
    Dl_info info;
    return dladdr((void *) &own_folder, &info) && info.dli_fname ? fs::path(info.dli_fname).parent_path() : fs::path();
    #endif
}
#endif

void devices_init() {
    static std::once_flag once;
    std::call_once(once, [] {
        const log_capture log;
#ifdef GGML_BACKEND_DL
        const fs::path folder = own_folder();
        if (!folder.empty()) {
            ggml_backend_load_all_from_path(folder.u8string().c_str());
        }
#endif
    });
    if (!ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU)) {
        throw vaner_error(VANER_DEVICE,
            "no CPU backend could be loaded: the installation is incomplete. Reinstall vaner-native, or "
            "build it with `npm run build:native`");
    }
}

std::vector<ggml_backend_dev_t> devices_list() {
    devices_init();
    std::vector<ggml_backend_dev_t> devices;
    for (size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        devices.push_back(ggml_backend_dev_get(i));
    }
    std::stable_partition(devices.begin(), devices.end(),
        [](ggml_backend_dev_t device) { return ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU; });
    return devices;
}

ggml_backend_dev_t devices_cpu() {
    devices_init();
    return ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
}

bool devices_all_cpu(const std::vector<ggml_backend_dev_t> & devices) {
    return std::all_of(
        devices.begin(), devices.end(), [](ggml_backend_dev_t device) { return device == devices_cpu(); });
}

static bool equal_ignoring_case(const std::string & a, const std::string & b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
        [](unsigned char x, unsigned char y) { return tolower(x) == tolower(y); });
}

ggml_backend_dev_t devices_find(const std::string & name) {
    devices_init();
    if (name == "cpu") {
        return nullptr;
    }
    if (name == "auto") {
        ggml_backend_dev_t gpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU);
        return gpu ? gpu : ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_IGPU);
    }
    std::string known;
    for (ggml_backend_dev_t device : devices_list()) {
        if (equal_ignoring_case(name, ggml_backend_dev_name(device))) {
            return device == devices_cpu() ? nullptr : device;
        }
        known += std::string(known.empty() ? "" : ", ") + ggml_backend_dev_name(device);
    }
    throw vaner_error(VANER_DEVICE,
        "there is no device '" + name + "' here. Available: " + known +
            ". Give one of these names, 'auto' for the best of them, or 'off' for the CPU. If a GPU is missing: check "
            "its driver, and that its backend is installed (docs/gpu.md)");
}
