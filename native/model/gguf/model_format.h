#pragma once

#include "kernels/matmul/formats.h"
#include "model/gguf/gguf_file.h"

#include <string>
#include <vector>

// Graphs, by `general.architecture`.
enum model_family { FAMILY_LLAMA, FAMILY_BERT };

// How a vocabulary cuts text.
enum vocabulary_kind { VOCABULARY_SENTENCEPIECE, VOCABULARY_BYTE_LEVEL, VOCABULARY_WORDPIECE };

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

    // Whether the hidden states of an instruction are independent of what follows it, so that they can be cached.
    bool sets_instructions_apart() const { return causal || !instruction_attends_input; }

    // Whether tokens of running text get tags instead of words. Such input gets no start token.
    bool tags_tokens() const { return words == "tokens-v1"; }

    // Whether the units are the words of BERT's tokenizer.
    bool tags_bert_words() const { return words == "bert-words-v1"; }

    // Whether the units are words between white space, of an encoder of BERT's family with a byte-level vocabulary.
    bool tags_spaced_words() const { return words == "spaced-words-v1"; }

    // Tensor names of head h; dense layers count from 0.
    std::string head_weight(size_t h) const;
    std::string head_bias(size_t h) const;
    std::string dense_weight(size_t h, size_t layer) const;
    std::string dense_bias(size_t h, size_t layer) const;
};

// Metadata of a token classifier in a GGUF file. A file without heads is a base for adapters that have their own.
struct model_format : task_format {
    std::string name; // general.name, may be empty
    model_family family = FAMILY_LLAMA;

    // the transformer's shape
    uint32_t n_ctx = 0;
    uint32_t n_embd = 0;
    uint32_t n_layer = 0;
    uint32_t n_ff = 0;
    uint32_t n_head = 0;
    uint32_t n_head_kv = 0;
    uint32_t n_embd_head = 0;
    uint32_t n_vocab = 0;
    uint32_t n_token_types = 0; // 0: none
    // Hint: which scales of integer products are accurate enough for this model.
    int8_scales scales = int8_scales::blocks;
    vocabulary_kind vocabulary = VOCABULARY_SENTENCEPIECE;

    // Of BERT's family. Every sequence stands between the first and the last token.
    int32_t first_token = -1;
    int32_t last_token = -1;
    bool space_prefix = false; // of a byte-level vocabulary: the first word has a space in front too

    // Form of Unicode in which text is tokenized, of a byte-level vocabulary: "NFC" or empty (as it is).
    std::string unicode_form;

    // Of a WordPiece vocabulary.
    bool lowercase = false;
    bool strip_accents = false;
    bool split_cjk = false;
};

// `general.architecture` of LLaMA-shaped models and their adapters
extern const char * const MODEL_ARCHITECTURE;

// `general.architecture` of a family
const char * architecture_of(model_family family);

// By `general.type`.
bool is_adapter(const gguf_file & file);

// Reads the keys that belong to the heads.
// throws VANER_MODEL_FORMAT
task_format task_format_read(const gguf_file & file);

// throws VANER_MODEL_FORMAT if the task does not fit the model: its sequences are longer than the model's context, or
//        it tags tokens that the vocabulary does not have
void task_format_check(const task_format & task, const model_format & model);

// Reads all keys, and checks what llama.cpp would only assert.
// throws VANER_MODEL_ARCHITECTURE, VANER_MODEL_FORMAT
model_format model_format_read(const gguf_file & file);
