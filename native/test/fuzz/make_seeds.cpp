// Small models and adapters to start from: the fixtures are too large to be mutated a million times.

#include "test/model_editor.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

static const int64_t N_EMBD = 16;

static const char * const MARK = "\xe2\x96\x81"; // of a word's start

// Three control tokens, then bytes or pieces of text, as the kind of vocabulary has them.
static std::vector<std::string> small_vocabulary(const std::string & kind) {
    std::vector<std::string> tokens = { "<unk>", "<s>", "</s>" };
    for (int byte = 0; byte < (kind == "llama" ? 256 : 0); ++byte) {
        char text[8];
        snprintf(text, sizeof(text), "<0x%02X>", byte);
        tokens.push_back(text);
    }
    for (const char * token : { "a", "c", "e", "l", "s", "i", "n", "1", "2", "\xc4\xa0", "in", "ce" }) {
        tokens.push_back(token);
        if (kind == "bert" || kind == "t5") {
            tokens.push_back(std::string(MARK) + token);
        }
    }
    tokens.push_back(MARK);
    return tokens;
}

// n_layer: of ModernBERT 2, so that one has local attention
static model_editor small_model(const std::string & fixture, int n_layer = 1) {
    model_editor m(fixture);
    gguf_context * ctx = m.gguf.get();
    const std::string kind = gguf_get_val_str(ctx, gguf_find_key(ctx, "tokenizer.ggml.model"));
    const std::vector<std::string> tokens = small_vocabulary(kind);
    m.set_strs("tokenizer.ggml.tokens", tokens);
    if (kind == "gpt2") {
        m.set_strs("tokenizer.ggml.merges", { "i n", "c e" });
    }
    std::vector<float> scores;
    std::vector<int32_t> types(tokens.size(), 1);
    for (const std::string & token : tokens) {
        scores.push_back(1.0f / (float) token.size() - 4.0f);
    }
    if (gguf_find_key(ctx, "tokenizer.ggml.seperator_token_id") >= 0) {
        types[0] = 2; // unknown
        types[1] = types[2] = 3;
        gguf_set_val_u32(ctx, "tokenizer.ggml.unknown_token_id", 0);
        gguf_set_val_u32(ctx, "tokenizer.ggml.bos_token_id", 1);
        gguf_set_val_u32(ctx, "tokenizer.ggml.seperator_token_id", 2);
    }
    gguf_set_arr_data(ctx, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
    gguf_set_arr_data(ctx, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    m.put_tensor("token_embd.weight", GGML_TYPE_F32, { N_EMBD, (int64_t) tokens.size() });
    m.resize(N_EMBD, N_EMBD, n_layer);
    return m;
}

int main(int argc, char ** argv) {
    if (argc != 3) {
        fprintf(stderr, "Usage: make_seeds <gguf | adapter> <folder>\n");
        return 2;
    }
    const std::string folder = std::string(argv[2]) + "/";
    if (std::string(argv[1]) == "gguf") {
        small_model("tiny-f32").write(folder + "sentencepiece.gguf");
        small_model("tiny-causal-f32").write(folder + "causal.gguf");
        small_model("tiny-apart-f32").write(folder + "apart.gguf");
        small_model("tiny-bert-f32").write(folder + "bert.gguf");
        small_model("tiny-unigram-f32").write(folder + "unigram.gguf");
        small_model("tiny-modernbert-f32", 2).write(folder + "modern-bert.gguf");
        model_editor bytes = small_model("tiny-tokens-f32");
        for (const char * head : { "cls.output.0", "cls.output.1" }) {
            bytes.put_tensor(std::string(head) + ".weight", GGML_TYPE_F32, { N_EMBD, 3 });
        }
        bytes.set_strs("vaner.heads", { "Gene", "Disease" });
        bytes.set_strs("llama-embed.classifier.output_labels", { "O", "B", "I" });
        bytes.remove_key("vaner.tagging");
        bytes.remove_tensor("cls.output.weight");
        bytes.write(folder + "byte-level.gguf");
        model_editor base = small_model("tiny-f32");
        base.remove_heads();
        base.write(folder + "base.gguf");
        return 0;
    }
    for (const char * name : { "tiny-qv", "tiny-all-f16", "tiny-own-heads" }) {
        model_editor::of_adapter(name).write(folder + name + ".gguf");
    }
    return 0;
}
