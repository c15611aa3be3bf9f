# The kernels (docs/kernels.md): which files exist for the target processor and compiler, with which flags. The
# dispatchers see a definition VANER_KERNELS_<set> for each set that is built. A file without its flags is an #error.

include(CheckCXXSourceCompiles)

set(VANER_KERNELS
    native/kernels/attention/attention.cpp
    native/kernels/attention/attention_f32_loops.cpp
    native/kernels/elementwise/elementwise.cpp
    native/kernels/matmul/activations.cpp
    native/kernels/matmul/ggml_blocks.cpp
    native/kernels/matmul/matmul_kernels.cpp
    native/kernels/matmul/prepacked_matrix.cpp
    native/kernels/matmul/block/block_panels.cpp
    native/kernels/rotary/rotary.cpp
)
set(VANER_KERNEL_SETS)          # that this compiler can build
set(VANER_KERNEL_SET_SOURCES)
set(VANER_ALL_KERNEL_SETS)      # also those that it can't: the tests' emulator builds them all
set(VANER_ALL_KERNEL_SET_SOURCES)

if (CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
    set(VANER_INTRINSICS arm_neon.h)
else()
    set(VANER_INTRINSICS immintrin.h)
endif()

# vaner_kernel_set(<name>
#     SOURCES <file>...
#     FLAGS <flag>...          GCC and Clang
#     MSVC <flag>...           MSVC, with the definitions that its flags do not imply
#     PROBE <statements>       compile only with the flags and the compiler's intrinsics
#     NEEDS <set>...)          sets whose functions the dispatchers combine with these
function(vaner_kernel_set name)
    cmake_parse_arguments(PARSE_ARGV 1 set "" "PROBE" "SOURCES;FLAGS;MSVC;NEEDS")
    set(VANER_ALL_KERNEL_SET_SOURCES ${VANER_ALL_KERNEL_SET_SOURCES} ${set_SOURCES} PARENT_SCOPE)
    set(VANER_ALL_KERNEL_SETS ${VANER_ALL_KERNEL_SETS} ${name} PARENT_SCOPE)
    foreach(needed ${set_NEEDS})
        if (NOT needed IN_LIST VANER_KERNEL_SETS)
            return()
        endif()
    endforeach()
    if (CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
        set(flags ${set_MSVC})
    else()
        set(flags ${set_FLAGS})
    endif()
    list(JOIN flags " " CMAKE_REQUIRED_FLAGS)
    set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
    check_cxx_source_compiles("#include <${VANER_INTRINSICS}>\nvoid probe() { ${set_PROBE}; }" VANER_COMPILES_${name})
    if (NOT VANER_COMPILES_${name})
        return()
    endif()
    if (CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        list(APPEND flags -Wno-maybe-uninitialized -Wno-uninitialized) # undefined values in the intrinsics of GCC 12
    endif()
    if (NOT CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
        list(PREPEND flags -O3)
    endif()
    set_source_files_properties(${set_SOURCES} PROPERTIES COMPILE_OPTIONS "${flags}")
    set(VANER_KERNEL_SET_SOURCES ${VANER_KERNEL_SET_SOURCES} ${set_SOURCES} PARENT_SCOPE)
    set(VANER_KERNEL_SETS ${VANER_KERNEL_SETS} ${name} PARENT_SCOPE)
endfunction()

# MSVC has no flags for single instruction sets and defines less than GCC and Clang do. As in ggml's CMake, the
# definitions are set by hand.
set(avx2_flags -mavx2 -mfma)
set(avx2_msvc /arch:AVX2 /D__FMA__)
set(avx512_flags ${avx2_flags} -mavx512f -mavx512dq -mavx512bw -mavx512vl ${VANER_EVEX512})
set(avx512_msvc /arch:AVX512 /D__FMA__)

vaner_kernel_set(AVX2
    SOURCES
        native/kernels/attention/attention_f32_avx2.cpp
        native/kernels/elementwise/elementwise_avx2.cpp
        native/kernels/matmul/block/block_avx2.cpp
        native/kernels/matmul/block/block_quantize_avx2.cpp
        native/kernels/matmul/row/row_prepack_avx2.cpp
        native/kernels/matmul/row/row_quantize_avx2.cpp
        native/kernels/rotary/rotary_avx2.cpp
    FLAGS ${avx2_flags}
    MSVC ${avx2_msvc}
    PROBE "_mm256_fmadd_ps(_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps())")

vaner_kernel_set(AVXVNNI
    NEEDS AVX2
    SOURCES
        native/kernels/matmul/block/block_avxvnni.cpp
        native/kernels/matmul/row/row_avxvnni.cpp
    FLAGS ${avx2_flags} -mavxvnni
    MSVC ${avx2_msvc} /D__AVXVNNI__
    PROBE "_mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256())")

vaner_kernel_set(AVX512
    SOURCES
        native/kernels/attention/attention_f32_avx512.cpp
        native/kernels/elementwise/elementwise_avx512.cpp
    FLAGS ${avx512_flags}
    MSVC ${avx512_msvc}
    PROBE "_mm512_reduce_ps(_mm512_setzero_ps(), 0)")

vaner_kernel_set(AVX512VNNI
    NEEDS AVX2
    SOURCES
        native/kernels/matmul/block/block_avx512.cpp
        native/kernels/matmul/block/block_avx512vl.cpp
        native/kernels/matmul/block/block_quantize_avx512.cpp
        native/kernels/matmul/row/row_avx512.cpp
        native/kernels/matmul/row/row_avx512vl.cpp
        native/kernels/matmul/row/row_prepack_avx512.cpp
        native/kernels/matmul/row/row_quantize_avx512.cpp
    FLAGS ${avx512_flags} -mavx512vnni
    MSVC ${avx512_msvc} /D__AVX512VNNI__
    PROBE "_mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512())")

vaner_kernel_set(AVX512BF16
    SOURCES native/kernels/attention/attention_bf16_avx512.cpp
    FLAGS ${avx512_flags} -mavx512bf16
    MSVC ${avx512_msvc} /D__AVX512BF16__
    PROBE "const auto v = _mm512_cvtne2ps_pbh(_mm512_setzero_ps(), _mm512_setzero_ps()); _mm512_dpbf16_ps(_mm512_setzero_ps(), v, v)")

# Only Linux grants a process the tiles (cpu_features.cpp).
if (CMAKE_SYSTEM_NAME STREQUAL "Linux")
    vaner_kernel_set(AMX_BF16
        SOURCES
            native/kernels/attention/attention_bf16_amx.cpp
            native/kernels/matmul/bf16_amx.cpp
        FLAGS ${avx512_flags} -mavx512bf16 -mamx-tile -mamx-bf16
        PROBE "_tile_dpbf16ps(0, 1, 2)")

    vaner_kernel_set(AMX_INT8
        NEEDS AVX512VNNI
        SOURCES native/kernels/matmul/row/row_amx.cpp
        FLAGS ${avx512_flags} -mavx512vnni -mavx512bf16 -mamx-tile -mamx-int8
        PROBE "_tile_dpbusd(0, 1, 2)")
endif()

if (VANER_INTRINSICS STREQUAL "arm_neon.h")
    # Where the compiler joined products and sums of its own accord, fused and separate kernels would differ.
    set(neon_flags -ffp-contract=off)
    # zig takes no -march for arm64. Its baseline is the oldest CPU of each system: Apple's M1 on macOS.
    include(CheckCXXCompilerFlag)
    check_cxx_compiler_flag(-march=armv8.2-a+dotprod+fp16 VANER_HAS_MARCH_ARM)
    if (VANER_HAS_MARCH_ARM)
        set(dotprod -march=armv8.2-a+dotprod)
    else()
        set(dotprod -mcpu=baseline+dotprod)
    endif()

    vaner_kernel_set(NEON
        SOURCES
            native/kernels/attention/attention_f32_neon.cpp
            native/kernels/elementwise/elementwise_neon.cpp
            native/kernels/matmul/block/block_quantize_neon.cpp
            native/kernels/matmul/row/row_prepack_neon.cpp
            native/kernels/matmul/row/row_quantize_neon.cpp
        FLAGS ${neon_flags}
        PROBE "vdupq_n_f32(0.0f)")

    vaner_kernel_set(NEON_DOTPROD
        NEEDS NEON
        SOURCES
            native/kernels/matmul/block/block_neon_dotprod.cpp
            native/kernels/matmul/row/row_neon_dotprod.cpp
        FLAGS ${neon_flags} ${dotprod}
        MSVC /D__ARM_FEATURE_DOTPROD
        PROBE "vdotq_laneq_s32(vdupq_n_s32(0), vdupq_n_s8(0), vdupq_n_s8(0), 0)")

    vaner_kernel_set(NEON_I8MM
        NEEDS NEON
        SOURCES
            native/kernels/matmul/block/block_neon_i8mm.cpp
            native/kernels/matmul/row/row_neon_i8mm.cpp
        FLAGS ${neon_flags} ${dotprod}+i8mm
        MSVC /D__ARM_FEATURE_MATMUL_INT8
        PROBE "vmmlaq_s32(vdupq_n_s32(0), vdupq_n_s8(0), vdupq_n_s8(0))")
endif()

# Plain loops that the compiler vectorizes.
if (NOT CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
    set_source_files_properties(native/kernels/attention/attention_f32_loops.cpp PROPERTIES COMPILE_OPTIONS
        "-O3$<$<NOT:$<BOOL:${VANER_PORTABLE}>>:;-march=native>")
endif()

add_library(vaner_kernels STATIC ${VANER_KERNELS} ${VANER_KERNEL_SET_SOURCES} native/kernels/cpu_features.cpp)
target_include_directories(vaner_kernels PUBLIC native)
list(TRANSFORM VANER_KERNEL_SETS PREPEND VANER_KERNELS_ OUTPUT_VARIABLE definitions)
target_compile_definitions(vaner_kernels PRIVATE ${definitions})
target_compile_options(vaner_kernels PRIVATE ${VANER_WARNINGS})
