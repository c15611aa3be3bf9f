#pragma once

#include "kernels/matmul/formats.h"
#include "model/gguf/architecture.h"
#include "model/gguf/gguf_file.h"
#include "model/gguf/task_format.h"

#include <string>
#include <vector>

// How a vocabulary cuts text.
enum vocabulary_kind { VOCABULARY_SENTENCEPIECE, VOCABULARY_BYTE_LEVEL, VOCABULARY_WORDPIECE, VOCABULARY_UNIGRAM };

// Metadata of a token classifier in a GGUF file. A file without heads is a base for adapters that have their own.
struct model_format : task_format {
    std::string name; // general.name, may be empty
    model_family family = FAMILY_LLAMA;

    // the transformer's shape
    uint32_t n_ctx = 0;
    uint32_t n_embd = 0;
    uint32_t n_embd_in = 0; // width of the embeddings; not n_embd if they are projected, as in ELECTRA-small
    uint32_t n_layer = 0;
    uint32_t n_ff = 0;
    uint32_t n_head = 0;
    uint32_t n_head_kv = 0;
    uint32_t n_embd_head = 0;
    uint32_t n_vocab = 0;
    uint32_t n_token_types = 0; // 0: none
    uint32_t reach = 0;         // tokens that a token sees on each side in a layer of local attention
    std::vector<bool> local;    // [n_layer] whether the attention of a layer is local; empty: of none
    // Hint: which scales of integer products are accurate enough for this model.
    int8_scales scales = int8_scales::blocks;
    vocabulary_kind vocabulary = VOCABULARY_SENTENCEPIECE;

    // Of BERT's family and ModernBERT. Every sequence stands between the first and the last token.
    int32_t first_token = -1;
    int32_t last_token = -1;
    bool space_prefix = false; // of a byte-level vocabulary: the first word has a space in front too

    // Form of Unicode in which text is tokenized: "NFC" or empty (as it is); of a unigram vocabulary also "NFKC".
    std::string unicode_form;

    // Of a unigram vocabulary: how spaces are read, and sentencepiece's map of characters (may be empty).
    std::vector<std::string> spaces;
    std::vector<uint8_t> charsmap;

    // Of a WordPiece vocabulary.
    bool lowercase = false;
    bool strip_accents = false;
    bool split_cjk = false;

    // Whether it is an encoder of BERT's kind: words between a first and a last token, seen from all sides.
    bool is_of_bert_kind() const { return family != FAMILY_LLAMA; }
};

// The matrix that projects embeddings. A name that begins like that of the embeddings is one that llama.cpp's loader takes.
inline const char * const EMBEDDING_PROJECTION = "token_embd.proj.weight";

// By `general.type`.
bool is_adapter(const gguf_file & file);

// throws VANER_MODEL_FORMAT if the task does not fit the model: its sequences are longer than the model's context, or
//        it tags tokens that the vocabulary does not have
void task_format_check(const task_format & task, const model_format & model);

// Reads all keys, and checks what llama.cpp would only assert.
// throws VANER_MODEL_ARCHITECTURE, VANER_MODEL_FORMAT
model_format model_format_read(const gguf_file & file);
