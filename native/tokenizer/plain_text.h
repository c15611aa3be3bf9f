#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct llama_vocab;

// Tokens of untrusted UTF-8 text: never control tokens, even if the text spells one, and no start token.
// throws VANER_MODEL_CORRUPT if the vocabulary has no token for a byte
std::vector<int32_t> tokenize_plain(const llama_vocab & vocab, const std::string & text);
