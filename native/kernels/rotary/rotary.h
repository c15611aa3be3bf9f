#pragma once

#include <cstddef>

// Rotary embedding of one token, in place: pair (2 i, 2 i + 1) of each head is rotated by the i-th angle.
struct rotary_params {
    float * heads;
    size_t stride; // from head to head, in numbers
    int n_heads;
    int n_pairs;           // of a head
    const float * cosines; // [n_pairs], like sines
    const float * sines;
};

void rotary(const rotary_params & p);
