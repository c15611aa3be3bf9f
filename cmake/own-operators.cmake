# Libraries of the portable build keep the operators new and delete that they were linked with. zig links LLVM's C++
# library into every library, and exports these operators, as the C++ standard lets a program replace them. The linker
# would then take Node.js's, of GCC's library, whose std::bad_alloc none of our catch clauses knows: a process without
# memory would abort instead of getting an error.
set(VANER_OWN_OPERATORS "${CMAKE_BINARY_DIR}/own-operators.map")
file(CONFIGURE OUTPUT "${VANER_OWN_OPERATORS}" CONTENT "{ local: _Znw*; _Zna*; _Zdl*; _Zda*; };\n" @ONLY)

function(use_own_operators target)
    if (CMAKE_SYSTEM_NAME STREQUAL "Linux")
        target_link_options(${target} PRIVATE "-Wl,--version-script=${VANER_OWN_OPERATORS}")
    endif()
endfunction()
use_own_operators(ggml-base)
use_own_operators(ggml)
