#include "tokenizer/text_tokenizer.h"

#include "error.h"
#include "tokenizer/plain_text.h"
#include "tokenizer/unigram.h"
#include "tokenizer/utf8.h"
#include "tokenizer/wordpiece.h"

#include "llama-vocab.h"

#include <string>

// A text as bytes.
struct text_bytes {
    std::string bytes;
    std::vector<uint32_t> units; // [n_bytes] code unit where the character of each byte starts
    uint32_t end = 0;            // code unit behind the text

    void read(const char16_t * text, uint32_t start, uint32_t stop) {
        bytes.clear();
        units.clear();
        append_utf16(bytes, text, start, stop, &units);
        end = stop;
    }

    // One past the character that holds the byte before `at`.
    uint32_t end_of(size_t at) const {
        while (at < units.size() && units[at] == units[at - 1]) {
            ++at;
        }
        return at < units.size() ? units[at] : end;
    }
};

static void append_place(const text_bytes & text, size_t start, size_t end, text_tokens & result) {
    result.starts.push_back(text.units[start]);
    result.ends.push_back(text.end_of(end));
}

// Finds where each token is. Tokens spell the bytes in order; only bytes without a token are skipped.
static void append_places(
    const llama_vocab & vocab, const std::vector<llama_token> & tokens, const text_bytes & text, text_tokens & result) {
    size_t at = 0;
    for (const llama_token token : tokens) {
        const std::string & piece = vocab.token_to_piece(token);
        at = text.bytes.find(piece, at);
        if (at >= text.bytes.size()) {
            throw vaner_error(VANER_MODEL_CORRUPT,
                "the vocabulary's token '" + piece +
                    "' does not spell the text that it was made of: its merges and tokens disagree. Convert it again");
        }
        append_place(text, at, at + piece.size(), result);
        at += piece.size();
    }
}

static void append_wordpiece(const llama_vocab & vocab, const text_bytes & text, text_tokens & result) {
    if (text.bytes.empty()) {
        return;
    }
    std::vector<size_t> ends;
    const std::vector<llama_token> tokens = tokenize_wordpiece(vocab, text.bytes, &ends);
    for (size_t i = 0; i < tokens.size(); ++i) {
        append_place(text, i == 0 ? 0 : ends[i - 1], ends[i], result);
    }
    result.tokens.insert(result.tokens.end(), tokens.begin(), tokens.end());
}

static void append_unigram(const unigram_vocabulary & vocab, const text_bytes & text, text_tokens & result) {
    std::vector<size_t> ends;
    vocab.tokenize(text.bytes, result.tokens, &ends);
    for (size_t i = 0; i < ends.size(); ++i) {
        append_place(text, i == 0 ? 0 : ends[i - 1], ends[i], result);
    }
}

static void append_byte_level(
    const llama_vocab & vocab, const text_bytes & text, bool parse_controls, text_tokens & result) {
    const std::vector<llama_token> tokens =
        parse_controls ? vocab.tokenize(text.bytes, /*add_special =*/false, true) : tokenize_plain(vocab, text.bytes);
    append_places(vocab, tokens, text, result);
    result.tokens.insert(result.tokens.end(), tokens.begin(), tokens.end());
}

static void append_text(const vocabulary & vocab, const text_bytes & text, bool parse_controls, text_tokens & result) {
    if (vocab.unigram) {
        append_unigram(*vocab.unigram, text, result);
    } else if (vocab.llama->get_type() == LLAMA_VOCAB_TYPE_WPM) {
        append_wordpiece(*vocab.llama, text, result);
    } else {
        append_byte_level(*vocab.llama, text, parse_controls, result);
    }
}

std::vector<std::string> added_tokens(const vocabulary & vocab) {
    std::vector<std::string> result;
    for (uint32_t id = 0; vocab.llama && id < vocab.llama->n_tokens(); ++id) {
        if (vocab.llama->token_get_attr((llama_token) id) & LLAMA_TOKEN_ATTR_USER_DEFINED) {
            result.push_back(vocab.llama->token_get_text((llama_token) id));
        }
    }
    return result;
}

text_tokens tokenize_texts(const vocabulary & vocab, const char16_t * text, size_t n_text, const uint32_t * bounds,
    size_t n_texts, bool parse_controls, const std::atomic<bool> * cancelled) {
    // llama.cpp's sentencepiece normalizes the text, so its pieces have no offsets in the original.
    if (vocab.llama && vocab.llama->get_type() == LLAMA_VOCAB_TYPE_SPM) {
        throw vaner_error(VANER_INVALID_ARGUMENT,
            "running text needs a byte-level BPE, WordPiece or unigram vocabulary: this model has another one");
    }
    text_tokens result;
    result.offsets.reserve(n_texts + 1);
    result.offsets.push_back(0);

    text_bytes own;
    for (size_t t = 0; t < n_texts; ++t) {
        if (cancelled && *cancelled) {
            throw vaner_error(VANER_ABORTED, "tokenizing was cancelled");
        }
        const uint32_t start = bounds[2 * t];
        const uint32_t end = bounds[2 * t + 1];
        if (start > end || end > n_text) {
            throw vaner_error(VANER_INVALID_ARGUMENT,
                vaner_format("text %zu spans %u to %u, outside the %zu code units given", t, start, end, n_text));
        }
        own.read(text, start, end);
        append_text(vocab, own, parse_controls, result);
        result.offsets.push_back((uint32_t) result.tokens.size());
    }
    return result;
}
