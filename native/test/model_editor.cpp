#include "test/model_editor.h"

#include "test/fixtures.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>

namespace fs = std::filesystem;

model_editor::model_editor(const std::string & fixture) : model_editor(fixture_model_path(fixture), nullptr) {}

model_editor model_editor::of_adapter(const std::string & fixture) {
    return model_editor(fixture_adapter_path(fixture), nullptr);
}

model_editor::model_editor(const std::string & path, std::nullptr_t) {
    ggml_context * ctx = nullptr;
    gguf_init_params params = { /*.no_alloc =*/false, /*.ctx =*/&ctx };
    gguf.reset(gguf_init_from_file(path.c_str(), params));
    if (!gguf) {
        throw std::runtime_error("can't read " + path);
    }
    original.reset(ctx);
    added.reset(ggml_init({ /*.mem_size =*/8 << 20, /*.mem_buffer =*/nullptr, /*.no_alloc =*/false }));
    for (int64_t i = 0; i < gguf_get_n_tensors(gguf.get()); ++i) {
        tensors.push_back(ggml_get_tensor(ctx, gguf_get_tensor_name(gguf.get(), i)));
    }
}

void model_editor::set_strs(const char * key, const std::vector<std::string> & values) {
    std::vector<const char *> pointers;
    for (const std::string & value : values) {
        pointers.push_back(value.c_str());
    }
    gguf_set_arr_str(gguf.get(), key, pointers.data(), pointers.size());
}

ggml_tensor * model_editor::tensor(const std::string & name) const {
    for (ggml_tensor * t : tensors) {
        if (name == t->name) {
            return t;
        }
    }
    throw std::runtime_error("the fixture has no tensor " + name);
}

void model_editor::remove_tensor(const std::string & name) {
    tensors.erase(std::find(tensors.begin(), tensors.end(), tensor(name)));
}

ggml_tensor * model_editor::put_tensor(const std::string & name, ggml_type type, const std::vector<int64_t> & ne) {
    ggml_tensor * t = ggml_new_tensor(added.get(), type, (int) ne.size(), ne.data());
    ggml_set_name(t, name.c_str());
    if (t->data) {
        memset(t->data, 0, ggml_nbytes(t));
    } else {
        t->data = t; // empty, but gguf's writer needs a pointer
    }
    for (ggml_tensor *& other : tensors) {
        if (name == other->name) {
            other = t;
            return t;
        }
    }
    tensors.push_back(t);
    return t;
}

void model_editor::remove_heads() {
    set_strs("vaner.heads", {});
    remove_key("llama-embed.classifier.output_labels");
    tensors.erase(std::remove_if(tensors.begin(), tensors.end(),
                      [](const ggml_tensor * t) { return strncmp(t->name, "cls.", 4) == 0; }),
        tensors.end());
}

// The tensors of a family, with weights of zero.
struct resized_model {
    model_editor & model;
    int64_t n_embd;
    int64_t n_ff;
    int n_layer;

    void vector(const std::string & name, int64_t n) { model.put_tensor(name, GGML_TYPE_F32, { n }); }

    void matrix(const std::string & name, int64_t n_in, int64_t n_out) {
        model.put_tensor(name + ".weight", GGML_TYPE_F32, { n_in, n_out });
    }

    void linear(const std::string & name, int64_t n_in, int64_t n_out) {
        matrix(name, n_in, n_out);
        vector(name + ".bias", n_out);
    }

    void norm(const std::string & name) {
        vector(name + ".weight", n_embd);
        vector(name + ".bias", n_embd);
    }

    // 4 heads, of which 2 have keys and values
    void put_llama() {
        vector("output_norm.weight", n_embd);
        for (int il = 0; il < n_layer; ++il) {
            const std::string layer = "blk." + std::to_string(il) + ".";
            vector(layer + "attn_norm.weight", n_embd);
            matrix(layer + "attn_q", n_embd, n_embd);
            matrix(layer + "attn_k", n_embd, n_embd / 2);
            matrix(layer + "attn_v", n_embd, n_embd / 2);
            matrix(layer + "attn_output", n_embd, n_embd);
            vector(layer + "ffn_norm.weight", n_embd);
            matrix(layer + "ffn_gate", n_embd, n_ff);
            matrix(layer + "ffn_up", n_embd, n_ff);
            matrix(layer + "ffn_down", n_ff, n_embd);
        }
    }

    void put_bert(int64_t n_ctx, int64_t n_token_types) {
        model.put_tensor("position_embd.weight", GGML_TYPE_F32, { n_embd, n_ctx });
        model.put_tensor("token_types.weight", GGML_TYPE_F32, { n_embd, n_token_types });
        norm("token_embd_norm");
        for (int il = 0; il < n_layer; ++il) {
            const std::string layer = "blk." + std::to_string(il) + ".";
            for (const char * name : { "attn_q", "attn_k", "attn_v", "attn_output" }) {
                linear(layer + name, n_embd, n_embd);
            }
            norm(layer + "attn_output_norm");
            linear(layer + "ffn_up", n_embd, n_ff);
            linear(layer + "ffn_down", n_ff, n_embd);
            norm(layer + "layer_output_norm");
        }
    }

    void put_modern_bert() {
        vector("token_embd_norm.weight", n_embd);
        vector("output_norm.weight", n_embd);
        matrix("cls", n_embd, n_embd);
        vector("cls.norm.weight", n_embd);
        for (int il = 0; il < n_layer; ++il) {
            const std::string layer = "blk." + std::to_string(il) + ".";
            if (il > 0) {
                vector(layer + "attn_norm.weight", n_embd);
            }
            matrix(layer + "attn_qkv", n_embd, 3 * n_embd);
            matrix(layer + "attn_output", n_embd, n_embd);
            vector(layer + "ffn_norm.weight", n_embd);
            matrix(layer + "ffn_up", n_embd, 2 * n_ff);
            matrix(layer + "ffn_down", n_ff, n_embd);
        }
    }
};

void model_editor::resize(int64_t n_embd, int64_t n_ff, int n_layer) {
    const std::string arch = gguf_get_val_str(gguf.get(), gguf_find_key(gguf.get(), "general.architecture"));
    const auto set = [&](const char * name, int64_t value) {
        gguf_set_val_u32(gguf.get(), (arch + "." + name).c_str(), (uint32_t) value);
    };
    set("block_count", n_layer);
    set("embedding_length", n_embd);
    set("feed_forward_length", n_ff);
    set("attention.head_count", 4);
    const int64_t n_vocab = tensor("token_embd.weight")->ne[1];
    const int64_t n_ctx = arch == "bert" ? tensor("position_embd.weight")->ne[1] : 0;
    const int64_t n_token_types = arch == "bert" ? tensor("token_types.weight")->ne[1] : 0;
    tensors.clear();
    resized_model resized = { *this, n_embd, n_ff, n_layer };
    resized.matrix("token_embd", n_embd, n_vocab);
    resized.matrix("cls.output", n_embd, 3);
    if (arch == "bert") {
        resized.put_bert(n_ctx, n_token_types);
    } else if (arch == "modern-bert") {
        resized.put_modern_bert();
    } else {
        set("rope.dimension_count", n_embd / 4);
        resized.put_llama();
    }
}

void model_editor::write(const std::string & path) const {
    const gguf_context_ptr out(gguf_init_empty());
    gguf_set_kv(out.get(), gguf.get());
    for (const ggml_tensor * t : tensors) {
        gguf_add_tensor(out.get(), t);
    }
    if (!gguf_write_to_file(out.get(), path.c_str(), /*only_meta =*/false)) {
        throw std::runtime_error("can't write " + path);
    }
}

temporary_folder::temporary_folder() {
    const std::string name = "vaner-test-" + std::to_string(std::random_device()());
    path = (fs::temp_directory_path() / name).u8string();
    fs::create_directories(fs::u8path(path));
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    fs::remove_all(fs::u8path(path), ignored);
}

std::vector<char> read_bytes(const std::string & path) {
    std::ifstream in(fs::u8path(path), std::ios::binary);
    return std::vector<char>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

void write_bytes(const std::string & path, const std::vector<char> & bytes) {
    std::ofstream out(fs::u8path(path), std::ios::binary);
    out.write(bytes.data(), (std::streamsize) bytes.size());
    if (!out.flush()) {
        throw std::runtime_error("can't write " + path);
    }
}
