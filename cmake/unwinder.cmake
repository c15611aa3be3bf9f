# One unwinder for the engine and for prebuilt backends. zig links LLVM's into every library. A C++ exception of a backend
# that GCC built, such as that of a lost Vulkan device, comes from libgcc_s: the frames of our libraries that it passes
# would read its state as if it were LLVM's, and crash. Node.js itself needs libgcc_s, so every system has it.
#
# This is a stand-in to link with: zig has no libgcc_s for the old C library that it links for.

set(functions Backtrace DeleteException FindEnclosingFunction ForcedUnwind GetCFA GetDataRelBase GetGR GetIP GetIPInfo
    GetLanguageSpecificData GetRegionStart GetTextRelBase RaiseException Resume Resume_or_Rethrow SetGR SetIP)
list(TRANSFORM functions REPLACE "(.+)" "void _Unwind_\\1(void) {}")
list(JOIN functions "\n" functions)
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/unwinder/gcc_s.c" CONTENT "${functions}\n" @ONLY)

add_library(unwinder SHARED "${CMAKE_BINARY_DIR}/unwinder/gcc_s.c")
set_target_properties(unwinder PROPERTIES OUTPUT_NAME gcc_s SUFFIX .so.1
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/unwinder")
target_compile_options(unwinder PRIVATE -w)
target_link_options(unwinder PRIVATE -nostdlib)

# As an option: of a target, CMake tells zig's linker by one that it does not know, and of a library file that is not built
# yet, it writes -lgcc_s, which zig takes for LLVM's.
function(use_gcc_unwinder target)
    add_dependencies(${target} unwinder)
    target_link_options(${target} PRIVATE "$<TARGET_FILE:unwinder>")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "$<TARGET_FILE:unwinder>")
endfunction()
use_gcc_unwinder(ggml-base)
