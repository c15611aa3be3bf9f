#pragma once

#include "graph/encoder_batch.h"

#include <cstddef>
#include <list>
#include <memory>
#include <utility>
#include <vector>

// Keys, with their positions, and values of an instruction that sees nothing but itself: the same for all that follows it.
struct instruction_keys {
    // width: n_head_kv*n_embd_head. throws std::bad_alloc
    instruction_keys(size_t n_layer, size_t n_tokens, size_t width)
        : n_tokens(n_tokens), width(width), keys(n_layer * n_tokens * width), values(keys.size()) {}

    const size_t n_tokens;
    const size_t width;

    // [n_tokens][width] of a layer
    float * k(size_t il) { return keys.data() + il * n_tokens * width; }
    float * v(size_t il) { return values.data() + il * n_tokens * width; }
    const float * k(size_t il) const { return keys.data() + il * n_tokens * width; }
    const float * v(size_t il) const { return values.data() + il * n_tokens * width; }

    size_t n_bytes() const { return 2 * keys.size() * sizeof(float); }

private:
    std::vector<float> keys, values;
};

// The instructions that were used last.
class instruction_cache {
public:
    explicit instruction_cache(size_t max_bytes) : max_bytes(max_bytes) {}

    // NULL where it is not known
    std::shared_ptr<const instruction_keys> find(const std::vector<int32_t> & instruction);

    // Forgets those that were not used for longest where all would take more than max_bytes.
    void add(instruction_ptr instruction, std::shared_ptr<const instruction_keys> keys);

private:
    using entry = std::pair<instruction_ptr, std::shared_ptr<const instruction_keys>>;

    const size_t max_bytes;
    size_t n_bytes = 0;
    std::list<entry> entries; // last used first
};
