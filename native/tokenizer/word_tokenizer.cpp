#include "tokenizer/word_tokenizer.h"

#include "error.h"
#include "tokenizer/plain_text.h"
#include "tokenizer/unigram.h"
#include "tokenizer/utf8.h"
#include "tokenizer/word_cache.h"
#include "tokenizer/wordpiece.h"

#include "llama-vocab.h"

#include <string>
#include <string_view>

// A sentencepiece vocabulary adds the space itself, unless add_space_prefix = false; BPE never does; WordPiece and
// unigram have none.
static std::string space_before(const vocabulary & vocab) {
    return vocab.llama && vocab.llama->get_type() == LLAMA_VOCAB_TYPE_BPE ? " " : "";
}

static std::vector<llama_token> tokenize_word(const vocabulary & vocab, const std::string & word) {
    if (vocab.unigram) {
        std::vector<llama_token> tokens;
        vocab.unigram->tokenize(word, tokens);
        return tokens;
    }
    const bool wordpiece = vocab.llama->get_type() == LLAMA_VOCAB_TYPE_WPM;
    return wordpiece ? tokenize_wordpiece(*vocab.llama, word) : tokenize_plain(*vocab.llama, word);
}

// Appends a word with its space, or nothing for an empty word; false if its bounds are outside the text.
static bool append_word(
    const std::string & space, const char16_t * text, size_t n_text, const uint32_t * bounds, std::string & words) {
    const uint32_t start = bounds[0];
    const uint32_t end = bounds[1];
    if (start > end || end > n_text) {
        return false;
    }
    if (start < end) {
        words += space;
        append_utf16(words, text, start, end);
    }
    return true;
}

word_tokens tokenize_words(const vocabulary & vocab, word_cache & cache, const char16_t * text, size_t n_text,
    const uint32_t * bounds, size_t n_words, const std::atomic<bool> * cancelled) {
    const std::string space = space_before(vocab);

    word_tokens result;
    result.offsets.reserve(n_words + 1);
    result.offsets.push_back(0);
    result.tokens.reserve(n_words * 2);

    std::string word;
    for (size_t w = 0; w < n_words; ++w) {
        if (cancelled && w % 1024 == 0 && *cancelled) {
            throw vaner_error(VANER_ABORTED, "tokenizing was cancelled");
        }
        word.clear();
        if (!append_word(space, text, n_text, bounds + 2 * w, word)) {
            throw vaner_error(VANER_INVALID_ARGUMENT,
                vaner_format("word %zu spans %u to %u, outside the text of %zu code units", w, bounds[2 * w],
                    bounds[2 * w + 1], n_text));
        }
        if (!word.empty() && !cache.find(word, result.tokens)) {
            const std::vector<llama_token> tokens = tokenize_word(vocab, word);
            result.tokens.insert(result.tokens.end(), tokens.begin(), tokens.end());
            cache.keep(word, tokens);
        }
        result.offsets.push_back((uint32_t) result.tokens.size());
    }
    return result;
}

bool tokenize_cached_words(const vocabulary & vocab, word_cache & cache, const char16_t * text, size_t n_text,
    const uint32_t * bounds, size_t n_words, word_tokens & result) {
    const std::string space = space_before(vocab);
    std::string bytes; // of all words
    std::vector<size_t> ends(n_words);
    for (size_t w = 0; w < n_words; ++w) {
        const bool long_one = bounds[2 * w + 1] - bounds[2 * w] > word_cache::MAX_BYTES; // never cached
        if (long_one || !append_word(space, text, n_text, bounds + 2 * w, bytes)) {
            return false;
        }
        ends[w] = bytes.size();
    }
    std::vector<std::string_view> words(n_words);
    for (size_t w = 0, start = 0; w < n_words; start = ends[w++]) {
        words[w] = std::string_view(bytes).substr(start, ends[w] - start);
    }
    result.tokens.clear();
    result.offsets.assign(1, 0);
    return cache.find_all(words, result.tokens, result.offsets);
}
