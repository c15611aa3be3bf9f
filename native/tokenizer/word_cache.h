#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

// Tokens of the words of late, for one vocabulary: texts repeat most of their words, and llama.cpp compiles regular expressions
// for each that it splits. Bounded; may be used by any number of threads.
class word_cache {
public:
    // Appends the word's tokens; false where they are not known.
    bool find(const std::string & word, std::vector<int32_t> & tokens);

    // throws std::bad_alloc
    void keep(const std::string & word, const std::vector<int32_t> & tokens);

    size_t size() const;

    static const size_t MOST_WORDS = 32768; // some 4 MB
    static const size_t MOST_BYTES = 64;    // of a word; longer ones hardly come again

private:
    using generation = std::unordered_map<std::string, std::vector<int32_t>>;

    void put(const std::string & word, const std::vector<int32_t> & tokens);

    mutable std::mutex mutex;
    // A word that is asked for moves to the recent ones; when these are half of all, the older ones are forgotten.
    generation recent, older;
};
