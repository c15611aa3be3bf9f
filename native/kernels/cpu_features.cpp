#include "kernels/cpu_features.h"

#include <cstring>

#if defined(_MSC_VER) && defined(_M_X64)
    #include <immintrin.h>
    #include <intrin.h>
#elif defined(__x86_64__)
    #include <cpuid.h>
#endif

#if defined(__x86_64__) && defined(__linux__)
    #include <sys/syscall.h>
    #include <unistd.h>
#elif defined(__aarch64__) && defined(__linux__)
    #include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
    #include <sys/sysctl.h>
#elif defined(_WIN32) && (defined(__aarch64__) || defined(_M_ARM64))
    #include <windows.h>
#endif

#if defined(__x86_64__) || defined(_M_X64)

struct cpuid_registers {
    unsigned a, b, c, d;
};

static cpuid_registers cpuid(unsigned leaf, unsigned subleaf) {
    cpuid_registers r = {};
    #if defined(_MSC_VER)
    __cpuidex((int *) &r, (int) leaf, (int) subleaf);
    #else
    __cpuid_count(leaf, subleaf, r.a, r.b, r.c, r.d);
    #endif
    return r;
}

// XCR0, the registers that the system saves: bits 1 and 2 for AVX, 5 to 7 for AVX-512, 17 and 18 for AMX.
static unsigned saved_registers() {
    #if defined(_MSC_VER)
    return (unsigned) _xgetbv(0);
    #else
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
    #endif
}

// Linux grants the 8 KiB of AMX's tiles to processes that ask for them; it may refuse.
static bool ask_for_tiles() {
    #if defined(__linux__)
    const int request_permission = 0x1023; // ARCH_REQ_XCOMP_PERM
    const int tile_data = 18;              // XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
    #else
    return false;
    #endif
}

static bool has(unsigned flags, int bit) {
    return (flags >> bit & 1) != 0;
}

static cpu_features find_features() {
    cpu_features found;
    const unsigned highest = cpuid(0, 0).a;
    const cpuid_registers basic = cpuid(1, 0);
    const bool xgetbv = has(basic.c, 27);
    if (highest < 7 || !xgetbv) {
        return found;
    }
    const unsigned saved = saved_registers();
    const cpuid_registers extended = cpuid(7, 0);
    found.avx2 = (saved & 0x06) == 0x06 && has(basic.c, 12) && has(extended.b, 5);
    found.avxvnni = found.avx2 && extended.a >= 1 && has(cpuid(7, 1).a, 4);
    found.avx512 = found.avx2 && (saved & 0xe6) == 0xe6 && has(extended.b, 16) && has(extended.b, 17) &&
        has(extended.b, 30) && has(extended.b, 31);
    found.avx512vnni = found.avx512 && has(extended.c, 11);
    found.avx512bf16 = found.avx512 && extended.a >= 1 && has(cpuid(7, 1).a, 5);
    const bool tiles = found.avx512 && (saved & 0x60000) == 0x60000 && has(extended.d, 24);
    found.amx_bf16 = tiles && has(extended.d, 22) && found.avx512bf16;
    found.amx_int8 = tiles && has(extended.d, 25) && found.avx512vnni && found.avx512bf16;
    return found;
}

static cpu_features choose_features() {
    cpu_features f = find_features();
    f.avxvnni_evex = f.avx512vnni;
    const char * level = cpu_level_wanted();
    if (!level || strcmp(level, "amx") == 0) {
        const bool tiles = (f.amx_bf16 || f.amx_int8) && ask_for_tiles();
        f.amx_bf16 = f.amx_bf16 && tiles;
        f.amx_int8 = f.amx_int8 && tiles;
        return f;
    }
    f.amx_bf16 = f.amx_int8 = false;
    if (strcmp(level, "avx512") == 0) {
        return f;
    }
    f.avx512 = f.avx512vnni = f.avx512bf16 = false;
    if (strcmp(level, "avxvnni") == 0) {
        return f;
    }
    f.avxvnni = f.avxvnni_evex = false;
    f.avx2 = f.avx2 && strcmp(level, "avx2") == 0;
    return f;
}

#elif defined(__aarch64__) || defined(_M_ARM64)

    #if defined(__APPLE__)
static bool has(const char * feature) {
    int value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(feature, &value, &size, nullptr, 0) == 0 && value != 0;
}
    #endif

// Constants that the headers of older systems lack are spelled out.
static cpu_features find_features() {
    cpu_features found;
    found.neon = true;
    #if defined(__linux__)
    found.neon_dotprod = (getauxval(AT_HWCAP) >> 20 & 1) != 0; // HWCAP_ASIMDDP
    found.neon_i8mm = (getauxval(AT_HWCAP2) >> 13 & 1) != 0;   // HWCAP2_I8MM
    #elif defined(__APPLE__)
    found.neon_dotprod = has("hw.optional.arm.FEAT_DotProd");
    found.neon_i8mm = has("hw.optional.arm.FEAT_I8MM");
    #elif defined(_WIN32)
    found.neon_dotprod = IsProcessorFeaturePresent(43) != 0; // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
    found.neon_i8mm = IsProcessorFeaturePresent(66) != 0;    // PF_ARM_V82_I8MM_INSTRUCTIONS_AVAILABLE
    #endif
    found.neon_i8mm = found.neon_i8mm && found.neon_dotprod;
    return found;
}

static cpu_features choose_features() {
    cpu_features f = find_features();
    const char * level = cpu_level_wanted();
    if (!level || strcmp(level, "i8mm") == 0) {
        return f;
    }
    f.neon_i8mm = false;
    if (strcmp(level, "dotprod") == 0) {
        return f;
    }
    f.neon_dotprod = false;
    f.neon = strcmp(level, "neon") == 0;
    return f;
}

#else

static cpu_features choose_features() {
    return {};
}

#endif

const cpu_features & cpu_features_get() {
    static const cpu_features chosen = choose_features();
    return chosen;
}
