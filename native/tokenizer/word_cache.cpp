#include "tokenizer/word_cache.h"

#include <utility>

bool word_cache::find(std::string_view word, std::vector<int32_t> & tokens) {
    const size_t hash = word_table::hash_of(word);
    const std::lock_guard<std::mutex> lock(mutex);
    return find(hash, word, tokens);
}

bool word_cache::find_all(
    const std::vector<std::string_view> & words, std::vector<int32_t> & tokens, std::vector<uint32_t> & ends) {
    std::vector<size_t> hashes(words.size());
    for (size_t w = 0; w < words.size(); ++w) {
        hashes[w] = word_table::hash_of(words[w]);
    }
    const std::lock_guard<std::mutex> lock(mutex);
    // One pass over the hashes first: the look-ups are independent, so their cache misses overlap.
    for (size_t w = 0; w < words.size(); ++w) {
        if (!words[w].empty() && !recent.may_have(hashes[w]) && !older.may_have(hashes[w])) {
            return false;
        }
    }
    for (size_t w = 0; w < words.size(); ++w) {
        if (!words[w].empty() && !find(hashes[w], words[w], tokens)) {
            return false;
        }
        ends.push_back((uint32_t) tokens.size());
    }
    return true;
}

bool word_cache::find(size_t hash, std::string_view word, std::vector<int32_t> & tokens) {
    if (recent.find(hash, word, tokens)) {
        return true;
    }
    const size_t first = tokens.size();
    if (!older.find(hash, word, tokens)) {
        return false;
    }
    put(hash, word, tokens.data() + first, tokens.size() - first);
    return true;
}

void word_cache::keep(std::string_view word, const std::vector<int32_t> & tokens) {
    if (word.size() <= MAX_BYTES) {
        const std::lock_guard<std::mutex> lock(mutex);
        put(word_table::hash_of(word), word, tokens.data(), tokens.size());
    }
}

void word_cache::put(size_t hash, std::string_view word, const int32_t * tokens, size_t n_tokens) {
    if (recent.size() >= MAX_WORDS / 2) {
        older = std::move(recent);
        recent = word_table();
    }
    recent.put(hash, word, tokens, n_tokens);
}

size_t word_cache::size() const {
    const std::lock_guard<std::mutex> lock(mutex);
    return recent.size() + older.size();
}
