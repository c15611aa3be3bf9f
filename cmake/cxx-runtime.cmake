# zig links LLVM's C++ library into every library of the portable build, and Node.js has GCC's. This keeps them apart where
# memory ends, and makes one of all of LLVM's: a call fails with a std::bad_alloc that the catch clauses know.

# The operators new and delete would be exported, as a program may replace them, and the linker would take Node.js's, whose
# std::bad_alloc is of another library.
set(VANER_OWN_OPERATORS "${CMAKE_BINARY_DIR}/own-operators.map")
file(CONFIGURE OUTPUT "${VANER_OWN_OPERATORS}" CONTENT "{ local: _Znw*; _Zna*; _Zdl*; _Zda*; };\n" @ONLY)

set(VANER_EXCEPTION_SOURCES
    "${CMAKE_SOURCE_DIR}/native/cxx_runtime/exception_memory.c"
    "${CMAKE_SOURCE_DIR}/native/cxx_runtime/exception_globals.c")
if (NOT VANER_GCC_UNWINDER) # zig for musl, which allocates all thread-local data with the thread
    list(POP_BACK VANER_EXCEPTION_SOURCES)
endif()

function(share_exceptions target)
    if (CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        target_sources(${target} PRIVATE ${VANER_EXCEPTION_SOURCES})
    endif()
endfunction()

function(use_own_cxx_runtime target)
    share_exceptions(${target})
    if (CMAKE_SYSTEM_NAME STREQUAL "Linux")
        target_link_options(${target} PRIVATE "-Wl,--version-script=${VANER_OWN_OPERATORS}")
    endif()
endfunction()

target_sources(ggml-base PRIVATE "${CMAKE_SOURCE_DIR}/native/cxx_runtime/spare_memory.c")
use_own_cxx_runtime(ggml-base)
use_own_cxx_runtime(ggml)
