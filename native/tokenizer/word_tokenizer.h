#pragma once

#include "tokenizer/vocabulary.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

class word_cache;

struct word_tokens {
    std::vector<int32_t> tokens;   // of all words
    std::vector<uint32_t> offsets; // [n_words + 1] word w owns tokens[offsets[w] .. offsets[w + 1])
};

// Tokenizes each word by itself with a space in front, like a Hugging Face tokenizer with is_split_into_words and
// add_prefix_space. A sentencepiece vocabulary with add_space_prefix = false gets no space. Text never becomes control
// tokens. A WordPiece vocabulary takes normalized words of BERT's tokenizer, a unigram vocabulary normalized pieces of text
// with their space marks.
//   cache   of this vocabulary
//   text    UTF-16; a lone surrogate becomes U+FFFD
//   bounds  [2*n_words] start and end of each word, in code units of text
// throws VANER_INVALID_ARGUMENT for bounds outside the text, VANER_ABORTED once *cancelled is true
word_tokens tokenize_words(const vocabulary & vocab, word_cache & cache, const char16_t * text, size_t n_text,
    const uint32_t * bounds, size_t n_words, const std::atomic<bool> * cancelled = nullptr);

// The same from the cache alone, in microseconds. Returns false if a word is not cached or its bounds are invalid; the
// result is incomplete then.
bool tokenize_cached_words(const vocabulary & vocab, word_cache & cache, const char16_t * text, size_t n_text,
    const uint32_t * bounds, size_t n_words, word_tokens & result);
