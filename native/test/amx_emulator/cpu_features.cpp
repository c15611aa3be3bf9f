// In place of native/cpu_features.cpp: AMX wherever its emulator runs.
#include "cpu_features.h"

const cpu_features & cpu_features_get() {
    static const cpu_features emulated = [] {
        cpu_features f;
        f.avx512 = f.avx512vnni = f.amx_int8 =
            __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl");
        f.amx_bf16 = f.avx512bf16 = f.avx512 && __builtin_cpu_supports("avx512bf16");
        return f;
    }();
    return emulated;
}
