// Well-formed GGUF files that the engine can't run: each is refused with a message that names the cause.

#include "test/model/broken_models.h"

#include <cstring>

static std::function<void(edit)> with_passage(uint32_t format, uint32_t tokens) {
    return [=](edit m) {
        gguf_set_val_u32(m.gguf.get(), "vaner.format", format);
        gguf_set_val_u32(m.gguf.get(), "vaner.passage.max_tokens", tokens);
    };
}

static std::function<void(edit)> with_scores(
    uint32_t format, const std::vector<float> & slopes, const std::vector<float> & offsets) {
    return [=](edit m) {
        gguf_set_val_u32(m.gguf.get(), "vaner.format", format);
        gguf_set_arr_data(m.gguf.get(), "vaner.score.slopes", GGUF_TYPE_FLOAT32, slopes.data(), slopes.size());
        gguf_set_arr_data(m.gguf.get(), "vaner.score.offsets", GGUF_TYPE_FLOAT32, offsets.data(), offsets.size());
    };
}

#define ARCH "llama-embed."
static const char * const RMS_EPS = ARCH "attention.layer_norm_rms_epsilon";
static const char * const N_HEAD = ARCH "attention.head_count";
static const char * const N_HEAD_KV = ARCH "attention.head_count_kv";
static const char * const LABELS = ARCH "classifier.output_labels";

// A head over several types.
static std::function<void(edit)> with_types(uint32_t format, const char * tagging, std::vector<std::string> labels) {
    return [=](edit m) {
        gguf_set_val_u32(m.gguf.get(), "vaner.format", format);
        gguf_set_val_str(m.gguf.get(), "vaner.tagging", tagging);
        m.set_strs("vaner.heads", { "+" });
        m.set_strs(LABELS, labels);
    };
}

static const std::vector<broken_model> SHAPES = {
    { VANER_MODEL_FORMAT, "block_count", with_u32(ARCH "block_count", 0) },
    { VANER_MODEL_FORMAT, "block_count", with_u32(ARCH "block_count", 100000) },
    { VANER_MODEL_FORMAT, "block_count", without_key(ARCH "block_count") },
    { VANER_MODEL_FORMAT, "block_count", with_str(ARCH "block_count", "2") },
    { VANER_MODEL_FORMAT, "block_count", with_f32(ARCH "block_count", 2.0f) },
    { VANER_MODEL_CORRUPT, "blk.2", with_u32(ARCH "block_count", 3) },
    { VANER_MODEL_ARCHITECTURE, "blk.1", with_u32(ARCH "block_count", 1) },
    { VANER_MODEL_FORMAT, "context_length", with_u32(ARCH "context_length", 0) },
    { VANER_MODEL_FORMAT, "context_length", with_u32(ARCH "context_length", UINT32_MAX) },
    { VANER_MODEL_FORMAT, "embedding_length", with_u32(ARCH "embedding_length", 0) },
    { VANER_MODEL_FORMAT, "embedding_length", with_u32(ARCH "embedding_length", UINT32_MAX) },
    { VANER_MODEL_FORMAT, "feed_forward_length", with_u32(ARCH "feed_forward_length", 0) },
    { VANER_MODEL_CORRUPT, "ffn_gate", with_u32(ARCH "feed_forward_length", 96) },
    { VANER_MODEL_FORMAT, "head_count", with_u32(N_HEAD, 0) },
    { VANER_MODEL_FORMAT, "heads", with_u32(N_HEAD, 3) },
    { VANER_MODEL_FORMAT, "head_count", with_u32(N_HEAD, 65) },
    { VANER_MODEL_FORMAT, "head", with_u32(N_HEAD, 64) },
    { VANER_MODEL_FORMAT, "head_count_kv", with_u32(N_HEAD_KV, 0) },
    { VANER_MODEL_FORMAT, "key-value heads", with_u32(N_HEAD_KV, 3) },
    { VANER_MODEL_FORMAT, "head_count_kv", with_u32(N_HEAD_KV, 8) },
    { VANER_MODEL_FORMAT, "head_count",
        [](edit m) {
            const uint32_t counts[] = { 4, 4 };
            gguf_set_arr_data(m.gguf.get(), N_HEAD, GGUF_TYPE_UINT32, counts, 2);
        } },
    { VANER_MODEL_ARCHITECTURE, "rope.dimension_count", with_u32(ARCH "rope.dimension_count", 8) },
    { VANER_MODEL_ARCHITECTURE, "attention.key_length", with_u32(ARCH "attention.key_length", 32) },
    { VANER_MODEL_ARCHITECTURE, "attention.value_length", with_u32(ARCH "attention.value_length", 32) },
    { VANER_MODEL_FORMAT, "rms_epsilon", with_f32(RMS_EPS, 0.0f) },
    { VANER_MODEL_FORMAT, "rms_epsilon", with_f32(RMS_EPS, -1e-5f) },
    { VANER_MODEL_FORMAT, "rms_epsilon", with_f32(RMS_EPS, NOT_A_NUMBER) },
    { VANER_MODEL_FORMAT, "rms_epsilon", with_f32(RMS_EPS, INFINITE) },
    { VANER_MODEL_FORMAT, "rms_epsilon", without_key(RMS_EPS) },
    { VANER_MODEL_FORMAT, "rms_epsilon", with_u32(RMS_EPS, 1) },
    { VANER_MODEL_FORMAT, "freq_base", with_f32(ARCH "rope.freq_base", NOT_A_NUMBER) },
    { VANER_MODEL_FORMAT, "freq_base", with_f32(ARCH "rope.freq_base", 0.0f) },
    { VANER_MODEL_FORMAT, "scaling.factor", with_f32(ARCH "rope.scaling.factor", -2.0f) },
    { VANER_MODEL_ARCHITECTURE, "yarn", with_str(ARCH "rope.scaling.type", "yarn") },
    { VANER_MODEL_ARCHITECTURE, "expert", with_u32(ARCH "expert_count", 4) },
    // llama.cpp asserts on these
    { VANER_MODEL_ARCHITECTURE, "expert_used_count", with_u32(ARCH "expert_used_count", 2) },
    { VANER_MODEL_ARCHITECTURE, "expert_group_count", with_u32(ARCH "expert_group_count", 2) },
    { VANER_MODEL_ARCHITECTURE, "nextn_predict_layers", with_u32(ARCH "nextn_predict_layers", 1) },
    { VANER_MODEL_ARCHITECTURE, "nextn_predict_layers", with_u32(ARCH "nextn_predict_layers", 3) },
    { VANER_MODEL_FORMAT, "alignment", with_u32("general.alignment", 1) },
    { VANER_MODEL_FORMAT, "alignment", with_u32("general.alignment", 8) },
};

static const std::vector<broken_model> FORMAT = {
    { VANER_MODEL_ARCHITECTURE, "'llama'", with_str("general.architecture", "llama") },
    { VANER_MODEL_ARCHITECTURE, "'nomic-bert'", with_str("general.architecture", "nomic-bert") },
    { VANER_MODEL_FORMAT, "bert.", with_str("general.architecture", "bert") },
    { VANER_MODEL_ARCHITECTURE, "''", without_key("general.architecture") },
    { VANER_MODEL_FORMAT, "general.architecture", with_u32("general.architecture", 1) },
    { VANER_MODEL_FORMAT, "general.name", with_u32("general.name", 1) },
    { VANER_MODEL_FORMAT, "split", with_u32("split.count", 2) },
    { VANER_MODEL_FORMAT, "vaner.format", without_key("vaner.format") },
    { VANER_MODEL_FORMAT, "format 6", with_u32("vaner.format", 6) },
    { VANER_MODEL_FORMAT, "format 0", with_u32("vaner.format", 0) },
    { VANER_MODEL_FORMAT, "vaner.format", with_str("vaner.format", "1") },
    { VANER_MODEL_FORMAT, "vaner.max_tokens", with_u32("vaner.max_tokens", 0) },
    { VANER_MODEL_FORMAT, "vaner.max_tokens", with_u32("vaner.max_tokens", 513) },
    { VANER_MODEL_FORMAT, "vaner.max_tokens", without_key("vaner.max_tokens") },
    { VANER_MODEL_FORMAT, "vaner.passage.max_tokens", with_passage(3, 0) },
    { VANER_MODEL_FORMAT, "vaner.passage.max_tokens", with_passage(3, 257) },
    { VANER_MODEL_FORMAT, "'vaner.format' 3, but the file says 2", with_passage(2, 64) },
    { VANER_MODEL_FORMAT, "'vaner.format' 5, but the file says 4", with_unicode(4, "NFC") },
    { VANER_MODEL_FORMAT, "this version knows 'NFC'", with_unicode(5, "NFD") },
    { VANER_MODEL_FORMAT, "this version knows 'NFC'", with_unicode(5, "") },
    { VANER_MODEL_FORMAT, "needs a byte-level BPE vocabulary", with_unicode(5, "NFC") },
    { VANER_MODEL_FORMAT, "'vaner.format' 5, but the file says 4", with_scores(4, { 1.0f }, { 0.0f }) },
    { VANER_MODEL_FORMAT, "each of the 1 heads", with_scores(5, { 1.0f, 1.0f }, { 0.0f, 0.0f }) },
    { VANER_MODEL_FORMAT, "slopes above 0", with_scores(5, { 0.0f }, { 0.0f }) },
    { VANER_MODEL_FORMAT, "a finite number", with_scores(5, { INFINITY }, { 0.0f }) },
    { VANER_MODEL_FORMAT, "a finite number", with_scores(5, { 1.0f }, { NAN }) },
    { VANER_MODEL_FORMAT, "vaner.score.offsets", with_f32("vaner.score.offsets", 1.0f) },
    { VANER_MODEL_FORMAT, "vaner.int8_scales", with_str("vaner.int8_scales", "columns") },
    { VANER_MODEL_FORMAT, "vaner.words", with_str("vaner.words", "spaces-v7") },
    { VANER_MODEL_FORMAT, "vaner.tagging", with_str("vaner.tagging", "BILOU") },
    { VANER_MODEL_FORMAT, "vaner.tagging", with_u32("vaner.tagging", 3) },
    { VANER_MODEL_FORMAT, "vaner.heads", without_key("vaner.heads") },
    { VANER_MODEL_FORMAT, "vaner.heads", with_strs("vaner.heads", {}) },
    { VANER_MODEL_FORMAT, "vaner.heads", with_str("vaner.heads", "*") },
    { VANER_MODEL_FORMAT, "vaner.heads", with_strs("vaner.heads", { "" }) },
    { VANER_MODEL_FORMAT, "vaner.heads", with_strs("vaner.heads", { "Gene", "Gene" }) },
    { VANER_MODEL_FORMAT, "vaner.heads", with_strs("vaner.heads", { "Gene", "*" }) },
    { VANER_MODEL_FORMAT, "vaner.heads", with_strs("vaner.heads", std::vector<std::string>(2000, "x")) },
    { VANER_MODEL_FORMAT, "'vaner.format' 4, but the file says 3", with_types(3, "IO", { "O", "I-Gene", "I-Drug" }) },
    { VANER_MODEL_FORMAT, "'BIOES' or 'IO'", with_types(4, "BILOU", { "O", "B-Gene", "I-Gene" }) },
    { VANER_MODEL_FORMAT, "has 'B'", with_types(4, "BIO", { "O", "B", "I" }) },
    { VANER_MODEL_FORMAT, "has 'B-'", with_types(4, "BIO", { "O", "B-", "I-Gene" }) },
    { VANER_MODEL_FORMAT, "has 'O-Gene'", with_types(4, "BIO", { "O", "O-Gene", "I-Gene" }) },
    { VANER_MODEL_FORMAT, "has 'E-Gene'", with_types(4, "BIO", { "O", "B-Gene", "E-Gene" }) },
    { VANER_MODEL_FORMAT, "has 'B-Gene'", with_types(4, "IO", { "O", "B-Gene", "I-Gene" }) },
    { VANER_MODEL_FORMAT, "has 'B-Gene'", with_types(4, "BIO", { "O", "B-Gene", "B-Gene" }) },
    { VANER_MODEL_FORMAT, "has to hold O", with_types(4, "BIO", { "B-Drug", "B-Gene", "I-Gene" }) },
    { VANER_MODEL_FORMAT, "one tag of a type", with_types(4, "BIO", { "O", "O", "O" }) },
    { VANER_MODEL_HEAD, "cls.output.weight", with_types(4, "BIO", { "O", "B-Gene" }) },
    { VANER_MODEL_FORMAT, "the only head", with_strs("vaner.heads", { "+", "Gene" }) },
    { VANER_MODEL_FORMAT, "trained", with_u32("vaner.instruction.trained", 1) },
    { VANER_MODEL_FORMAT, "template", with_u32("vaner.instruction.template", 1) },
    { VANER_MODEL_FORMAT, "output_labels", without_key(LABELS) },
    { VANER_MODEL_FORMAT, "output_labels", with_strs(LABELS, { "O", "B" }) },
    { VANER_MODEL_FORMAT, "output_labels", with_strs(LABELS, { "O", "B", "B" }) },
    { VANER_MODEL_FORMAT, "output_labels", with_strs(LABELS, { "O", "B", "I", "E" }) },
    { VANER_MODEL_FORMAT, "output_labels", with_u32(LABELS, 3) },
    { VANER_MODEL_FORMAT, "causal", with_str(ARCH "attention.causal", "false") },
    { VANER_MODEL_FORMAT, TOKENS, without_key(TOKENS) },
    { VANER_MODEL_FORMAT, TOKENS, with_strs(TOKENS, {}) },
    { VANER_MODEL_FORMAT, TOKENS, with_str(TOKENS, "a") },
    { VANER_MODEL_FORMAT, "byte 0x00", with_strs(TOKENS, { "<unk>", "<s>", "</s>" }) },
    { VANER_MODEL_CORRUPT, "twice", with_strs(TOKENS, { "<unk>", "<s>", "</s>", "a", "a" }) },
    { VANER_MODEL_CORRUPT, "twice", with_strs(TOKENS, { "[EMPTY_1]", "" }) },
    { VANER_MODEL_ARCHITECTURE, "'bert'", with_str("tokenizer.ggml.model", "bert") },
    { VANER_MODEL_ARCHITECTURE, "''", without_key("tokenizer.ggml.model") },
    { VANER_MODEL_CORRUPT, "merges",
        [](edit m) {
            gguf_set_val_str(m.gguf.get(), "tokenizer.ggml.model", "gpt2");
            gguf_set_val_str(m.gguf.get(), "tokenizer.ggml.pre", "gpt-2");
        } },
    { VANER_MODEL_CORRUPT, "tokenizer.ggml.scores", with_u32("tokenizer.ggml.scores", 1) },
    { VANER_MODEL_CORRUPT, "scores",
        [](edit m) { gguf_set_arr_data(m.gguf.get(), "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, RMS_EPS, 1); } },
    { VANER_MODEL_CORRUPT, "toktypes",
        [](edit m) { gguf_set_arr_data(m.gguf.get(), "tokenizer.ggml.token_type", GGUF_TYPE_INT32, RMS_EPS, 1); } },
    { VANER_MODEL_FORMAT, "byte 0x",
        [](edit m) { // bytes without a token
            std::vector<std::string> tokens(m.tensor("token_embd.weight")->ne[1]);
            for (size_t i = 0; i < tokens.size(); ++i) {
                tokens[i] = vaner_format("t%zu", i);
            }
            m.set_strs(TOKENS, tokens);
            m.remove_key("tokenizer.ggml.token_type");
        } },
};

static const std::vector<broken_model> TENSORS = {
    { VANER_MODEL_HEAD, "cls.output.weight", without_tensor("cls.output.weight") },
    { VANER_MODEL_HEAD, "cls.output.weight", with_tensor("cls.output.weight", GGML_TYPE_F32, { 64, 4 }) },
    { VANER_MODEL_HEAD, "cls.output.weight", with_tensor("cls.output.weight", GGML_TYPE_F32, { 3, 64 }) },
    { VANER_MODEL_HEAD, "cls.output.weight", with_tensor("cls.output.weight", GGML_TYPE_F32, { 192 }) },
    { VANER_MODEL_HEAD, "cls.output.weight", with_tensor("cls.output.weight", GGML_TYPE_F32, { 64, 3, 2 }) },
    { VANER_MODEL_HEAD, "cls.output.weight", with_tensor("cls.output.weight", GGML_TYPE_F16, { 64, 3 }) },
    { VANER_MODEL_HEAD, "cls.output.weight", with_tensor("cls.output.weight", GGML_TYPE_Q8_0, { 64, 3 }) },
    { VANER_MODEL_HEAD, "cls.output.bias", with_tensor("cls.output.bias", GGML_TYPE_F32, { 2 }) },
    { VANER_MODEL_HEAD, "cls.output.0.weight", with_strs("vaner.heads", { "Gene", "Disease" }) },
    { VANER_MODEL_HEAD, "cls.0.0.bias", with_tensor("cls.0.0.weight", GGML_TYPE_F32, { 64, 64 }) },
    { VANER_MODEL_ARCHITECTURE, "output.weight", with_tensor("output.weight", GGML_TYPE_F32, { 64, 3 }) },
    { VANER_MODEL_ARCHITECTURE, "cls.weight", with_tensor("cls.weight", GGML_TYPE_F32, { 64, 64 }) },
    { VANER_MODEL_CORRUPT, "token_embd.weight", without_tensor("token_embd.weight") },
    { VANER_MODEL_CORRUPT, "token_embd.weight", with_tensor("token_embd.weight", GGML_TYPE_F32, { 64, 3 }) },
    { VANER_MODEL_CORRUPT, "token_embd.weight", with_tensor("token_embd.weight", GGML_TYPE_I32, { 64, 585 }) },
    { VANER_MODEL_CORRUPT, "output_norm.weight", without_tensor("output_norm.weight") },
    { VANER_MODEL_CORRUPT, "blk.1.attn_q.weight", without_tensor("blk.1.attn_q.weight") },
    { VANER_MODEL_CORRUPT, "blk.0.attn_q.weight", with_tensor("blk.0.attn_q.weight", GGML_TYPE_F32, { 64, 32 }) },
    { VANER_MODEL_CORRUPT, "blk.0.attn_q.weight", with_tensor("blk.0.attn_q.weight", GGML_TYPE_F64, { 64, 64 }) },
    { VANER_MODEL_CORRUPT, "blk.0.attn_q.weight", with_tensor("blk.0.attn_q.weight", GGML_TYPE_Q8_1, { 64, 64 }) },
    { VANER_MODEL_CORRUPT, "blk.0.attn_q.weight", with_tensor("blk.0.attn_q.weight", GGML_TYPE_NVFP4, { 64, 64 }) },
    { VANER_MODEL_CORRUPT, "blk.0.attn_norm.weight", with_tensor("blk.0.attn_norm.weight", GGML_TYPE_F16, { 64 }) },
    { VANER_MODEL_CORRUPT, "blk.0.attn_q.bias", with_tensor("blk.0.attn_q.bias", GGML_TYPE_F32, { 65 }) },
    { VANER_MODEL_CORRUPT, "rope_freqs.weight", with_tensor("rope_freqs.weight", GGML_TYPE_F32, { 16 }) },
    { VANER_MODEL_CORRUPT, "blk.0.ffn_up.weight",
        [](edit m) {
            m.resize(256, 256);
            m.put_tensor("blk.0.ffn_up.weight", GGML_TYPE_Q8_K, { 256, 256 });
        } },
};

// Of tiny-qwen3-f32: 4 heads of 16
static const std::vector<broken_model> HEAD_SIZES = {
    { VANER_MODEL_CORRUPT, "attn_q_norm.weight", with_tensor("blk.0.attn_q_norm.weight", GGML_TYPE_F32, { 8 }) },
    { VANER_MODEL_ARCHITECTURE, "attention.value_length", without_key(ARCH "attention.value_length") },
    { VANER_MODEL_ARCHITECTURE, "rope.dimension_count", with_u32(ARCH "rope.dimension_count", 8) },
    { VANER_MODEL_FORMAT, "attention.key_length", with_u32(ARCH "attention.key_length", 0) },
    { VANER_MODEL_FORMAT, "attention.key_length", with_u32(ARCH "attention.key_length", 0xFFFFFFFF) },
};

static void check_not_gguf(const temporary_folder & folder) {
    auto load = [](const std::string & path) { return token_classifier::load(path, token_classifier_params()); };
    CHECK_THROWS(VANER_MODEL_NOT_FOUND, load(""));
    CHECK_THROWS(VANER_MODEL_NOT_FOUND, load(folder.file("missing.gguf")));
    CHECK_THROWS(VANER_MODEL_NOT_FOUND, load(folder.file("missing/model.gguf")));
    const std::string refusal = CHECK_THROWS(VANER_MODEL_NOT_FOUND, load(folder.path));
    CHECK(refusal.find("`vaner convert`") != std::string::npos);
    for (const char * text : { "", "GG", "PK\x03\x04zip", "{\"a\": 1}", "FUGG" }) {
        write_bytes(folder.file("other.gguf"), std::vector<char>(text, text + strlen(text)));
        CHECK_THROWS(VANER_MODEL_NOT_GGUF, load(folder.file("other.gguf")));
    }
    const std::string message = CHECK_THROWS(VANER_MODEL_ARCHITECTURE, load(fixture_model_path("tiny-llama")));
    CHECK(message.find("'llama'") != std::string::npos);
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0); // the last line names the file that crashed us
    const temporary_folder folder;
    check_not_gguf(folder);
    check_broken(SHAPES, folder, "tiny-f32");
    check_broken(FORMAT, folder, "tiny-f32");
    check_broken(TENSORS, folder, "tiny-f32");
    check_broken(HEAD_SIZES, folder, "tiny-qwen3-f32");
    return test_result();
}
