#pragma once

#include "tokenizer/word_table.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

// Approximate LRU cache: word -> token ids, for one vocabulary. Texts repeat most of their words, and llama.cpp
// compiles regular expressions for every text that it splits. Thread-safe.
class word_cache {
public:
    // Appends the tokens of the word; false if it is not cached.
    bool find(std::string_view word, std::vector<int32_t> & tokens);

    // The same for several words; appends to ends the number of tokens after each word. An empty word has no tokens. If
    // a word is not cached it returns false, and leaves the outputs incomplete.
    bool find_all(
        const std::vector<std::string_view> & words, std::vector<int32_t> & tokens, std::vector<uint32_t> & ends);

    // throws std::bad_alloc
    void keep(std::string_view word, const std::vector<int32_t> & tokens);

    size_t size() const;

    static const size_t MAX_WORDS = 32768; // about 2 MB
    static const size_t MAX_BYTES = 64;    // of a word; longer ones rarely repeat

private:
    bool find(size_t hash, std::string_view word, std::vector<int32_t> & tokens);
    void put(size_t hash, std::string_view word, const int32_t * tokens, size_t n_tokens);

    mutable std::mutex mutex;
    // Two generations: a hit among the older words copies the word to the recent ones. When the recent ones fill half
    // of the cache they become the older ones.
    word_table recent, older;
};
