#include "tokenizer/word_tokenizer.h"

#include "error.h"

#include "llama-vocab.h"

#include <stdexcept>
#include <string>

static void append_utf8(std::string & out, uint32_t cp) {
    if (cp < 0x80) {
        out += (char) cp;
    } else if (cp < 0x800) {
        out += (char) (0xC0 | (cp >> 6));
        out += (char) (0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        out += (char) (0xE0 | (cp >> 12));
        out += (char) (0x80 | ((cp >> 6) & 0x3F));
        out += (char) (0x80 | (cp & 0x3F));
    } else {
        out += (char) (0xF0 | (cp >> 18));
        out += (char) (0x80 | ((cp >> 12) & 0x3F));
        out += (char) (0x80 | ((cp >> 6) & 0x3F));
        out += (char) (0x80 | (cp & 0x3F));
    }
}

static void append_utf16(std::string & out, const char16_t * text, size_t start, size_t end) {
    for (size_t i = start; i < end; ++i) {
        uint32_t cp = text[i];
        if (cp >= 0xD800 && cp < 0xE000) {
            const bool pair = cp < 0xDC00 && i + 1 < end && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000;
            cp = pair ? 0x10000 + ((cp - 0xD800) << 10) + (text[++i] - 0xDC00) : 0xFFFD;
        }
        append_utf8(out, cp);
    }
}

static bool is_for_control(const llama_vocab & vocab, llama_token token) {
    return vocab.token_get_attr(token) & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN);
}

// A token's text in tokens of single characters, or of bytes where a character has none.
static void append_characters(std::vector<llama_token> & tokens, const llama_vocab & vocab, const std::string & text) {
    for (size_t start = 0, end = 0; start < text.size(); start = end) {
        do {
            ++end;
        } while (end < text.size() && ((uint8_t) text[end] & 0xC0) == 0x80);
        const llama_token token = vocab.text_to_token(text.substr(start, end - start));
        if (token != LLAMA_TOKEN_NULL && !is_for_control(vocab, token)) {
            tokens.push_back(token);
        } else if (vocab.get_type() == LLAMA_VOCAB_TYPE_SPM) {
            for (size_t i = start; i < end; ++i) {
                tokens.push_back(vocab.byte_to_token((uint8_t) text[i]));
            }
        }
    }
}

// llama.cpp doesn't look for control tokens in text, but merging may happen to spell one.
static std::vector<llama_token> without_control(const llama_vocab & vocab, const std::vector<llama_token> & tokens) {
    std::vector<llama_token> result;
    for (const llama_token token : tokens) {
        if (is_for_control(vocab, token)) {
            append_characters(result, vocab, vocab.token_get_text(token));
        } else {
            result.push_back(token);
        }
    }
    return result;
}

static std::vector<llama_token> tokenize_word(const llama_vocab & vocab, const std::string & word) {
    try {
        return without_control(vocab, vocab.tokenize(word, /*add_special =*/false, /*parse_special =*/false));
    } catch (const std::out_of_range &) {
        // what llama.cpp's look-up of a byte token ends in
        throw vaner_error(VANER_MODEL_CORRUPT,
            "the model's vocabulary has no token for a part of '" + word +
                "': its byte tokens are missing. Convert it again");
    }
}

word_tokens tokenize_words(const llama_vocab & vocab, const char16_t * text, size_t n_text, const uint32_t * bounds,
    size_t n_words, const std::atomic<bool> * cancelled) {
    // A sentencepiece vocabulary adds the space mark by itself, unless it says that it wants none; a BPE one never does.
    const std::string space = vocab.get_type() == LLAMA_VOCAB_TYPE_SPM ? "" : " ";

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
            word = space;
            append_utf16(word, text, start, end);
            const std::vector<llama_token> tokens = tokenize_word(vocab, word);
            result.tokens.insert(result.tokens.end(), tokens.begin(), tokens.end());
        }
        result.offsets.push_back((uint32_t) result.tokens.size());
    }
    return result;
}
