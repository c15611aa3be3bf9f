#pragma once

#include "model/gguf/gguf_file.h"

#include <string>
#include <vector>

// Entity type of a head that finds whatever the instruction asks for.
inline const char * const ANY_TYPE = "*";

// Entity type of a single head over several types, which its labels name: "B-Disease".
inline const char * const SEVERAL_TYPES = "+";

// What the heads find, and which instructions and sequences they were trained with. docs/gguf-format.md has the keys.
struct task_format {
    std::vector<std::string> heads;  // entity type of each head, ANY_TYPE or SEVERAL_TYPES; may be empty
    std::vector<std::string> labels; // in row order of the heads' output matrices
    std::string tagging;             // BIO, BIOE, BIOES or IO

    // By head, how the log odds of a mention's mean probability become those of its score. Empty: they are.
    std::vector<float> score_slopes;
    std::vector<float> score_offsets;

    std::string template_dataset;     // with {entityType} and {dataset} placeholders; may be empty
    std::string template_adaptive;    // with an {entityType} placeholder; may be empty
    std::vector<std::string> trained; // "dataset:Type" pairs

    uint32_t max_tokens = 0;     // longest sequence in training, instruction included
    uint32_t passage_tokens = 0; // consecutive sentences share a sequence up to this many tokens; 0: each has its own
    std::string words;           // id of the segmentation: which units get a tag
    bool causal = false;
    bool instruction_attends_input = true; // false: its tokens attend to each other only
    // Whether ModernBERT's prediction head, a dense layer and a layer norm, stands in front of the output.
    bool prediction_head = false;

    // Whether the hidden states of an instruction are independent of what follows it, so that they can be cached.
    bool sets_instructions_apart() const { return causal || !instruction_attends_input; }

    // Whether tokens of running text get tags instead of words. Such input gets no start token.
    bool tags_tokens() const { return words == "tokens-v1"; }

    // Whether the units are the words of BERT's tokenizer.
    bool tags_bert_words() const { return words == "bert-words-v1"; }

    // Whether the units are words between white space, of an encoder of BERT's family with a byte-level or unigram
    // vocabulary.
    bool tags_spaced_words() const { return words == "spaced-words-v1"; }

    // Tensor names of head h; dense layers count from 0. A prediction head has llama.cpp's name, the others ours.
    std::string head_weight(size_t h) const;
    std::string head_bias(size_t h) const;
    std::string dense_weight(size_t h, size_t layer) const;
    std::string dense_bias(size_t h, size_t layer) const;
};

// throws VANER_MODEL_FORMAT if the file is of an older version of 'vaner.format' than a key that it has
void need_format(const gguf_file & file, uint32_t least, const std::string & key);

// Reads the keys that belong to the heads.
// throws VANER_MODEL_FORMAT
task_format task_format_read(const gguf_file & file);
