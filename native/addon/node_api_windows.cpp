// Node-API's functions, of the running program: its name may be any (Electron's apps have their own), which an import
// table cannot express. Takes the place of MSVC's delayed loading, which MinGW's linkers lack.

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <initializer_list>

// What calls of functions that are declared with dllimport read.
extern "C" {
#define NODE_API(name) FARPROC __imp_##name;
#include "node_api_functions.inc"
#undef NODE_API
}

static FARPROC find(const char * name) {
    for (const char * library : { "node.dll", "nw.dll" }) { // embedders that have Node.js in a library
        const HMODULE module = GetModuleHandleA(library);
        const FARPROC found = module ? GetProcAddress(module, name) : nullptr;
        if (found) {
            return found;
        }
    }
    return GetProcAddress(GetModuleHandleA(nullptr), name);
}

// When the addon is loaded. Functions that this version of Node.js does not have stay null.
static const bool found_all = [] {
#define NODE_API(name) __imp_##name = find(#name);
#include "node_api_functions.inc"
#undef NODE_API
    return true;
}();
