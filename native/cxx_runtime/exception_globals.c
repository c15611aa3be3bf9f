// What a thread keeps of its exceptions (Itanium C++ ABI, 2.2.2), instead of LLVM's: glibc would allocate that one at the
// first exception of a thread in a library, and end the process where it cannot. This one is in the static block of
// thread-local data, which a thread has from its beginning.

#pragma GCC diagnostic ignored "-Wmissing-prototypes" // they are in LLVM's private headers

typedef struct {
    void * caught;
    unsigned int n_uncaught;
} globals;

static _Thread_local globals own __attribute__((tls_model("initial-exec")));

__attribute__((visibility("hidden"))) globals * __cxa_get_globals(void) {
    return &own;
}

__attribute__((visibility("hidden"))) globals * __cxa_get_globals_fast(void) {
    return &own;
}
