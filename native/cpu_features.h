#pragma once

// What this CPU has and the system keeps the registers of. All false where it is no x86-64.
struct cpu_features {
    bool avx2 = false; // with FMA
    bool avxvnni = false;
    bool avx512 = false; // F, DQ, BW and VL
    bool avx512vnni = false;
};

const cpu_features & cpu_features_get();
