#pragma once

#include "ggml-cpp.h"
#include "gguf.h"

#include <string>
#include <vector>

// A fixture model in memory, to be changed and written to another file. Checks nothing: it is for invalid files too.
struct model_editor {
    gguf_context_ptr gguf; // the keys; use gguf_set_*
    ggml_context_ptr original;
    ggml_context_ptr added;
    std::vector<ggml_tensor *> tensors; // in file order

    explicit model_editor(const std::string & fixture);
    static model_editor of_adapter(const std::string & fixture);

    void set_strs(const char * key, const std::vector<std::string> & values);
    void remove_key(const char * key) { gguf_remove_key(gguf.get(), key); }

    ggml_tensor * tensor(const std::string & name) const; // has to exist
    void remove_tensor(const std::string & name);

    // Adds a tensor of zeros, or replaces the one of that name.
    ggml_tensor * put_tensor(const std::string & name, ggml_type type, const std::vector<int64_t> & ne);

    // Makes the model a base for adapters.
    void remove_heads();

    // Reshapes the model to this width and 4 heads, with weights of zero.
    void resize(int64_t n_embd, int64_t n_ff, int n_layer = 1);

    void write(const std::string & path) const;

private:
    model_editor(const std::string & path, std::nullptr_t);
};

// A folder for the files of a test; deleted at the end.
struct temporary_folder {
    std::string path;

    temporary_folder();
    ~temporary_folder();

    std::string file(const std::string & name) const { return path + "/" + name; }
};

std::vector<char> read_bytes(const std::string & path);
void write_bytes(const std::string & path, const std::vector<char> & bytes);
