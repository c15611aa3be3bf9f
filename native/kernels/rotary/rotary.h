#pragma once

#include <cstddef>

// Which elements of a head are rotated together: 2 i and 2 i + 1, or i and n_pairs + i.
enum class rotary_pairs { neighbours, halves };

// Rotary embedding of one token, in place: the i-th pair of each head is rotated by the i-th angle.
struct rotary_params {
    float * heads;
    size_t stride; // from head to head, in numbers
    int n_heads;
    int n_pairs;           // of a head
    const float * cosines; // [n_pairs], like sines
    const float * sines;
    rotary_pairs pairs = rotary_pairs::neighbours;
};

void rotary(const rotary_params & p);
