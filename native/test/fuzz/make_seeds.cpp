// Small models and adapters to start from: the fixtures are too large to be mutated a million times.

#include "test/model_editor.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

static const int64_t N_EMBD = 16;

// A vocabulary of single bytes, and a few merges of byte-level BPE.
static std::vector<std::string> small_vocabulary(bool byte_level) {
    std::vector<std::string> tokens = { "<unk>", "<s>", "</s>" };
    for (int byte = 0; byte < (byte_level ? 0 : 256); ++byte) {
        char text[8];
        snprintf(text, sizeof(text), "<0x%02X>", byte);
        tokens.push_back(text);
    }
    for (const char * token : { "a", "c", "e", "l", "s", "i", "n", "1", "2", "\xc4\xa0", "in", "ce", "\xe2\x96\x81" }) {
        tokens.push_back(token);
    }
    return tokens;
}

static model_editor small_model(const std::string & fixture) {
    model_editor m(fixture);
    const bool byte_level =
        gguf_get_val_str(m.gguf.get(), gguf_find_key(m.gguf.get(), "tokenizer.ggml.model"))[0] == 'g';
    const std::vector<std::string> tokens = small_vocabulary(byte_level);
    m.set_strs("tokenizer.ggml.tokens", tokens);
    if (byte_level) {
        m.set_strs("tokenizer.ggml.merges", { "i n", "c e" });
    }
    const std::vector<float> scores(tokens.size());
    const std::vector<int32_t> types(tokens.size(), 1);
    gguf_set_arr_data(m.gguf.get(), "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
    gguf_set_arr_data(m.gguf.get(), "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
    m.put_tensor("token_embd.weight", GGML_TYPE_F32, { N_EMBD, (int64_t) tokens.size() });
    m.resize(N_EMBD, N_EMBD);
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
