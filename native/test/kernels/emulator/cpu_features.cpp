// Replaces native/kernels/cpu_features.cpp: all features that can be emulated, up to the level of VANER_CPU.
#include "kernels/cpu_features.h"

#include <cstring>

static cpu_features emulated_features() {
    cpu_features f;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) {
        return f;
    }
    const char * level = cpu_level_wanted();
    f.amx_bf16 = f.amx_int8 = !level || strcmp(level, "amx") == 0;
    f.avx512 = f.avx512vnni = f.avx512bf16 = f.amx_bf16 || strcmp(level, "avx512") == 0;
    f.avxvnni = f.avx2 = true;
    return f;
}

const cpu_features & cpu_features_get() {
    static const cpu_features emulated = emulated_features();
    return emulated;
}
