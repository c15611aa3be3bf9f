#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// Words and their tokens in few, close lines of memory: places by hash, entries one after the other. What is put in stays.
class word_table {
public:
    static size_t hash_of(std::string_view word);

    // Whether a word of this hash is there: as good as always the same.
    bool may_have(size_t hash) const;

    // Appends the word's tokens; false where it is not there.
    bool find(size_t hash, std::string_view word, std::vector<int32_t> & tokens) const;

    // Does nothing where the word, or another of its hash, is there.
    // throws std::bad_alloc
    void put(size_t hash, std::string_view word, const int32_t * tokens, size_t n_tokens);

    size_t size() const { return n_words; }

private:
    struct place {
        size_t hash;
        uint32_t at; // in entries; FREE for none
    };

    static const uint32_t FREE = UINT32_MAX;

    size_t place_of(size_t hash) const;
    void grow();

    std::vector<place> places;     // a power of two, at most half of them taken
    std::vector<uint32_t> entries; // of each word: number of its bytes, number of its tokens, tokens, bytes
    size_t n_words = 0;
};
