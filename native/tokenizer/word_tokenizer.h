#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

struct llama_vocab;
class word_cache;

struct word_tokens {
    std::vector<int32_t> tokens;   // of all words, one word after the other
    std::vector<uint32_t> offsets; // [n_words + 1] word w owns tokens[offsets[w] .. offsets[w + 1])
};

// Tokenizes every word by itself, as a pre-split input with a space before each word:
// what a Hugging Face tokenizer does with is_split_into_words and add_prefix_space. A sentencepiece vocabulary with
// add_space_prefix = false gets no space. Control tokens never come out of a text, whatever it spells.
//   known  of this vocabulary
//   text   UTF-16; a lone surrogate becomes U+FFFD
//   bounds [2*n_words] start and end of each word in UTF-16 code units of text
// throws VANER_INVALID_ARGUMENT for bounds outside the text, VANER_ABORTED once *cancelled is true
word_tokens tokenize_words(const llama_vocab & vocab, word_cache & known, const char16_t * text, size_t n_text,
    const uint32_t * bounds, size_t n_words, const std::atomic<bool> * cancelled = nullptr);

// The same where every word is known, in microseconds; false where one is not, or where the bounds are wrong. The result is
// then of no use.
bool tokenize_known_words(const llama_vocab & vocab, word_cache & known, const char16_t * text, size_t n_text,
    const uint32_t * bounds, size_t n_words, word_tokens & result);
