#include "addon/stay_loaded.h"

#if defined(_WIN32)
    #define WIN32_LEAN_AND_MEAN
    #include <windows.h>
#elif defined(__APPLE__)
    #include <dlfcn.h>
#endif

void stay_loaded() {
#if defined(_WIN32)
    HMODULE module;
    GetModuleHandleExW(
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN, (LPCWSTR) &stay_loaded, &module);
#elif defined(__APPLE__)
    Dl_info info;
    if (dladdr((void *) &stay_loaded, &info)) {
        dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    }
#endif
    // Elsewhere the linker is told (CMakeLists.txt).
}
