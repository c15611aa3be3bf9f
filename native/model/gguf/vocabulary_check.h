#pragma once

#include "model/gguf/gguf_file.h"
#include "model/gguf/model_format.h"

#include <cstdint>

struct vocabulary_shape {
    uint32_t n_tokens;
    vocabulary_kind kind;
};

// Checks what llama.cpp's vocabulary would only assert, while it loads and while it tokenizes.
// throws VANER_MODEL_ARCHITECTURE for a kind of vocabulary or a pre-tokenizer that is not supported,
//        VANER_MODEL_FORMAT, VANER_MODEL_CORRUPT
vocabulary_shape vocabulary_check(const gguf_file & file);
