// Well-formed GGUF files of encoders of BERT's kind that the engine can't run: each is refused with a message that names
// the cause.

#include "test/model/broken_models.h"

// Of tiny-bert-f32: 32 wide, 64 positions, 2 types of tokens
static const std::vector<broken_model> BERT = {
    { VANER_MODEL_FORMAT, "bert.attention.layer_norm_epsilon", without_key("bert.attention.layer_norm_epsilon") },
    { VANER_MODEL_FORMAT, "layer_norm_epsilon", with_f32("bert.attention.layer_norm_epsilon", NOT_A_NUMBER) },
    { VANER_MODEL_ARCHITECTURE, "bert.attention.causal",
        [](edit m) { gguf_set_val_bool(m.gguf.get(), "bert.attention.causal", true); } },
    { VANER_MODEL_FORMAT, "vaner.words", with_str("vaner.words", "letters-digits-v1") },
    { VANER_MODEL_FORMAT, "byte-level", with_str("vaner.words", "tokens-v1") },
    { VANER_MODEL_FORMAT, "the byte 0x", with_str("tokenizer.ggml.model", "llama") },
    { VANER_MODEL_FORMAT, "bos_token_id", without_key("tokenizer.ggml.bos_token_id") },
    { VANER_MODEL_FORMAT, "seperator_token_id", with_u32("tokenizer.ggml.seperator_token_id", 100000) },
    { VANER_MODEL_FORMAT, "unknown_token_id", with_u32("tokenizer.ggml.unknown_token_id", 0xFFFFFFFF) },
    { VANER_MODEL_FORMAT, "token_type_count", with_u32("tokenizer.ggml.token_type_count", 0) },
    { VANER_MODEL_FORMAT, "at least 3", with_u32("vaner.max_tokens", 2) },
    { VANER_MODEL_CORRUPT, "token_types.weight", with_u32("tokenizer.ggml.token_type_count", 3) },
    { VANER_MODEL_CORRUPT, "position_embd.weight", with_u32("bert.context_length", 65) },
    { VANER_MODEL_FORMAT, "'spaced-words-v1'", with_str("vaner.words", "spaced-words-v1") },
    { VANER_MODEL_ARCHITECTURE, "pre-tokenizer", with_str("tokenizer.ggml.model", "gpt2") },
    { VANER_MODEL_FORMAT, "needs 'spaced-words-v1'",
        [](edit m) {
            with_str("tokenizer.ggml.model", "gpt2")(m);
            with_str("tokenizer.ggml.pre", "roberta-bpe")(m);
        } },
    { VANER_MODEL_CORRUPT, "position_embd.weight", without_tensor("position_embd.weight") },
    { VANER_MODEL_CORRUPT, "position_embd.weight", with_tensor("position_embd.weight", GGML_TYPE_F16, { 32, 64 }) },
    { VANER_MODEL_CORRUPT, "token_types.weight", with_tensor("token_types.weight", GGML_TYPE_F32, { 32 }) },
    { VANER_MODEL_CORRUPT, "token_embd_norm.bias", without_tensor("token_embd_norm.bias") },
    { VANER_MODEL_CORRUPT, "attn_output_norm.weight", without_tensor("blk.1.attn_output_norm.weight") },
    { VANER_MODEL_CORRUPT, "layer_output_norm.bias",
        with_tensor("blk.0.layer_output_norm.bias", GGML_TYPE_F32, { 31 }) },
    { VANER_MODEL_ARCHITECTURE, "blk.0.ffn_gate.weight",
        with_tensor("blk.0.ffn_gate.weight", GGML_TYPE_F32, { 32, 64 }) },
    { VANER_MODEL_ARCHITECTURE, "output_norm.weight", with_tensor("output_norm.weight", GGML_TYPE_F32, { 32 }) },
};

static const char * const PROJECTION = "token_embd.proj.weight";

// Of tiny-electra-f32: embeddings 20 wide, layers 32 wide
static const std::vector<broken_model> ELECTRA = {
    { VANER_MODEL_FORMAT, "'vaner.format' 5", with_u32("vaner.format", 4) },
    { VANER_MODEL_CORRUPT, "token_embd.weight", without_tensor(PROJECTION) },
    { VANER_MODEL_CORRUPT, "token_embd.proj.bias", without_tensor("token_embd.proj.bias") },
    { VANER_MODEL_CORRUPT, PROJECTION, with_tensor(PROJECTION, GGML_TYPE_F32, { 20, 33 }) },
    { VANER_MODEL_CORRUPT, PROJECTION, with_tensor(PROJECTION, GGML_TYPE_F32, { 20 }) },
    { VANER_MODEL_CORRUPT, PROJECTION, with_tensor(PROJECTION, GGML_TYPE_F16, { 20, 32 }) },
    { VANER_MODEL_CORRUPT, "has 0 inputs", with_tensor(PROJECTION, GGML_TYPE_F32, { 0, 32 }) },
    { VANER_MODEL_CORRUPT, "token_embd.weight", with_tensor(PROJECTION, GGML_TYPE_F32, { 32, 32 }) },
    { VANER_MODEL_CORRUPT, "token_types.weight", with_tensor("token_types.weight", GGML_TYPE_F32, { 32, 2 }) },
    { VANER_MODEL_ARCHITECTURE, "token_embd.proj.scale", with_tensor("token_embd.proj.scale", GGML_TYPE_F32, { 32 }) },
};

#define MODERN "modern-bert."
static const char * const PATTERN = MODERN "attention.sliding_window_pattern";

static std::function<void(edit)> with_pattern(std::vector<int32_t> values) {
    return [=](edit m) { gguf_set_arr_data(m.gguf.get(), PATTERN, GGUF_TYPE_INT32, values.data(), values.size()); };
}

// Of tiny-modernbert-f32: 5 layers, 32 wide, 2 heads, 64 in between
static const std::vector<broken_model> MODERN_BERT = {
    { VANER_MODEL_FORMAT, "layer_norm_epsilon", without_key(MODERN "attention.layer_norm_epsilon") },
    { VANER_MODEL_FORMAT, "rope.freq_base'", without_key(MODERN "rope.freq_base") },
    { VANER_MODEL_FORMAT, "rope.freq_base_swa", without_key(MODERN "rope.freq_base_swa") },
    { VANER_MODEL_FORMAT, "rope.freq_base_swa", with_f32(MODERN "rope.freq_base_swa", NOT_A_NUMBER) },
    { VANER_MODEL_FORMAT, "rope.freq_base_swa", with_f32(MODERN "rope.freq_base_swa", 0.0f) },
    { VANER_MODEL_FORMAT, "sliding_window'", with_u32(MODERN "attention.sliding_window", 0xFFFFFFFF) },
    { VANER_MODEL_FORMAT, "sliding_window'", with_str(MODERN "attention.sliding_window", "16") },
    { VANER_MODEL_FORMAT, "sliding_window_pattern", with_str(PATTERN, "3") },
    { VANER_MODEL_FORMAT, "sliding_window_pattern", with_pattern({ 1, 0, 1, 0 }) },
    { VANER_MODEL_FORMAT, "sliding_window_pattern", with_pattern({}) },
    { VANER_MODEL_FORMAT, "sliding_window_pattern", with_strs(PATTERN, { "1", "0", "1", "0", "1" }) },
    { VANER_MODEL_ARCHITECTURE, "'silu'", with_str(MODERN "hidden_activation", "silu") },
    { VANER_MODEL_ARCHITECTURE, "modern-bert.attention.causal",
        [](edit m) { gguf_set_val_bool(m.gguf.get(), MODERN "attention.causal", true); } },
    { VANER_MODEL_ARCHITECTURE, "1 key-value heads", with_u32(MODERN "attention.head_count_kv", 1) },
    { VANER_MODEL_ARCHITECTURE, "2 heads of 8",
        [](edit m) {
            for (const char * key : { "attention.key_length", "attention.value_length", "rope.dimension_count" }) {
                with_u32((std::string(MODERN) + key).c_str(), 8)(m);
            }
        } },
    { VANER_MODEL_ARCHITECTURE, "'bert'", with_str("tokenizer.ggml.model", "bert") },
    { VANER_MODEL_FORMAT, "vaner.words", with_str("vaner.words", "letters-digits-v1") },
    { VANER_MODEL_FORMAT, "this version knows 'NFC'", with_unicode(5, "NFKC") },
    { VANER_MODEL_FORMAT, "2 heads", with_strs("vaner.heads", { "Disease", "Gene" }) },
    { VANER_MODEL_CORRUPT, "attn_qkv.weight", without_tensor("blk.1.attn_qkv.weight") },
    { VANER_MODEL_CORRUPT, "attn_qkv.weight", with_tensor("blk.1.attn_qkv.weight", GGML_TYPE_F32, { 32, 64 }) },
    { VANER_MODEL_CORRUPT, "ffn_up.weight", with_tensor("blk.4.ffn_up.weight", GGML_TYPE_F32, { 32, 64 }) },
    { VANER_MODEL_CORRUPT, "ffn_up.weight", with_u32(MODERN "feed_forward_length", 128) },
    { VANER_MODEL_CORRUPT, "blk.1.attn_norm.weight", without_tensor("blk.1.attn_norm.weight") },
    { VANER_MODEL_CORRUPT, "token_embd_norm.weight", without_tensor("token_embd_norm.weight") },
    { VANER_MODEL_CORRUPT, "output_norm.weight", without_tensor("output_norm.weight") },
    { VANER_MODEL_ARCHITECTURE, "blk.0.attn_norm.weight",
        with_tensor("blk.0.attn_norm.weight", GGML_TYPE_F32, { 32 }) },
    { VANER_MODEL_ARCHITECTURE, "attn_qkv.bias", with_tensor("blk.0.attn_qkv.bias", GGML_TYPE_F32, { 96 }) },
    { VANER_MODEL_HEAD, "cls.weight", without_tensor("cls.weight") },
    { VANER_MODEL_HEAD, "cls.weight", with_tensor("cls.weight", GGML_TYPE_F32, { 32, 33 }) },
    { VANER_MODEL_HEAD, "cls.bias", with_tensor("cls.bias", GGML_TYPE_F32, { 31 }) },
    { VANER_MODEL_HEAD, "cls.norm.weight", without_tensor("cls.norm.weight") },
    { VANER_MODEL_ARCHITECTURE, "cls.0.1.weight", with_tensor("cls.0.1.weight", GGML_TYPE_F32, { 32, 32 }) },
};

// A window of any size, and all kinds of patterns that llama.cpp reads.
static void check_local_layers(const temporary_folder & folder) {
    const std::vector<bool> local = { false, true, true, false, true };
    const int8_t flags[] = { 0, 1, 1, 0, 1 };
    const std::function<void(edit)> edits[] = { with_u32(PATTERN, 3), with_pattern({ 0, 1, -1, 0, 2 }),
        [&](edit m) { gguf_set_arr_data(m.gguf.get(), PATTERN, GGUF_TYPE_BOOL, flags, 5); }, without_key(PATTERN) };
    for (const auto & change : edits) {
        for (const uint32_t window : { 1u, 7u, 1u << 29 }) {
            model_editor m("tiny-modernbert-f32");
            change(m);
            with_u32(MODERN "attention.sliding_window", window)(m);
            m.write(folder.file("pattern.gguf"));
            const auto model = token_classifier::load(folder.file("pattern.gguf"), token_classifier_params());
            CHECK(model->format.local == local);
            CHECK(model->format.reach == window / 2);
        }
    }
}

static const char * const CHARSMAP = "tokenizer.ggml.precompiled_charsmap";

static std::function<void(edit)> with_bytes(const char * key, std::vector<uint8_t> bytes) {
    return [=](edit m) { gguf_set_arr_data(m.gguf.get(), key, GGUF_TYPE_UINT8, bytes.data(), bytes.size()); };
}

// A map with a replacement of so many characters behind an empty one.
static std::function<void(edit)> with_replacement(size_t n_characters) {
    std::vector<uint8_t> map = { 4, 0, 0, 0, 1, 1, 1, 1, 0 };
    map.insert(map.end(), n_characters, 'x');
    map.push_back(0);
    return with_bytes(CHARSMAP, map);
}

template <typename T>
static std::function<void(edit)> with_values(const char * key, gguf_type type, T value, size_t n) {
    return [=](edit m) {
        const std::vector<T> values(n ? n : gguf_get_arr_n(m.gguf.get(), gguf_find_key(m.gguf.get(), TOKENS)), value);
        gguf_set_arr_data(m.gguf.get(), key, type, values.data(), values.size());
    };
}

static const char * const SCORES = "tokenizer.ggml.scores";
static const char * const TYPES = "tokenizer.ggml.token_type";
static const char * const SPACES = "vaner.normalizer.spaces";

// Of tiny-unigram-f32
static const std::vector<broken_model> UNIGRAM = {
    { VANER_MODEL_FORMAT, "'vaner.format' 5", with_u32("vaner.format", 4) },
    { VANER_MODEL_FORMAT, "'bert-words-v1'", with_str("vaner.words", "bert-words-v1") },
    { VANER_MODEL_FORMAT, "unknown_token_id", without_key("tokenizer.ggml.unknown_token_id") },
    { VANER_MODEL_FORMAT, SCORES, without_key(SCORES) },
    { VANER_MODEL_FORMAT, SCORES, with_values<float>(SCORES, GGUF_TYPE_FLOAT32, 0.0f, 5) },
    { VANER_MODEL_FORMAT, SCORES, with_values<int32_t>(SCORES, GGUF_TYPE_INT32, 0, 0) },
    { VANER_MODEL_FORMAT, "not finite", with_values<float>(SCORES, GGUF_TYPE_FLOAT32, NOT_A_NUMBER, 0) },
    { VANER_MODEL_FORMAT, TYPES, without_key(TYPES) },
    { VANER_MODEL_FORMAT, TYPES, with_values<int16_t>(TYPES, GGUF_TYPE_INT16, 1, 0) },
    { VANER_MODEL_FORMAT, CHARSMAP, with_str(CHARSMAP, "map") },
    { VANER_MODEL_FORMAT, CHARSMAP, with_values<float>(CHARSMAP, GGUF_TYPE_FLOAT32, 0.0f, 8) },
    { VANER_MODEL_CORRUPT, "no map of characters", with_bytes(CHARSMAP, { 4, 0, 0 }) },
    { VANER_MODEL_CORRUPT, "size of its trie", with_bytes(CHARSMAP, { 0, 0, 0, 0, 0 }) },
    { VANER_MODEL_CORRUPT, "size of its trie", with_bytes(CHARSMAP, { 4, 0, 0, 0, 1, 1, 1, 1 }) },
    { VANER_MODEL_CORRUPT, "size of its trie", with_bytes(CHARSMAP, { 3, 0, 0, 0, 1, 1, 1, 1, 0 }) },
    { VANER_MODEL_CORRUPT, "size of its trie", with_bytes(CHARSMAP, { 0xFC, 0xFF, 0xFF, 0xFF, 1, 1, 1, 1, 0 }) },
    { VANER_MODEL_CORRUPT, "no text", with_bytes(CHARSMAP, { 4, 0, 0, 0, 1, 1, 1, 1, 'a' }) },
    { VANER_MODEL_CORRUPT, "no text", with_bytes(CHARSMAP, { 4, 0, 0, 0, 1, 1, 1, 1, 0xE2, 0x96, 0 }) },
    { VANER_MODEL_FORMAT, "by more than 20", with_replacement(21) },
    { VANER_MODEL_FORMAT, SPACES, with_strs(SPACES, {}) },
    { VANER_MODEL_FORMAT, SPACES, with_strs(SPACES, { "split", "join" }) },
    { VANER_MODEL_FORMAT, SPACES, with_strs(SPACES, { "fold", "mark" }) },
    { VANER_MODEL_FORMAT, "without a map", with_unicode(5, "NFKC") },
    { VANER_MODEL_FORMAT, "at most 1024",
        [](edit m) {
            std::vector<std::string> tokens(gguf_get_arr_n(m.gguf.get(), gguf_find_key(m.gguf.get(), TOKENS)));
            for (size_t i = 0; i < tokens.size(); ++i) {
                tokens[i] = std::to_string(i);
            }
            tokens.back() = std::string(1025, 'x');
            m.set_strs(TOKENS, tokens);
        } },
};

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0); // the last line names the file that crashed us
    const temporary_folder folder;
    check_broken(BERT, folder, "tiny-bert-f32");
    check_broken(ELECTRA, folder, "tiny-electra-f32");
    check_broken(MODERN_BERT, folder, "tiny-modernbert-f32");
    check_broken(UNIGRAM, folder, "tiny-unigram-f32");
    check_local_layers(folder);
    return test_result();
}
