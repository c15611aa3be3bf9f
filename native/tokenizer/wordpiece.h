#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct llama_vocab;

// Tokens of one word of a WordPiece vocabulary in llama.cpp's spelling: U+2581 in front of tokens that start words,
// nothing in front of the others. The longest token always comes first; a word that tokens can't spell, or of more
// than 100 characters, is the unknown token. The word is normalized UTF-8. Never control tokens.
//   ends  if not NULL: gets the byte behind each token
std::vector<int32_t> tokenize_wordpiece(
    const llama_vocab & vocab, const std::string & word, std::vector<size_t> * ends = nullptr);
