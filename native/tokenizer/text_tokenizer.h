#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

struct llama_vocab;

struct text_tokens {
    std::vector<int32_t> tokens;   // of all texts, one text after the other
    std::vector<uint32_t> offsets; // [n_texts + 1] text t owns tokens[offsets[t] .. offsets[t + 1])
    std::vector<uint32_t> starts;  // [n_tokens] where each token starts, in code units of text
};

// Tokenizes running texts, each as a whole: what a Hugging Face tokenizer does with add_special_tokens=False and
// return_offsets_mapping. A token that starts inside a character starts where the character does, so that several
// tokens may start at one place.
//   text   UTF-16; a lone surrogate becomes U+FFFD
//   bounds [2*n_texts] start and end of each text in UTF-16 code units of text
//   parse_controls whether what spells a control token is that token; never for what strangers wrote
// throws VANER_INVALID_ARGUMENT for bounds outside the text or a vocabulary that is no byte-level BPE,
// VANER_ABORTED once *cancelled is true
text_tokens tokenize_texts(const llama_vocab & vocab, const char16_t * text, size_t n_text, const uint32_t * bounds,
    size_t n_texts, bool parse_controls, const std::atomic<bool> * cancelled = nullptr);
