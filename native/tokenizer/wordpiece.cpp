#include "tokenizer/wordpiece.h"

#include "llama-vocab.h"

static const char * const MARK = "\xe2\x96\x81"; // in front of the first token of a word
static const size_t MAX_CHARACTERS = 100;        // of a word; as Hugging Face's tokenizers

// Bytes where the characters start, then the length.
static std::vector<size_t> character_starts(const std::string & word) {
    std::vector<size_t> starts;
    for (size_t i = 0; i < word.size(); ++i) {
        if (((uint8_t) word[i] & 0xC0) != 0x80) {
            starts.push_back(i);
        }
    }
    starts.push_back(word.size());
    return starts;
}

static llama_token token_of(const llama_vocab & vocab, const std::string & word, size_t start, size_t end) {
    const std::string piece = word.substr(start, end - start);
    const bool marked = piece.compare(0, 3, MARK) == 0;
    if (start > 0 && marked) {
        return LLAMA_TOKEN_NULL; // would be the token of a word's start
    }
    const llama_token token = vocab.text_to_token(start == 0 ? MARK + piece : piece);
    const bool plain = token != LLAMA_TOKEN_NULL &&
        !(vocab.token_get_attr(token) & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_UNKNOWN));
    return plain ? token : LLAMA_TOKEN_NULL;
}

std::vector<int32_t> tokenize_wordpiece(
    const llama_vocab & vocab, const std::string & word, std::vector<size_t> * ends) {
    const auto unknown = [&]() -> std::vector<int32_t> {
        if (ends) {
            ends->assign(1, word.size());
        }
        return { vocab.token_unk() };
    };
    const std::vector<size_t> starts = character_starts(word);
    const size_t n = starts.size() - 1;
    if (n > MAX_CHARACTERS) {
        return unknown();
    }
    std::vector<int32_t> tokens;
    for (size_t first = 0; first < n;) {
        size_t end = n;
        llama_token token = token_of(vocab, word, starts[first], starts[end]);
        while (token == LLAMA_TOKEN_NULL && --end > first) {
            token = token_of(vocab, word, starts[first], starts[end]);
        }
        if (token == LLAMA_TOKEN_NULL) {
            return unknown();
        }
        tokens.push_back(token);
        if (ends) {
            ends->push_back(starts[end]);
        }
        first = end;
    }
    return tokens;
}
