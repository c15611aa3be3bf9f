#include "model/gguf/model_format.h"

#include "error.h"
#include "finite.h"
#include "model/gguf/vocabulary_check.h"

#include "llama-hparams.h" // LLAMA_MAX_LAYERS

#include <algorithm>
#include <cmath>
#include <unordered_set>

const char * const MODEL_ARCHITECTURE = "llama-embed";

// Format 2 adds 'vaner.instruction.attends_input', format 3 'vaner.passage.max_tokens': readers of older formats would
// ignore them. Format 4 adds heads over several types, format 5 'vaner.normalizer.unicode' and 'vaner.score.*'.
static const uint32_t FORMAT_VERSION = 5;

static const size_t MAX_LABELS = 4096;

const char * architecture_of(model_family family) {
    return family == FAMILY_BERT ? "bert" : MODEL_ARCHITECTURE;
}

static std::string arch_key(const gguf_file & file, const char * name) {
    return file.get_str("general.architecture", "") + "." + name;
}

// "cls.output.weight" of a single head, "cls.output.{h}.weight" of several
std::string task_format::head_weight(size_t h) const {
    return heads.size() == 1 ? "cls.output.weight" : vaner_format("cls.output.%zu.weight", h);
}

std::string task_format::head_bias(size_t h) const {
    return heads.size() == 1 ? "cls.output.bias" : vaner_format("cls.output.%zu.bias", h);
}

std::string task_format::dense_weight(size_t h, size_t layer) const {
    return vaner_format("cls.%zu.%zu.weight", h, layer);
}

std::string task_format::dense_bias(size_t h, size_t layer) const {
    return vaner_format("cls.%zu.%zu.bias", h, layer);
}

bool is_adapter(const gguf_file & file) {
    return file.get_str("general.type", "") == "adapter";
}

static model_family check_architecture(const gguf_file & file) {
    const std::string arch = file.get_str("general.architecture", "");
    const model_family family = arch == architecture_of(FAMILY_BERT) ? FAMILY_BERT : FAMILY_LLAMA;
    if (arch != architecture_of(family)) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format(
                "'%s' holds a model of architecture '%s'%s, but a token classifier of architecture '%s' or '%s' is "
                "needed. "
                "Convert a fine-tuned token-classification checkpoint with `vaner convert`",
                file.path.c_str(), arch.c_str(),
                file.tensor("output.weight") || arch == "llama" ? " (a text generation model)" : "",
                architecture_of(FAMILY_LLAMA), architecture_of(FAMILY_BERT)));
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

static uint32_t need_in_range(const gguf_file & file, const std::string & key, uint32_t low, uint32_t high) {
    const uint32_t value = file.need_u32(key);
    if (value < low || value > high) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("the metadata key '%s' is %u, outside %u to %u", key.c_str(), value, low, high));
    }
    return value;
}

static void need_finite_positive(const gguf_file & file, const std::string & key, bool required) {
    if (!file.has(key)) {
        if (required) {
            throw vaner_error(VANER_MODEL_FORMAT, "the model's metadata key '" + key + "' is missing");
        }
        return;
    }
    const float value = file.get_f32(key, 0.0f);
    if (!std::isfinite(value) || value <= 0.0f) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("the model's metadata key '%s' is %g, but has to be finite and above 0", key.c_str(), value));
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
    const std::string n_head = arch_key(file, "attention.head_count");
    const std::string n_head_kv = arch_key(file, "attention.head_count_kv");
    const std::string key_length = arch_key(file, "attention.key_length");
    format.n_head = need_in_range(file, n_head, 1, format.n_embd);
    format.n_head_kv = file.has(n_head_kv) ? need_in_range(file, n_head_kv, 1, format.n_head) : format.n_head;
    const uint32_t share = format.n_embd / format.n_head;
    format.n_embd_head = file.has(key_length) ? need_in_range(file, key_length, 1, max_width) : share;
    const bool divides = format.n_embd % format.n_head == 0 || file.has(key_length);
    if (!divides || format.n_head % format.n_head_kv != 0 || format.n_embd_head % 2 != 0) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("an embedding length of %u can't be shared by %u heads and %u key-value heads", format.n_embd,
                format.n_head, format.n_head_kv));
    }
    for (const char * name : { "rope.dimension_count", "attention.value_length" }) {
        if (file.get_u32(arch_key(file, name), share) != format.n_embd_head) {
            throw vaner_error(VANER_MODEL_ARCHITECTURE,
                vaner_format("'%s' differs from '%s', a head size of %u: not supported", arch_key(file, name).c_str(),
                    key_length.c_str(), format.n_embd_head));
        }
    }
}

static void read_rope(const gguf_file & file) {
    need_finite_positive(file, arch_key(file, "rope.freq_base"), false);
    need_finite_positive(file, arch_key(file, "rope.scaling.factor"), false);
    const std::string scaling = file.get_str(arch_key(file, "rope.scaling.type"), "none");
    if (scaling != "none" && scaling != "linear") {
        throw vaner_error(VANER_MODEL_ARCHITECTURE, "RoPE scaling of type '" + scaling + "' is not supported");
    }
    refuse(file, arch_key(file, "rope.scale_linear"), "a deprecated key");
    if (file.get_f32(arch_key(file, "rope.scaling.attn_factor"), 1.0f) != 1.0f) {
        refuse(file, arch_key(file, "rope.scaling.attn_factor"), "scaling of the attention");
    }
}

static void read_shape(const gguf_file & file, model_format & format) {
    const uint32_t max_width = 1 << 20; // far above any encoder; products of two fit into 64 bits
    format.n_layer = need_in_range(file, arch_key(file, "block_count"), 1, LLAMA_MAX_LAYERS);
    format.n_ctx = need_in_range(file, arch_key(file, "context_length"), 1, 1 << 28);
    format.n_embd = need_in_range(file, arch_key(file, "embedding_length"), 1, max_width);
    format.n_ff = need_in_range(file, arch_key(file, "feed_forward_length"), 1, max_width);
    read_heads_shape(file, format, max_width);
    const bool bert = format.family == FAMILY_BERT;
    need_finite_positive(
        file, arch_key(file, bert ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"), true);
    read_rope(file);
    for (const char * name : { "expert_count", "expert_used_count", "expert_group_count" }) {
        refuse(file, arch_key(file, name), "a mixture of experts");
    }
    refuse(file, arch_key(file, "nextn_predict_layers"), "multi-token prediction");
    refuse(file, arch_key(file, "attention.sliding_window"), "a sliding window");
}

static int32_t need_token(const gguf_file & file, const model_format & format, const char * name) {
    return (int32_t) need_in_range(file, std::string("tokenizer.ggml.") + name + "_token_id", 0, format.n_vocab - 1);
}

// What a vocabulary of BERT's family needs beside its tokens.
static void read_bert_vocabulary(const gguf_file & file, model_format & format) {
    format.first_token = need_token(file, format, "bos");
    format.last_token = need_token(file, format, "seperator"); // llama.cpp's spelling
    format.n_token_types = need_in_range(file, "tokenizer.ggml.token_type_count", 1, 1 << 16);
    if (format.vocabulary == VOCABULARY_BYTE_LEVEL) {
        format.space_prefix = file.get_bool("tokenizer.ggml.add_space_prefix", false);
        return;
    }
    need_token(file, format, "unknown");
    format.lowercase = file.get_bool("tokenizer.ggml.normalizer.lowercase", true);
    format.strip_accents = file.get_bool("tokenizer.ggml.normalizer.strip_accents", format.lowercase);
    format.split_cjk = file.get_bool("vaner.normalizer.split_cjk", true);
}

static void read_vocabulary(const gguf_file & file, model_format & format) {
    const vocabulary_shape vocabulary = vocabulary_check(file);
    format.n_vocab = vocabulary.n_tokens;
    format.vocabulary = vocabulary.kind;
    const bool bert = format.family == FAMILY_BERT;
    if (vocabulary.kind == (bert ? VOCABULARY_SENTENCEPIECE : VOCABULARY_WORDPIECE)) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format("a vocabulary of kind '%s' is not supported in a model of architecture '%s'",
                file.get_str("tokenizer.ggml.model", "").c_str(), architecture_of(format.family)));
    }
    if (bert) {
        read_bert_vocabulary(file, format);
    }
}

static uint32_t read_version(const gguf_file & file) {
    const uint32_t version = file.need_u32("vaner.format");
    if (version < 1 || version > FORMAT_VERSION) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' is of vaner format %u, this version reads formats 1 to %u. Update vaner-native, or "
                         "convert the checkpoint again",
                file.path.c_str(), version, FORMAT_VERSION));
    }
    return version;
}

static void read_heads(const gguf_file & file, uint32_t version, task_format & task) {
    task.heads = file.get_strs("vaner.heads");
    std::unordered_set<std::string> unique(task.heads.begin(), task.heads.end());
    if (task.heads.size() > 1024 || unique.size() != task.heads.size() || unique.count("")) {
        throw vaner_error(
            VANER_MODEL_FORMAT, "'vaner.heads' has to name an entity type for each head, each once, or '*'");
    }
    if (unique.count(SEVERAL_TYPES) && (version < 4 || task.heads.size() > 1)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'vaner.heads' has '+', a head over several types: it has to be the only head, and needs "
                         "'vaner.format' 4, but the file says %u",
                version));
    }
    if (task.heads.size() > 1 && unique.count(ANY_TYPE)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.heads' has '*' beside other types: a model with several heads needs a type for each");
    }
}

// Labels of a head over several types: O, and tags of types such as B-Disease.
static void check_typed_labels(const gguf_file & file, const task_format & task) {
    static const std::unordered_set<std::string> taggings = { "BIO", "BIOE", "BIOES", "IO" };
    if (!taggings.count(task.tagging)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.tagging' is '" + task.tagging + "', but has to be 'BIO', 'BIOE', 'BIOES' or 'IO'");
    }
    std::unordered_set<std::string> seen;
    for (const std::string & label : task.labels) {
        const bool outside = label == "O";
        const bool typed =
            label.size() > 2 && label[0] != 'O' && label[1] == '-' && task.tagging.find(label[0]) != std::string::npos;
        if ((!outside && !typed) || (!seen.insert(label).second && !outside)) {
            throw vaner_error(VANER_MODEL_FORMAT,
                "'" + arch_key(file, "classifier.output_labels") + "' has '" + label +
                    "': a head over several types has O "
                    "and tags of " +
                    task.tagging + " with a type, such as I-Disease, each once");
        }
    }
    if (!seen.count("O") || seen.size() < 2 || task.labels.size() > MAX_LABELS) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' has to hold O and at least one tag of a type, and at most %zu labels",
                arch_key(file, "classifier.output_labels").c_str(), MAX_LABELS));
    }
}

static void read_labels(const gguf_file & file, task_format & task) {
    task.tagging = file.get_str("vaner.tagging", "BIO");
    task.labels = file.get_strs(arch_key(file, "classifier.output_labels"));
    if (task.heads[0] == SEVERAL_TYPES) {
        check_typed_labels(file, task);
        return;
    }
    const std::string & tagging = task.tagging;
    if (tagging != "BIO" && tagging != "BIOE") {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.tagging' is '" + tagging +
                "', but has to be 'BIO' or 'BIOE', except for a head over several types");
    }
    std::vector<std::string> sorted = task.labels;
    std::sort(sorted.begin(), sorted.end());
    const std::vector<std::string> bio = { "B", "I", "O" };
    const std::vector<std::string> bioe = { "B", "E", "I", "O" };
    if (sorted != (tagging == "BIO" ? bio : bioe)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'" + arch_key(file, "classifier.output_labels") + "' has to hold the labels of " + tagging +
                ", each once: " + (tagging == "BIO" ? "O, B, I" : "O, B, I, E"));
    }
}

static void read_passages(const gguf_file & file, uint32_t version, task_format & task) {
    const std::string key = "vaner.passage.max_tokens";
    if (!file.has(key)) {
        return;
    }
    if (version < 3) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' needs 'vaner.format' 3, but the file says %u", key.c_str(), version));
    }
    if (task.tags_tokens()) {
        throw vaner_error(
            VANER_MODEL_FORMAT, "'" + key + "' is for models that tag words: with 'tokens-v1' a text is one passage");
    }
    task.passage_tokens = need_in_range(file, key, 1, task.max_tokens);
}

// Slopes above 0: a more probable mention has a higher score.
static void read_scores(const gguf_file & file, uint32_t version, task_format & task) {
    task.score_slopes = file.get_f32s("vaner.score.slopes");
    task.score_offsets = file.get_f32s("vaner.score.offsets");
    const size_t n_values = task.score_slopes.size() + task.score_offsets.size();
    if (n_values > 0 && version < 5) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'vaner.score.slopes' needs 'vaner.format' 5, but the file says %u", version));
    }
    const auto above_0 = [](float slope) { return slope > 0.0f; };
    const bool fit = n_values == 0 ||
        (task.score_slopes.size() == task.heads.size() && task.score_offsets.size() == task.heads.size() &&
            all_finite(task.score_slopes.data(), n_values / 2) && all_finite(task.score_offsets.data(), n_values / 2) &&
            std::all_of(task.score_slopes.begin(), task.score_slopes.end(), above_0));
    if (!fit) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'vaner.score.slopes' and 'vaner.score.offsets' have to hold a finite number for each of the "
                         "%zu heads, slopes above 0",
                task.heads.size()));
    }
}

task_format task_format_read(const gguf_file & file) {
    const uint32_t version = read_version(file);

    task_format task;
    read_heads(file, version, task);
    if (task.heads.empty()) {
        if (!file.has("vaner.heads") || file.has(arch_key(file, "classifier.output_labels"))) {
            throw vaner_error(VANER_MODEL_FORMAT,
                "'vaner.heads' names no heads: it has to list an entity type for each head, or '*'");
        }
        return task;
    }
    read_labels(file, task);
    task.template_dataset = file.get_str("vaner.instruction.template", "");
    task.template_adaptive = file.get_str("vaner.instruction.adaptive_template", "");
    task.trained = file.get_strs("vaner.instruction.trained");
    task.max_tokens = need_in_range(file, "vaner.max_tokens", 2, UINT32_MAX);
    task.words = file.get_str("vaner.words", "letters-digits-v1");
    const bool bert = file.get_str("general.architecture", "") == architecture_of(FAMILY_BERT);
    task.causal = file.get_bool(arch_key(file, "attention.causal"), !bert);
    if (bert && task.causal) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE, "a causal mask ('bert.attention.causal') is not supported");
    }
    task.instruction_attends_input = file.get_bool("vaner.instruction.attends_input", true);
    if (task.words != "letters-digits-v1" && !task.tags_tokens() && !task.tags_bert_words() &&
        !task.tags_spaced_words()) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.words' is '" + task.words +
                "': this version knows 'letters-digits-v1', 'tokens-v1', 'bert-words-v1' and 'spaced-words-v1'");
    }
    read_passages(file, version, task);
    read_scores(file, version, task);
    return task;
}

void task_format_check(const task_format & task, const model_format & model) {
    if (task.max_tokens > model.n_ctx) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format(
                "'vaner.max_tokens' is %u, but the model's context length only %u", task.max_tokens, model.n_ctx));
    }
    if (task.tags_tokens() && model.vocabulary != VOCABULARY_BYTE_LEVEL) {
        throw vaner_error(VANER_MODEL_FORMAT, "'vaner.words' is 'tokens-v1', which needs a byte-level BPE vocabulary");
    }
    const bool spaced = model.family == FAMILY_BERT && model.vocabulary == VOCABULARY_BYTE_LEVEL;
    if (!task.heads.empty() && task.tags_spaced_words() != spaced) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.words' is '" + task.words +
                "': an encoder of BERT's family with a byte-level vocabulary needs 'spaced-words-v1', and no other "
                "does");
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
    const uint32_t version = read_version(file);
    if (version < 5) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' needs 'vaner.format' 5, but the file says %u", key.c_str(), version));
    }
    const std::string form = file.get_str(key, "");
    if (form != "NFC") {
        throw vaner_error(VANER_MODEL_FORMAT, "'" + key + "' is '" + form + "': this version knows 'NFC'");
    }
    if (model.family != FAMILY_LLAMA || model.vocabulary != VOCABULARY_BYTE_LEVEL) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' needs a byte-level BPE vocabulary in a model of architecture '%s'", key.c_str(),
                MODEL_ARCHITECTURE));
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
