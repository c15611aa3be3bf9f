#pragma once

#include "tokenizer/word_table.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

// Tokens of the words of late, for one vocabulary: texts repeat most of their words, and llama.cpp compiles regular expressions
// for each that it splits. Bounded; may be used by any number of threads.
class word_cache {
public:
    // Appends the word's tokens; false where they are not known.
    bool find(std::string_view word, std::vector<int32_t> & tokens);

    // The same for each word, appending also the number of tokens after it; an empty word has none. False where one is not
    // known; what was appended is then of no use.
    bool find_all(
        const std::vector<std::string_view> & words, std::vector<int32_t> & tokens, std::vector<uint32_t> & ends);

    // throws std::bad_alloc
    void keep(std::string_view word, const std::vector<int32_t> & tokens);

    size_t size() const;

    static const size_t MOST_WORDS = 32768; // some 2 MB
    static const size_t MOST_BYTES = 64;    // of a word; longer ones hardly come again

private:
    bool find(size_t hash, std::string_view word, std::vector<int32_t> & tokens);
    void put(size_t hash, std::string_view word, const int32_t * tokens, size_t n_tokens);

    mutable std::mutex mutex;
    // An older word that is asked for becomes a recent one too; when these are half of all, the older ones are forgotten.
    word_table recent, older;
};
