#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct llama_vocab;

// Tokens of a text in UTF-8 that strangers wrote: never control tokens, whatever it spells, and no start token.
// throws VANER_MODEL_CORRUPT where the vocabulary lacks byte tokens that it has to have
std::vector<int32_t> tokenize_plain(const llama_vocab & vocab, const std::string & text);
