#include "model/gguf/unigram_format.h"

#include "error.h"

#include <cmath>
#include <cstring>

static const char * const TOKENS = "tokenizer.ggml.tokens";
static const char * const SCORES = "tokenizer.ggml.scores";
static const char * const TYPES = "tokenizer.ggml.token_type";
static const char * const CHARSMAP = "tokenizer.ggml.precompiled_charsmap";

// llama.cpp's numbers.
enum token_type { TYPE_NORMAL = 1, TYPE_UNUSED = 5 };

static const size_t MAX_CHARSMAP = 64 << 20; // bytes; the largest published one has 316 kB

// Characters that a character may become, so that text grows little: of the published maps U+FDFA has most, 18.
static const size_t MAX_REPLACEMENT = 20;

static size_t utf8_length(uint8_t first) {
    return first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

static bool is_utf8(const uint8_t * bytes, size_t n) {
    for (size_t at = 0; at < n;) {
        const size_t length = utf8_length(bytes[at]);
        if (length == 0 || length > n - at) {
            return false;
        }
        for (size_t i = 1; i < length; ++i) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return false;
            }
        }
        at += length;
    }
    return true;
}

std::vector<uint8_t> charsmap_read(const gguf_file & file) {
    std::vector<uint8_t> map = file.get_bytes(CHARSMAP);
    if (map.empty()) {
        return map;
    }
    const auto damaged = [](const char * what) {
        return vaner_error(VANER_MODEL_CORRUPT,
            vaner_format("'%s' %s. Get the tokenizer anew, and convert the checkpoint again", CHARSMAP, what));
    };
    uint32_t n_trie = 0;
    if (map.size() < sizeof(n_trie) || map.size() > MAX_CHARSMAP) {
        throw damaged("is no map of characters");
    }
    memcpy(&n_trie, map.data(), sizeof(n_trie));
    if (n_trie == 0 || n_trie % 4 != 0 || n_trie >= map.size() - sizeof(n_trie)) {
        throw damaged("says a size of its trie that it does not have");
    }
    const size_t texts = sizeof(n_trie) + n_trie;
    if (map.back() != 0 || !is_utf8(map.data() + texts, map.size() - texts)) {
        throw damaged("has replacements that are no text");
    }
    size_t n_characters = 0;
    for (auto byte = map.begin() + texts; byte != map.end(); ++byte) {
        n_characters = *byte == 0 ? 0 : n_characters + ((*byte & 0xC0) != 0x80);
        if (n_characters > MAX_REPLACEMENT) {
            throw vaner_error(VANER_MODEL_FORMAT,
                vaner_format(
                    "'%s' replaces a character by more than %zu, which is not supported", CHARSMAP, MAX_REPLACEMENT));
        }
    }
    return map;
}

void unigram_check(const gguf_file & file, const std::vector<std::string> & tokens) {
    const std::vector<float> scores = file.get_f32s(SCORES);
    const std::vector<int32_t> types = file.get_i32s(TYPES);
    if (scores.size() != tokens.size() || types.size() != tokens.size()) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' and '%s' have to hold a value for each of the %zu tokens, but have %zu and %zu", SCORES,
                TYPES, tokens.size(), scores.size(), types.size()));
    }
    for (size_t id = 0; id < tokens.size(); ++id) {
        if (!std::isfinite(scores[id])) {
            throw vaner_error(VANER_MODEL_FORMAT, vaner_format("the score of token %zu is not finite", id));
        }
        if (tokens[id].size() > unigram_vocabulary::MAX_BYTES) {
            throw vaner_error(VANER_MODEL_FORMAT,
                vaner_format("token %zu has %zu bytes, but at most %zu are supported", id, tokens[id].size(),
                    unigram_vocabulary::MAX_BYTES));
        }
    }
}

std::unique_ptr<unigram_vocabulary> unigram_read(const gguf_file & file) {
    const std::vector<std::string> texts = file.get_strs(TOKENS);
    const std::vector<float> scores = file.get_f32s(SCORES);
    const std::vector<int32_t> types = file.get_i32s(TYPES);
    std::vector<unigram_vocabulary::token> tokens;
    tokens.reserve(texts.size());
    for (size_t id = 0; id < texts.size(); ++id) {
        tokens.push_back({ texts[id], scores[id], types[id] == TYPE_NORMAL, types[id] != TYPE_UNUSED });
    }
    const int32_t unknown = (int32_t) file.need_u32("tokenizer.ggml.unknown_token_id");
    return std::make_unique<unigram_vocabulary>(tokens, unknown);
}
