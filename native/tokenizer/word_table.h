#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// Hash table: word -> token ids, with open addressing and all entries in one array. Grows only.
class word_table {
public:
    static size_t hash_of(std::string_view word);

    // Hash match only; collisions are possible.
    bool may_have(size_t hash) const;

    // Appends the tokens of the word; false if it is not in the table.
    bool find(size_t hash, std::string_view word, std::vector<int32_t> & tokens) const;

    // Does nothing if the table has a word of this hash.
    // throws std::bad_alloc
    void put(size_t hash, std::string_view word, const int32_t * tokens, size_t n_tokens);

    size_t size() const { return n_words; }

private:
    struct place {
        size_t hash;
        uint32_t at; // index into entries, or FREE
    };

    static const uint32_t FREE = UINT32_MAX;

    size_t place_of(size_t hash) const;
    void grow();

    std::vector<place> places;     // a power of two, at most half full
    std::vector<uint32_t> entries; // of each word: n_bytes, n_tokens, tokens, bytes
    size_t n_words = 0;
};
