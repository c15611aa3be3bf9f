// Chooses the path for the CPU that the program finds itself on.
#pragma once

#include "int8/int8_path.h"

// The fastest path that this CPU can run and this build has; null where there is none. The environment variable
// VANER_INT8_PATH asks for one of them by its name ("AVX-512 VNNI", "AVX-VNNI" or "AVX2"); null where that can't be had.
const int8_path * int8_fastest_path();
