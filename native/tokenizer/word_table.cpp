#include "tokenizer/word_table.h"

#include <cstring>
#include <functional>

static const size_t MIN_PLACES = 256;

size_t word_table::hash_of(std::string_view word) {
    return std::hash<std::string_view>()(word);
}

// The place with this hash, or the free place for it.
size_t word_table::place_of(size_t hash) const {
    const size_t last = places.size() - 1;
    size_t i = hash & last;
    while (places[i].at != FREE && places[i].hash != hash) {
        i = (i + 1) & last;
    }
    return i;
}

bool word_table::may_have(size_t hash) const {
    return !places.empty() && places[place_of(hash)].at != FREE;
}

bool word_table::find(size_t hash, std::string_view word, std::vector<int32_t> & tokens) const {
    if (!may_have(hash)) {
        return false;
    }
    const uint32_t * entry = entries.data() + places[place_of(hash)].at;
    const uint32_t n_bytes = entry[0];
    const uint32_t n_tokens = entry[1];
    const int32_t * own = (const int32_t *) entry + 2;
    if (n_bytes != word.size() || memcmp(own + n_tokens, word.data(), n_bytes) != 0) {
        return false;
    }
    tokens.insert(tokens.end(), own, own + n_tokens);
    return true;
}

void word_table::put(size_t hash, std::string_view word, const int32_t * tokens, size_t n_tokens) {
    if (2 * (n_words + 1) > places.size()) {
        grow();
    }
    place & own = places[place_of(hash)];
    if (own.at != FREE) {
        return;
    }
    const size_t at = entries.size();
    entries.push_back((uint32_t) word.size());
    entries.push_back((uint32_t) n_tokens);
    entries.insert(entries.end(), tokens, tokens + n_tokens);
    entries.resize(entries.size() + (word.size() + 3) / 4);
    memcpy(entries.data() + at + 2 + n_tokens, word.data(), word.size());
    own = { hash, (uint32_t) at };
    ++n_words;
}

void word_table::grow() {
    word_table larger;
    larger.places.assign(places.empty() ? MIN_PLACES : 2 * places.size(), { 0, FREE });
    for (const place & p : places) {
        if (p.at != FREE) {
            larger.places[larger.place_of(p.hash)] = p;
        }
    }
    places.swap(larger.places);
}
