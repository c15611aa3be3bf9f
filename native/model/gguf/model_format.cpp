#include "model/gguf/model_format.h"

#include "error.h"
#include "model/gguf/modern_bert_format.h"
#include "model/gguf/unigram_format.h"
#include "model/gguf/vocabulary_check.h"

#include "llama-hparams.h" // LLAMA_MAX_LAYERS

bool is_adapter(const gguf_file & file) {
    return file.get_str("general.type", "") == "adapter";
}

static model_family check_architecture(const gguf_file & file) {
    const std::string arch = file.get_str("general.architecture", "");
    const model_family family = family_of(arch);
    if (arch != architecture_of(family)) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format(
                "'%s' holds a model of architecture '%s'%s, but a token classifier of architecture '%s', '%s' or '%s' "
                "is needed. "
                "Convert a fine-tuned token-classification checkpoint with `vaner convert`",
                file.path.c_str(), arch.c_str(),
                file.tensor("output.weight") || arch == "llama" ? " (a text generation model)" : "",
                architecture_of(FAMILY_LLAMA), architecture_of(FAMILY_BERT), architecture_of(FAMILY_MODERN_BERT)));
    }
    if (is_adapter(file)) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            "'" + file.path +
                "' is an adapter, not a model: pass it as `adapter`, beside the `model` that it was made for");
    }
    if (file.get_u32("split.count", 1) > 1) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'" + file.path + "' is one part of a split model. Merge the parts into one file first");
    }
    return family;
}

// The CPU backend asserts that mapped weights are aligned to 32 bytes.
static void check_alignment(const gguf_file & file) {
    const size_t alignment = gguf_get_alignment(file.gguf.get());
    if (alignment < GGUF_DEFAULT_ALIGNMENT) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'general.alignment' is %zu, but has to be at least %d", alignment, GGUF_DEFAULT_ALIGNMENT));
    }
}

static void refuse(const gguf_file & file, const std::string & key, const char * what) {
    if (file.has(key)) {
        throw vaner_error(
            VANER_MODEL_ARCHITECTURE, "'" + file.path + "' has '" + key + "': " + what + " is not supported");
    }
}

// Heads may be of another size than the embedding's share, as in Qwen3.
static void read_heads_shape(const gguf_file & file, model_format & format, uint32_t max_width) {
    const std::string n_head = file.arch_key("attention.head_count");
    const std::string n_head_kv = file.arch_key("attention.head_count_kv");
    const std::string key_length = file.arch_key("attention.key_length");
    format.n_head = file.need_u32(n_head, 1, format.n_embd);
    format.n_head_kv = file.has(n_head_kv) ? file.need_u32(n_head_kv, 1, format.n_head) : format.n_head;
    const uint32_t share = format.n_embd / format.n_head;
    format.n_embd_head = file.has(key_length) ? file.need_u32(key_length, 1, max_width) : share;
    const bool divides = format.n_embd % format.n_head == 0 || file.has(key_length);
    if (!divides || format.n_head % format.n_head_kv != 0 || format.n_embd_head % 2 != 0) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("an embedding length of %u can't be shared by %u heads and %u key-value heads", format.n_embd,
                format.n_head, format.n_head_kv));
    }
    for (const char * name : { "rope.dimension_count", "attention.value_length" }) {
        if (file.get_u32(file.arch_key(name), share) != format.n_embd_head) {
            throw vaner_error(VANER_MODEL_ARCHITECTURE,
                vaner_format("'%s' differs from '%s', a head size of %u: not supported", file.arch_key(name).c_str(),
                    key_length.c_str(), format.n_embd_head));
        }
    }
}

static void read_rope(const gguf_file & file) {
    file.need_positive(file.arch_key("rope.freq_base"), false);
    file.need_positive(file.arch_key("rope.scaling.factor"), false);
    const std::string scaling = file.get_str(file.arch_key("rope.scaling.type"), "none");
    if (scaling != "none" && scaling != "linear") {
        throw vaner_error(VANER_MODEL_ARCHITECTURE, "RoPE scaling of type '" + scaling + "' is not supported");
    }
    refuse(file, file.arch_key("rope.scale_linear"), "a deprecated key");
    if (file.get_f32(file.arch_key("rope.scaling.attn_factor"), 1.0f) != 1.0f) {
        refuse(file, file.arch_key("rope.scaling.attn_factor"), "scaling of the attention");
    }
}

// The width of embeddings that a matrix projects to that of the layers.
static uint32_t read_projected_width(const gguf_file & file, const model_format & format, uint32_t max_width) {
    const ggml_tensor * projection = file.tensor(EMBEDDING_PROJECTION);
    if (format.family != FAMILY_BERT || !projection) {
        return format.n_embd;
    }
    need_format(file, 5, EMBEDDING_PROJECTION);
    if (projection->ne[0] < 1 || projection->ne[0] > max_width) {
        throw vaner_error(VANER_MODEL_CORRUPT,
            vaner_format("tensor '%s' has %lld inputs, expected 1 to %u", EMBEDDING_PROJECTION,
                (long long) projection->ne[0], max_width));
    }
    return (uint32_t) projection->ne[0];
}

static void read_shape(const gguf_file & file, model_format & format) {
    const uint32_t max_width = 1 << 20; // far above any encoder; products of two fit into 64 bits
    format.n_layer = file.need_u32(file.arch_key("block_count"), 1, LLAMA_MAX_LAYERS);
    format.n_ctx = file.need_u32(file.arch_key("context_length"), 1, 1 << 28);
    format.n_embd = file.need_u32(file.arch_key("embedding_length"), 1, max_width);
    format.n_embd_in = read_projected_width(file, format, max_width);
    format.n_ff = file.need_u32(file.arch_key("feed_forward_length"), 1, max_width);
    read_heads_shape(file, format, max_width);
    const char * epsilon =
        format.is_of_bert_kind() ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";
    file.need_positive(file.arch_key(epsilon), true);
    read_rope(file);
    for (const char * name : { "expert_count", "expert_used_count", "expert_group_count" }) {
        refuse(file, file.arch_key(name), "a mixture of experts");
    }
    refuse(file, file.arch_key("nextn_predict_layers"), "multi-token prediction");
    if (format.family == FAMILY_MODERN_BERT) {
        modern_bert_format_read(file, format);
    } else {
        refuse(file, file.arch_key("attention.sliding_window"), "a sliding window");
    }
}

static int32_t need_token(const gguf_file & file, const model_format & format, const char * name) {
    return (int32_t) file.need_u32(std::string("tokenizer.ggml.") + name + "_token_id", 0, format.n_vocab - 1);
}

// How text becomes pieces of a unigram vocabulary.
static void read_unigram(const gguf_file & file, model_format & format) {
    need_format(file, 5, "tokenizer.ggml.model");
    const std::string key = "vaner.normalizer.spaces";
    format.charsmap = charsmap_read(file);
    format.spaces = file.has(key) ? file.get_strs(key) : std::vector<std::string>{ "split" };
    bool known = !format.spaces.empty();
    for (size_t i = 0; i < format.spaces.size(); ++i) {
        const std::string & step = format.spaces[i];
        const bool last = i + 1 == format.spaces.size();
        known = known && (last ? step == "split" || step == "mark" : step == "trim-end" || step == "join");
    }
    if (!known) {
        throw vaner_error(
            VANER_MODEL_FORMAT, "'" + key + "' has other steps than 'trim-end' and 'join', and then 'split' or 'mark'");
    }
}

// What a vocabulary of BERT's family needs beside its tokens.
static void read_bert_vocabulary(const gguf_file & file, model_format & format) {
    format.first_token = need_token(file, format, "bos");
    format.last_token = need_token(file, format, "seperator"); // llama.cpp's spelling
    if (format.family == FAMILY_BERT) {
        format.n_token_types = file.need_u32("tokenizer.ggml.token_type_count", 1, 1 << 16);
    }
    if (format.vocabulary == VOCABULARY_BYTE_LEVEL) {
        format.space_prefix = file.get_bool("tokenizer.ggml.add_space_prefix", false);
        return;
    }
    need_token(file, format, "unknown");
    if (format.vocabulary == VOCABULARY_UNIGRAM) {
        read_unigram(file, format);
        return;
    }
    format.lowercase = file.get_bool("tokenizer.ggml.normalizer.lowercase", true);
    format.strip_accents = file.get_bool("tokenizer.ggml.normalizer.strip_accents", format.lowercase);
    format.split_cjk = file.get_bool("vaner.normalizer.split_cjk", true);
}

static void read_vocabulary(const gguf_file & file, model_format & format) {
    const vocabulary_shape vocabulary = vocabulary_check(file);
    format.n_vocab = vocabulary.n_tokens;
    format.vocabulary = vocabulary.kind;
    const bool byte_level = vocabulary.kind == VOCABULARY_BYTE_LEVEL;
    const bool usual = vocabulary.kind == (format.is_of_bert_kind() ? VOCABULARY_WORDPIECE : VOCABULARY_SENTENCEPIECE);
    const bool unigram = vocabulary.kind == VOCABULARY_UNIGRAM && format.family == FAMILY_BERT;
    if (!byte_level && !unigram && (!usual || format.family == FAMILY_MODERN_BERT)) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format("a vocabulary of kind '%s' is not supported in a model of architecture '%s'",
                file.get_str("tokenizer.ggml.model", "").c_str(), architecture_of(format.family)));
    }
    if (format.is_of_bert_kind()) {
        read_bert_vocabulary(file, format);
    }
}

void task_format_check(const task_format & task, const model_format & model) {
    if (task.max_tokens > model.n_ctx) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format(
                "'vaner.max_tokens' is %u, but the model's context length only %u", task.max_tokens, model.n_ctx));
    }
    if (!task.heads.empty() && model.is_of_bert_kind() && task.max_tokens < 3) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format(
                "'vaner.max_tokens' is %u, but has to be at least 3 in a model whose sequences stand between a "
                "first and a last token",
                task.max_tokens));
    }
    if (task.tags_tokens() && model.vocabulary != VOCABULARY_BYTE_LEVEL) {
        throw vaner_error(VANER_MODEL_FORMAT, "'vaner.words' is 'tokens-v1', which needs a byte-level BPE vocabulary");
    }
    const bool spaced = model.is_of_bert_kind() && model.vocabulary != VOCABULARY_WORDPIECE;
    if (!task.heads.empty() && task.tags_spaced_words() != spaced) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.words' is '" + task.words +
                "': an encoder of BERT's family with a byte-level or unigram vocabulary needs 'spaced-words-v1', and "
                "no other does");
    }
    if (!task.heads.empty() && task.tags_bert_words() != (model.vocabulary == VOCABULARY_WORDPIECE)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.words' is '" + task.words + "': a WordPiece vocabulary needs 'bert-words-v1', and no other does");
    }
}

static std::string read_unicode_form(const gguf_file & file, const model_format & model) {
    const std::string key = "vaner.normalizer.unicode";
    if (!file.has(key)) {
        return "";
    }
    need_format(file, 5, key);
    const std::string form = file.get_str(key, "");
    const bool unigram = model.vocabulary == VOCABULARY_UNIGRAM;
    if (form != "NFC" && !(unigram && form == "NFKC")) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'" + key + "' is '" + form +
                "': this version knows 'NFC' and, with a unigram vocabulary that has no map of characters, 'NFKC'");
    }
    const bool byte_level = model.family != FAMILY_BERT && model.vocabulary == VOCABULARY_BYTE_LEVEL;
    if (!byte_level && !(unigram && model.charsmap.empty())) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' needs a byte-level BPE vocabulary in a model of architecture '%s' or '%s', or a unigram "
                         "vocabulary without a map of characters",
                key.c_str(), MODEL_ARCHITECTURE, architecture_of(FAMILY_MODERN_BERT)));
    }
    return form;
}

static int8_scales read_scales(const gguf_file & file) {
    const std::string scales = file.get_str("vaner.int8_scales", "blocks");
    if (scales != "blocks" && scales != "rows") {
        throw vaner_error(
            VANER_MODEL_FORMAT, "'vaner.int8_scales' is '" + scales + "': this version knows 'blocks' and 'rows'");
    }
    return scales == "rows" ? int8_scales::rows : int8_scales::blocks;
}

model_format model_format_read(const gguf_file & file) {
    model_format format;
    format.family = check_architecture(file);
    static_cast<task_format &>(format) = task_format_read(file);
    format.name = file.get_str("general.name", "");
    check_alignment(file);
    read_shape(file, format);
    read_vocabulary(file, format);
    format.unicode_form = read_unicode_form(file, format);
    format.scales = read_scales(file);
    task_format_check(format, format);
    return format;
}
