#include "tokenizer/text_tokenizer.h"

#include "error.h"
#include "tokenizer/plain_text.h"
#include "tokenizer/utf8.h"

#include "llama-vocab.h"

#include <string>

// Finds where each token starts. Tokens spell the bytes in order; only bytes without a token are skipped.
static void append_starts(const llama_vocab & vocab, const std::vector<llama_token> & tokens, const std::string & bytes,
    const std::vector<uint32_t> & units, std::vector<uint32_t> & starts) {
    size_t at = 0;
    for (const llama_token token : tokens) {
        const std::string & piece = vocab.token_to_piece(token);
        at = bytes.find(piece, at);
        if (at >= bytes.size()) {
            throw vaner_error(VANER_MODEL_CORRUPT,
                "the vocabulary's token '" + piece +
                    "' does not spell the text that it was made of: its merges and tokens disagree. Convert it again");
        }
        starts.push_back(units[at]);
        at += piece.size();
    }
}

text_tokens tokenize_texts(const llama_vocab & vocab, const char16_t * text, size_t n_text, const uint32_t * bounds,
    size_t n_texts, bool parse_controls, const std::atomic<bool> * cancelled) {
    // Sentencepiece normalizes the text, so its pieces have no offsets in the original.
    if (vocab.get_type() != LLAMA_VOCAB_TYPE_BPE) {
        throw vaner_error(
            VANER_INVALID_ARGUMENT, "running text needs a byte-level BPE vocabulary: this model has another one");
    }
    text_tokens result;
    result.offsets.reserve(n_texts + 1);
    result.offsets.push_back(0);

    std::string bytes;
    std::vector<uint32_t> units;
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
        bytes.clear();
        units.clear();
        append_utf16(bytes, text, start, end, &units);
        const std::vector<llama_token> tokens =
            parse_controls ? vocab.tokenize(bytes, /*add_special =*/false, true) : tokenize_plain(vocab, bytes);
        append_starts(vocab, tokens, bytes, units, result.starts);
        result.tokens.insert(result.tokens.end(), tokens.begin(), tokens.end());
        result.offsets.push_back((uint32_t) result.tokens.size());
    }
    return result;
}
