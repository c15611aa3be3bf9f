#include "tokenizer/word_tokenizer.h"

#include "error.h"
#include "tokenizer/utf8.h"

#include "llama-vocab.h"

#include <stdexcept>
#include <string>

static std::vector<llama_token> tokenize_word(const llama_vocab & vocab, const std::string & word) {
    try {
        return vocab.tokenize(word, /*add_special =*/false, /*parse_special =*/false);
    } catch (const std::out_of_range &) {
        // what llama.cpp's look-up of a byte token ends in
        throw vaner_error(VANER_MODEL_CORRUPT,
            "the model's vocabulary has no token for a part of '" + word +
                "': its byte tokens are missing. Convert it again");
    }
}

word_tokens tokenize_words(const llama_vocab & vocab, const char16_t * text, size_t n_text, const uint32_t * bounds,
    size_t n_words, const std::atomic<bool> * cancelled) {
    // A sentencepiece vocabulary adds the space mark by itself, a BPE one never does.
    const bool adds_space = vocab.get_type() == LLAMA_VOCAB_TYPE_SPM && vocab.get_add_space_prefix();

    word_tokens result;
    result.offsets.reserve(n_words + 1);
    result.offsets.push_back(0);
    result.tokens.reserve(n_words * 2);

    std::string word;
    for (size_t w = 0; w < n_words; ++w) {
        if (cancelled && w % 1024 == 0 && *cancelled) {
            throw vaner_error(VANER_ABORTED, "tokenizing was cancelled");
        }
        const uint32_t start = bounds[2 * w];
        const uint32_t end = bounds[2 * w + 1];
        if (start > end || end > n_text) {
            throw vaner_error(VANER_INVALID_ARGUMENT,
                vaner_format("word %zu spans %u to %u, outside the text of %zu code units", w, start, end, n_text));
        }
        if (start < end) {
            word.assign(adds_space ? "" : " ");
            append_utf16(word, text, start, end);
            const std::vector<llama_token> tokens = tokenize_word(vocab, word);
            result.tokens.insert(result.tokens.end(), tokens.begin(), tokens.end());
        }
        result.offsets.push_back((uint32_t) result.tokens.size());
    }
    return result;
}
