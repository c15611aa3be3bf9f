#pragma once

#include "model/gguf/gguf_file.h"
#include "tokenizer/unigram.h"

#include <memory>
#include <string>
#include <vector>

// Checks the vocabulary.
// throws VANER_MODEL_FORMAT
void unigram_check(const gguf_file & file, const std::vector<std::string> & tokens);

// Reads a checked vocabulary.
std::unique_ptr<unigram_vocabulary> unigram_read(const gguf_file & file);

// Sentencepiece's map of characters: size of a trie in bytes, the trie (a double array), and replacements that end
// with a zero byte each. Empty: none.
// throws VANER_MODEL_FORMAT, VANER_MODEL_CORRUPT
std::vector<uint8_t> charsmap_read(const gguf_file & file);
