#include "backends/devices.h"

#include "backends/log.h"
#include "error.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <mutex>

#ifdef GGML_BACKEND_DL
    #include <filesystem>
    #ifdef _WIN32
        #define WIN32_LEAN_AND_MEAN
        #include <windows.h>
    #else
        #include <dlfcn.h>
    #endif
    #ifdef __linux__
        #include <elf.h>

        #include <cstring>
        #include <fstream>
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

// What devices_init() was given, and what became of it.
struct extra_libraries {
    std::mutex mutex;
    bool done = false;
    std::vector<std::string> wanted;
    std::map<ggml_backend_reg_t, std::string> loaded;
    std::vector<backend_info> failed;
};

static extra_libraries & extra() {
    static auto * result = new extra_libraries(); // never freed: other threads may outlive the globals
    return *result;
}

void devices_use(const std::vector<std::string> & libraries) {
    std::lock_guard<std::mutex> lock(extra().mutex);
    if (!extra().done && extra().wanted.empty()) {
        extra().wanted = libraries;
    }
}

#if defined(GGML_BACKEND_DL) && defined(__linux__)
// dlopen() maps the missing part of such a file, and ends the process with SIGBUS when it reads there.
static bool is_cut_short(const std::string & library) {
    std::ifstream file(library, std::ios::binary);
    Elf64_Ehdr header;
    if (!file.read((char *) &header, sizeof(header)) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return false; // dlopen() says what it is
    }
    file.seekg(0, std::ios::end);
    // Linkers put the table of sections last.
    return (uint64_t) file.tellg() < header.e_shoff + (uint64_t) header.e_shentsize * header.e_shnum;
}
#endif

// Returns why it could not be loaded; empty: it was.
static std::string load_extra(const std::string & library) {
#ifdef GGML_BACKEND_DL
    #ifdef __linux__
    if (is_cut_short(library)) {
        return "its file is cut short: install its package again";
    }
    #endif
    const log_capture log;
    if (ggml_backend_reg_t reg = ggml_backend_load(library.c_str())) {
        extra().loaded[reg] = library;
        return "";
    }
    const std::string problem = log.last_error("it is no backend, or none for this system");
    const size_t path = problem.find(library); // "load_backend: failed to load <library>: <reason>"
    return path == std::string::npos ? problem : problem.substr(std::min(problem.size(), path + library.size() + 2));
#else
    (void) library;
    return "this build of the addon holds its backends and loads no others: build it with VANER_PORTABLE";
#endif
}

#ifdef GGML_BACKEND_DL
    #ifndef _WIN32
// In the words of glibc, musl and macOS.
static bool names_lack_of_memory(const std::string & problem) {
    for (const char * words : { "annot allocate", "ailed to map", "annot map", "ut of memory", "mmap" }) {
        if (problem.find(words) != std::string::npos) {
            return true;
        }
    }
    return false;
}
    #endif

// ggml does not say why none of its libraries for the CPU could be loaded: the loader is asked again.
static void need_cpu(const fs::path & folder) {
    if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU)) {
        return;
    }
    std::error_code ec;
    for (const fs::directory_entry & entry : fs::directory_iterator(folder, ec)) {
        if (entry.path().filename().u8string().find("ggml-cpu-") == std::string::npos) {
            continue;
        }
    #ifdef _WIN32
        const HMODULE library = LoadLibraryW(entry.path().c_str());
        const bool lacks_memory = !library && GetLastError() == ERROR_NOT_ENOUGH_MEMORY;
    #else
        const std::string problem = dlopen(entry.path().c_str(), RTLD_NOW | RTLD_LOCAL) ? "" : dlerror();
        const bool lacks_memory = names_lack_of_memory(problem);
    #endif
        if (lacks_memory) {
            throw vaner_error(VANER_OUT_OF_MEMORY, "there is not enough memory to load the engine's libraries");
        }
    }
    throw vaner_error(VANER_DEVICE,
        "no CPU backend could be loaded: the installation is incomplete. Reinstall vaner-native, or "
        "build it with `npm run build:native`");
}
#endif

// Where it fails, the next call tries again.
void devices_init() {
    static std::once_flag once;
    std::call_once(once, [] {
        const log_capture log;
#ifdef GGML_BACKEND_DL
        const fs::path folder = own_folder();
        if (!folder.empty()) {
            ggml_backend_load_all_from_path(folder.u8string().c_str());
        }
        need_cpu(folder);
#endif
        std::lock_guard<std::mutex> lock(extra().mutex);
        extra().done = true;
        for (const std::string & library : extra().wanted) {
            backend_info info;
            info.library = library;
            info.problem = load_extra(library);
            if (!info.problem.empty()) {
                extra().failed.push_back(info);
            }
        }
    });
}

std::vector<backend_info> devices_backends() {
    devices_init();
    std::lock_guard<std::mutex> lock(extra().mutex);
    std::vector<backend_info> result;
    for (size_t i = 0; i < ggml_backend_reg_count(); ++i) {
        ggml_backend_reg_t reg = ggml_backend_reg_get(i);
        const auto from = extra().loaded.find(reg);
        backend_info info;
        info.name = ggml_backend_reg_name(reg);
        info.library = from == extra().loaded.end() ? "" : from->second;
        info.n_devices = ggml_backend_reg_dev_count(reg);
        info.problem = info.n_devices > 0 ? "" : "it finds no device: check the driver";
        result.push_back(info);
    }
    result.insert(result.end(), extra().failed.begin(), extra().failed.end());
    return result;
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

ggml_backend_dev_t devices_best() {
    devices_init();
    ggml_backend_dev_t gpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU);
    return gpu ? gpu : ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_IGPU);
}

std::string devices_problems() {
    std::string problems;
    for (const backend_info & backend : devices_backends()) {
        if (!backend.problem.empty()) {
            problems += " The backend " + (backend.name.empty() ? "'" + backend.library + "'" : backend.name) +
                " is of no use: " + backend.problem + ".";
        }
    }
    return problems;
}

static std::string unknown_device(const std::string & name) {
    std::string known;
    for (ggml_backend_dev_t device : devices_list()) {
        known += std::string(known.empty() ? "" : ", ") + ggml_backend_dev_name(device);
    }
    return "there is no device '" + name + "' here. Available: " + known + "." + devices_problems() +
        " Give one of these names, 'auto' for the best of them, or 'off' for the CPU. If a GPU is missing: check "
        "its driver, and that its backend is installed (docs/gpu.md)";
}

ggml_backend_dev_t devices_find(const std::string & name) {
    if (name == "cpu") {
        devices_init();
        return nullptr;
    }
    const std::string backend = equal_ignoring_case(name, "metal") ? "MTL" : name; // as ggml calls it
    for (ggml_backend_dev_t device : devices_list()) {
        const char * of = ggml_backend_reg_name(ggml_backend_dev_backend_reg(device));
        if (equal_ignoring_case(name, ggml_backend_dev_name(device)) || equal_ignoring_case(backend, of)) {
            return device == devices_cpu() ? nullptr : device;
        }
    }
    throw vaner_error(VANER_DEVICE, unknown_device(name));
}
