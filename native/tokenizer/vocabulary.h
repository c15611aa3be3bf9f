#pragma once

struct llama_vocab;
class unigram_vocabulary;

// A model's vocabulary: llama.cpp's, or our own of unigram's kind. The other one is NULL.
struct vocabulary {
    const llama_vocab * llama = nullptr;
    const unigram_vocabulary * unigram = nullptr;
};
