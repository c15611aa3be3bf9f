# ggml's CPU backend for a portable build: one library for each level of instruction sets. ggml loads the best that the
# CPU can run. ggml's own list (GGML_CPU_ALL_VARIANTS) has fourteen for x86; most differ only in instructions for int8
# products, and those are ours (kernels.cmake).

set(GGML_CPU_SOURCE_DIR "${LLAMA_CPP_DIR}/ggml/src/ggml-cpu")
get_directory_property(GGML_DEFINITIONS DIRECTORY "${LLAMA_CPP_DIR}/ggml/src" COMPILE_DEFINITIONS)

if (WIN32)
    set(CMAKE_SHARED_MODULE_PREFIX "") # ggml looks for ggml-cpu-<name>.dll
endif()

# vaner_ggml_cpu(<name>
#     FEATURES <definition>...   that ggml checks the CPU for
#     FLAGS <flag>...            of GCC and Clang
#     MSVC <flag>...             of MSVC
function(vaner_ggml_cpu name)
    cmake_parse_arguments(PARSE_ARGV 1 variant "" "" "FEATURES;FLAGS;MSVC")
    if (CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
        set(flags ${variant_MSVC})
    else()
        set(flags ${variant_FLAGS})
    endif()
    set(target ggml-cpu-${name})
    file(GLOB sources CONFIGURE_DEPENDS
        "${GGML_CPU_SOURCE_DIR}/*.c" "${GGML_CPU_SOURCE_DIR}/*.cpp" "${GGML_CPU_SOURCE_DIR}/amx/*.cpp"
        "${GGML_CPU_SOURCE_DIR}/llamafile/sgemm.cpp"
        "${GGML_CPU_SOURCE_DIR}/arch/${arch}/quants.c" "${GGML_CPU_SOURCE_DIR}/arch/${arch}/repack.cpp")
    ggml_add_backend_library(${target} ${sources})
    target_include_directories(${target} PRIVATE "${LLAMA_CPP_DIR}/ggml/src" "${GGML_CPU_SOURCE_DIR}")
    target_compile_definitions(${target} PRIVATE
        ${GGML_DEFINITIONS} GGML_USE_LLAMAFILE ${variant_FEATURES})
    target_compile_options(${target} PRIVATE ${flags})
    use_own_cxx_runtime(${target})

    # The check runs on every CPU: it must not have the flags.
    add_library(${target}-features OBJECT "${GGML_CPU_SOURCE_DIR}/arch/${arch}/cpu-feats.cpp")
    target_include_directories(${target}-features PRIVATE "${LLAMA_CPP_DIR}/ggml/src" "${LLAMA_CPP_DIR}/ggml/include")
    target_compile_definitions(${target}-features PRIVATE
        GGML_BACKEND_DL GGML_BACKEND_BUILD GGML_BACKEND_SHARED ${variant_FEATURES})
    target_link_libraries(${target} PRIVATE ${target}-features)
endfunction()

if (CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
    set(arch arm)
    set(dotprod GGML_USE_DOTPROD GGML_USE_FP16_VECTOR_ARITHMETIC)
    # zig takes no -march for arm64, and spells features as LLVM does.
    include(CheckCXXCompilerFlag)
    check_cxx_compiler_flag(-march=armv8.2-a+dotprod+fp16 VANER_HAS_MARCH_ARM)
    if (VANER_HAS_MARCH_ARM)
        set(armv8.2_flags -march=armv8.2-a+dotprod+fp16)
        set(armv8.6_flags -march=armv8.6-a+dotprod+fp16+i8mm)
    else()
        set(armv8.2_flags -mcpu=baseline+dotprod+fullfp16)
        set(armv8.6_flags -mcpu=baseline+dotprod+fullfp16+i8mm)
    endif()
    vaner_ggml_cpu(armv8.0)
    vaner_ggml_cpu(armv8.2 FEATURES ${dotprod} FLAGS ${armv8.2_flags})
    vaner_ggml_cpu(armv8.6 FEATURES ${dotprod} GGML_USE_MATMUL_INT8 FLAGS ${armv8.6_flags})
else()
    set(arch x86)
    set(avx2 GGML_SSE42 GGML_AVX GGML_AVX2 GGML_FMA GGML_F16C GGML_BMI2)
    set(avx2_mflags -msse4.2 -mavx2 -mfma -mf16c -mbmi2)
    set(avx512_mflags ${avx2_mflags} -mavx512f -mavx512cd -mavx512vl -mavx512dq -mavx512bw ${VANER_EVEX512})
    vaner_ggml_cpu(x64)
    vaner_ggml_cpu(haswell FEATURES ${avx2} FLAGS ${avx2_mflags} MSVC /arch:AVX2 /D__BMI2__)
    vaner_ggml_cpu(alderlake FEATURES ${avx2} GGML_AVX_VNNI
        FLAGS ${avx2_mflags} -mavxvnni MSVC /arch:AVX2 /D__BMI2__ /D__AVXVNNI__)
    vaner_ggml_cpu(skylakex FEATURES ${avx2} GGML_AVX512 FLAGS ${avx512_mflags} MSVC /arch:AVX512 /D__BMI2__)
    vaner_ggml_cpu(cascadelake FEATURES ${avx2} GGML_AVX512 GGML_AVX512_VNNI
        FLAGS ${avx512_mflags} -mavx512vnni MSVC /arch:AVX512 /D__BMI2__ /D__AVX512VNNI__)
    if (NOT CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
        vaner_ggml_cpu(zen4 FEATURES ${avx2} GGML_AVX512 GGML_AVX512_VBMI GGML_AVX512_VNNI GGML_AVX512_BF16
            FLAGS ${avx512_mflags} -mavx512vbmi -mavx512vnni -mavx512bf16)
    endif()
endif()
