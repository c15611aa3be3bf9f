#include "tokenizer/plain_text.h"

#include "error.h"

#include "llama-vocab.h"

#include <stdexcept>

static bool is_for_control(const llama_vocab & vocab, llama_token token) {
    return vocab.token_get_attr(token) & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN);
}

// The text of a token as tokens of single characters, or of bytes for characters without a token.
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

// Even with parse_special = false merges can produce a control token.
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

std::vector<int32_t> tokenize_plain(const llama_vocab & vocab, const std::string & text) {
    try {
        return without_control(vocab, vocab.tokenize(text, /*add_special =*/false, /*parse_special =*/false));
    } catch (const std::out_of_range &) {
        // thrown by llama.cpp's look-up of byte tokens
        throw vaner_error(VANER_MODEL_CORRUPT,
            "the model's vocabulary has no token for a part of '" + text +
                "': its byte tokens are missing. Convert it again");
    }
}
