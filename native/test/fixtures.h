#pragma once

#include "model/token_classifier.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// Files of test/fixtures; see the README there.

std::string fixture_model_path(const std::string & name);   // "tiny-f32"
std::string fixture_adapter_path(const std::string & name); // "tiny-qv"
// device: NULL: the CPU; adapter: a path; may be empty
std::unique_ptr<token_classifier> fixture_model(
    const std::string & name, ggml_backend_dev_t device = nullptr, const std::string & adapter = "");

// Input of a model and the probabilities that it should compute.
struct reference_sequence {
    std::vector<int32_t> tokens;
    int32_t n_instruction = 0; // leading tokens that attend to each other only
    std::vector<int32_t> rows;
    std::vector<float> probs; // [n_rows][n_heads*n_labels]
};

std::vector<reference_sequence> fixture_reference(const std::string & model);
std::vector<reference_sequence> fixture_adapter_reference(const std::string & adapter);

struct reference_word {
    std::u16string text;
    std::vector<int32_t> tokens;
};

// Words of tokenizers.json with tokens for this model.
std::vector<reference_word> fixture_words(const std::string & model);

struct reference_text {
    std::u16string text;
    bool controls; // whether control tokens are parsed
    std::vector<int32_t> tokens;
    std::vector<uint32_t> starts;
};

// texts.json: whole texts, tokenized with the vocabulary of tiny-tokens-f32
std::vector<reference_text> fixture_texts();
