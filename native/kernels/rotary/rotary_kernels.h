// The kernels that rotary.cpp chooses from.
#pragma once

#include "kernels/rotary/rotary.h"

void rotary_avx2(const rotary_params & p);
