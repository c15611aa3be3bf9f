#pragma once

#include "tokenizer/vocabulary.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

struct text_tokens {
    std::vector<int32_t> tokens;   // of all texts
    std::vector<uint32_t> offsets; // [n_texts + 1] text t owns tokens[offsets[t] .. offsets[t + 1])
    std::vector<uint32_t> starts;  // [n_tokens] code unit of text where each token starts
    std::vector<uint32_t> ends;    // [n_tokens] one past the last code unit of each token
};

// Tokenizes running texts, like a Hugging Face tokenizer with add_special_tokens=False and return_offsets_mapping. A
// token that starts or ends inside a character has all of the character, so several tokens can have the same place. Texts
// of WordPiece vocabularies are words, and those of unigram vocabularies pieces with their space marks, already normalized.
//   text    UTF-16; a lone surrogate becomes U+FFFD
//   bounds  [2*n_texts] start and end of each text, in code units of text
//   parse_controls  whether text can spell control tokens; never for untrusted text
// throws VANER_INVALID_ARGUMENT for bounds outside the text or a sentencepiece vocabulary,
//        VANER_ABORTED once *cancelled is true
text_tokens tokenize_texts(const vocabulary & vocab, const char16_t * text, size_t n_text, const uint32_t * bounds,
    size_t n_texts, bool parse_controls, const std::atomic<bool> * cancelled = nullptr);

// The texts of the tokens that are matched in text before all others.
std::vector<std::string> added_tokens(const vocabulary & vocab);
