#pragma once

#include "kernels/matmul/formats.h"
#include "model/gguf_file.h"

#include <string>
#include <vector>

enum tagging_scheme { TAGGING_BIO, TAGGING_BIOE };

// What the heads find, and the instructions and sequences that they were trained with.
struct task_format {
    std::vector<std::string> heads;  // entity type of each head; "*" = the instruction decides; may be empty
    std::vector<std::string> labels; // in row order of the heads
    tagging_scheme tagging = TAGGING_BIO;

    std::string template_dataset;     // with {entityType} and {dataset} holes; may be empty
    std::string template_adaptive;    // with an {entityType} hole; may be empty
    std::vector<std::string> trained; // "dataset:Type" pairs

    uint32_t max_tokens = 0; // longest sequence seen in training, instruction included
    std::string words;       // id of the segmentation: what gets a tag
    bool causal = false;
    bool instruction_attends_input = true; // false: its tokens see each other only

    // Whether what is computed of an instruction holds for all that may follow it.
    bool sets_instructions_apart() const { return causal || !instruction_attends_input; }

    // Whether tokens of the whole text get tags, not words; no start token is added in front of such input.
    bool tags_tokens() const { return words == "tokens-v1"; }

    // names of the tensors of head h; dense layers are numbered from 0
    std::string head_weight(size_t h) const;
    std::string head_bias(size_t h) const;
    std::string dense_weight(size_t h, size_t layer) const;
    std::string dense_bias(size_t h, size_t layer) const;
};

// Formats 1 and 2 of a token-classification model in a GGUF file (docs: the `vaner.*` keys). A file without heads
// (`vaner.heads` = []) is a base for adapters that bring theirs.
struct model_format : task_format {
    std::string name; // general.name, may be empty

    // the transformer's shape
    uint32_t n_ctx = 0;
    uint32_t n_embd = 0;
    uint32_t n_layer = 0;
    uint32_t n_ff = 0;
    uint32_t n_head = 0;
    uint32_t n_head_kv = 0;
    uint32_t n_vocab = 0;
    // What the weights bear in integer products; a permission, which readers may leave alone.
    int8_scales scales = int8_scales::blocks;
    bool byte_level = false; // the vocabulary: byte-level BPE, or else sentencepiece
    uint32_t n_embd_head() const { return n_embd / n_head; }
};

// general.architecture of models and adapters
extern const char * const MODEL_ARCHITECTURE;

// Whether the file says that it is an adapter (`general.type`).
bool is_adapter(const gguf_file & file);

// Reads `vaner.*` and the keys of llama.cpp's that belong to the heads.
// throws VANER_MODEL_FORMAT
task_format task_format_read(const gguf_file & file);

// throws VANER_MODEL_FORMAT where a model can't serve the task: its positions don't reach as far as the task's
// sequences, or its vocabulary has no tokens of the kind that get tags
void task_format_check(const task_format & task, const model_format & model);

// Reads the keys and checks every value that llama.cpp would only assert.
// throws VANER_MODEL_ARCHITECTURE, VANER_MODEL_FORMAT
model_format model_format_read(const gguf_file & file);
