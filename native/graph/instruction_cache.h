#pragma once

#include "graph/encoder_batch.h"

#include <cstddef>
#include <list>
#include <memory>
#include <utility>
#include <vector>

// Keys (with their rotary positions) and values of an instruction that attends to itself only. They are the same for
// every sequence behind it.
struct instruction_kv {
    // width: n_head_kv*n_embd_head. throws std::bad_alloc
    instruction_kv(size_t n_layer, size_t n_tokens, size_t width)
        : n_tokens(n_tokens), width(width), keys(n_layer * n_tokens * width), values(keys.size()) {}

    const size_t n_tokens;
    const size_t width;

    // [n_tokens][width] of layer il
    float * k(size_t il) { return keys.data() + il * n_tokens * width; }
    float * v(size_t il) { return values.data() + il * n_tokens * width; }
    const float * k(size_t il) const { return keys.data() + il * n_tokens * width; }
    const float * v(size_t il) const { return values.data() + il * n_tokens * width; }

    size_t n_bytes() const { return 2 * keys.size() * sizeof(float); }

private:
    std::vector<float> keys, values;
};

// Prefix cache: instruction tokens -> keys and values. Least recently used entries go first.
class instruction_cache {
public:
    explicit instruction_cache(size_t max_bytes) : max_bytes(max_bytes) {}

    // NULL if it is not cached
    std::shared_ptr<const instruction_kv> find(const std::vector<int32_t> & instruction);

    // Drops the least recently used entries, this one if need be, until the rest takes at most max_bytes.
    void add(instruction_ptr instruction, std::shared_ptr<const instruction_kv> kv);

private:
    using entry = std::pair<instruction_ptr, std::shared_ptr<const instruction_kv>>;

    const size_t max_bytes;
    size_t n_bytes = 0;
    std::list<entry> entries; // most recently used first
};
