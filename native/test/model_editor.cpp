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

void model_editor::resize(int64_t n_embd, int64_t n_ff, int n_layer) {
    const int64_t n_embd_head = n_embd / 4; // the fixture's heads: 4, of which 2 have keys and values
    gguf_set_val_u32(gguf.get(), "llama-embed.block_count", (uint32_t) n_layer);
    gguf_set_val_u32(gguf.get(), "llama-embed.embedding_length", (uint32_t) n_embd);
    gguf_set_val_u32(gguf.get(), "llama-embed.feed_forward_length", (uint32_t) n_ff);
    gguf_set_val_u32(gguf.get(), "llama-embed.rope.dimension_count", (uint32_t) n_embd_head);
    const int64_t n_vocab = tensor("token_embd.weight")->ne[1];
    tensors.clear();
    put_tensor("token_embd.weight", GGML_TYPE_F32, { n_embd, n_vocab });
    put_tensor("output_norm.weight", GGML_TYPE_F32, { n_embd });
    put_tensor("cls.output.weight", GGML_TYPE_F32, { n_embd, 3 });
    for (int il = 0; il < n_layer; ++il) {
        const std::string layer = "blk." + std::to_string(il) + ".";
        put_tensor(layer + "attn_norm.weight", GGML_TYPE_F32, { n_embd });
        put_tensor(layer + "attn_q.weight", GGML_TYPE_F32, { n_embd, n_embd });
        put_tensor(layer + "attn_k.weight", GGML_TYPE_F32, { n_embd, 2 * n_embd_head });
        put_tensor(layer + "attn_v.weight", GGML_TYPE_F32, { n_embd, 2 * n_embd_head });
        put_tensor(layer + "attn_output.weight", GGML_TYPE_F32, { n_embd, n_embd });
        put_tensor(layer + "ffn_norm.weight", GGML_TYPE_F32, { n_embd });
        put_tensor(layer + "ffn_gate.weight", GGML_TYPE_F32, { n_embd, n_ff });
        put_tensor(layer + "ffn_up.weight", GGML_TYPE_F32, { n_embd, n_ff });
        put_tensor(layer + "ffn_down.weight", GGML_TYPE_F32, { n_ff, n_embd });
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
