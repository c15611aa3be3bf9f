#include "tokenizer/word_cache.h"

bool word_cache::find(const std::string & word, std::vector<int32_t> & tokens) {
    const std::lock_guard<std::mutex> lock(mutex);
    auto found = recent.find(word);
    if (found == recent.end()) {
        found = older.find(word);
        if (found == older.end()) {
            return false;
        }
        tokens.insert(tokens.end(), found->second.begin(), found->second.end());
        const std::vector<int32_t> moved = std::move(found->second);
        older.erase(found);
        put(word, moved);
        return true;
    }
    tokens.insert(tokens.end(), found->second.begin(), found->second.end());
    return true;
}

void word_cache::keep(const std::string & word, const std::vector<int32_t> & tokens) {
    if (word.size() <= MOST_BYTES) {
        const std::lock_guard<std::mutex> lock(mutex);
        put(word, tokens);
    }
}

void word_cache::put(const std::string & word, const std::vector<int32_t> & tokens) {
    if (recent.size() >= MOST_WORDS / 2) {
        older = std::move(recent);
        recent = generation();
    }
    recent.emplace(word, tokens);
}

size_t word_cache::size() const {
    const std::lock_guard<std::mutex> lock(mutex);
    return recent.size() + older.size();
}
