#pragma once

#include <cstdint>

// What turns the pairs of neighbouring outputs (2 i, 2 i + 1) of each head by their row's position.
struct rotary_angles {
    const int32_t * positions; // of the rows
    const float * cosines;     // [position][n_embd_head/2], like sines
    const float * sines;
    int n_embd_head; // a multiple of 32
};
