#include "model/gguf/model_check.h"

#include <array>
#include <cstring>
#include <set>

using shape = std::array<int64_t, GGML_MAX_DIMS>;

static shape vector_of(int64_t n) {
    return { n, 1, 1, 1 };
}
static shape matrix_of(int64_t n_in, int64_t n_out) {
    return { n_in, n_out, 1, 1 };
}

// NVFP4 has a scale per tensor, which needs more than a matrix product. Q8_1 and Q8_K are types of activations; they
// have no conversion to floats.
void check_multiplies(const ggml_tensor * t, vaner_status status) {
    const bool multiplies = t->type == GGML_TYPE_F32 || t->type == GGML_TYPE_F16 || t->type == GGML_TYPE_BF16 ||
        (ggml_is_quantized(t->type) && ggml_get_type_traits(t->type)->to_float && t->type != GGML_TYPE_NVFP4);
    if (!multiplies) {
        throw vaner_error(status,
            vaner_format(
                "tensor '%s' is of type %s, which is not supported: convert or quantize the model to another type",
                t->name, ggml_type_name(t->type)));
    }
}

struct tensor_checker {
    const gguf_file & file;
    std::set<std::string> known;

    // f32_only: norms, biases and heads, which are never quantized
    void check(const std::string & name, const shape & ne, bool required, bool f32_only, vaner_status status) {
        known.insert(name);
        const ggml_tensor * t = file.tensor(name);
        if (!t) {
            if (required) {
                throw vaner_error(status, std::string("the ") + file.kind + " has no tensor '" + name + "'");
            }
            return;
        }
        for (int i = 0; i < GGML_MAX_DIMS; ++i) {
            if (t->ne[i] != ne[i]) {
                throw vaner_error(status,
                    vaner_format("tensor '%s' has shape [%lld, %lld, %lld, %lld], expected [%lld, %lld, %lld, %lld]",
                        name.c_str(), (long long) t->ne[0], (long long) t->ne[1], (long long) t->ne[2],
                        (long long) t->ne[3], (long long) ne[0], (long long) ne[1], (long long) ne[2],
                        (long long) ne[3]));
            }
        }
        if (f32_only && t->type != GGML_TYPE_F32) {
            throw vaner_error(status,
                vaner_format("tensor '%s' is of type %s, but has to be F32", name.c_str(), ggml_type_name(t->type)));
        }
        check_multiplies(t, status);
    }

    void weight(const std::string & name, int64_t n_in, int64_t n_out) {
        check(name, matrix_of(n_in, n_out), true, false, VANER_MODEL_CORRUPT);
    }

    // A matrix that only adds rows, or is small: no quantization pays for it
    void table(const std::string & name, int64_t n_in, int64_t n_rows) {
        check(name, matrix_of(n_in, n_rows), true, true, VANER_MODEL_CORRUPT);
    }

    void norm(const std::string & name, int64_t n) { check(name, vector_of(n), true, true, VANER_MODEL_CORRUPT); }

    void optional(const std::string & name, int64_t n) { check(name, vector_of(n), false, true, VANER_MODEL_CORRUPT); }
};

static void check_head(tensor_checker & checker, const task_format & format, size_t h, int64_t n_embd) {
    const gguf_file & file = checker.file;
    int64_t n_in = n_embd;
    if (format.prediction_head) {
        checker.check(format.dense_weight(h, 0), matrix_of(n_embd, n_embd), true, true, VANER_MODEL_HEAD);
        checker.check(format.dense_bias(h, 0), vector_of(n_embd), false, true, VANER_MODEL_HEAD);
        checker.check("cls.norm.weight", vector_of(n_embd), true, true, VANER_MODEL_HEAD);
    }
    for (size_t layer = 0; !format.prediction_head && file.tensor(format.dense_weight(h, layer)); ++layer) {
        const int64_t n_out = file.tensor(format.dense_weight(h, layer))->ne[1];
        if (n_out < 1) {
            throw vaner_error(VANER_MODEL_HEAD, "tensor '" + format.dense_weight(h, layer) + "' is empty");
        }
        checker.check(format.dense_weight(h, layer), matrix_of(n_in, n_out), true, true, VANER_MODEL_HEAD);
        checker.check(format.dense_bias(h, layer), vector_of(n_out), true, true, VANER_MODEL_HEAD);
        n_in = n_out;
    }
    const int64_t n_labels = (int64_t) format.labels.size();
    checker.check(format.head_weight(h), matrix_of(n_in, n_labels), true, true, VANER_MODEL_HEAD);
    checker.check(format.head_bias(h), vector_of(n_labels), false, true, VANER_MODEL_HEAD);
}

void model_check_heads(const gguf_file & file, const task_format & task, int64_t n_embd) {
    tensor_checker checker{ file, {} };
    for (size_t h = 0; h < task.heads.size(); ++h) {
        check_head(checker, task, h, n_embd);
    }
    for (ggml_tensor * t = ggml_get_first_tensor(file.tensors.get()); t;
         t = ggml_get_next_tensor(file.tensors.get(), t)) {
        if (strncmp(t->name, "cls.", 4) == 0 && !checker.known.count(t->name)) {
            throw vaner_error(VANER_MODEL_ARCHITECTURE,
                vaner_format("the %s has a tensor '%s' that none of its %zu heads uses ('vaner.heads')", file.kind,
                    t->name, task.heads.size()));
        }
    }
}

static void check_linear(tensor_checker & checker, const std::string & name, int64_t n_in, int64_t n_out) {
    checker.weight(name + ".weight", n_in, n_out);
    checker.optional(name + ".bias", n_out);
}

// Of layers of LLaMA and BERT
static void check_matrices(tensor_checker & checker, const std::string & prefix, const model_format & format) {
    const int64_t n_q = (int64_t) format.n_head * format.n_embd_head;
    const int64_t n_kv = (int64_t) format.n_head_kv * format.n_embd_head;
    check_linear(checker, prefix + "attn_q", format.n_embd, n_q);
    check_linear(checker, prefix + "attn_k", format.n_embd, n_kv);
    check_linear(checker, prefix + "attn_v", format.n_embd, n_kv);
    check_linear(checker, prefix + "attn_output", n_q, format.n_embd);
    check_linear(checker, prefix + "ffn_up", format.n_embd, format.n_ff);
    check_linear(checker, prefix + "ffn_down", format.n_ff, format.n_embd);
}

static void check_llama(tensor_checker & checker, const model_format & format) {
    checker.norm("output_norm.weight", format.n_embd);
    checker.optional("rope_freqs.weight", format.n_embd_head / 2);
    for (uint32_t il = 0; il < format.n_layer; ++il) {
        const std::string prefix = vaner_format("blk.%u.", il);
        checker.norm(prefix + "attn_norm.weight", format.n_embd);
        checker.norm(prefix + "ffn_norm.weight", format.n_embd);
        checker.optional(prefix + "attn_q_norm.weight", format.n_embd_head);
        checker.optional(prefix + "attn_k_norm.weight", format.n_embd_head);
        check_linear(checker, prefix + "ffn_gate", format.n_embd, format.n_ff);
        check_matrices(checker, prefix, format);
    }
}

static void check_layer_norm(tensor_checker & checker, const std::string & name, int64_t n) {
    checker.norm(name + ".weight", n);
    checker.norm(name + ".bias", n);
}

static void check_bert(tensor_checker & checker, const model_format & format) {
    checker.table("position_embd.weight", format.n_embd_in, format.n_ctx);
    if (checker.file.tensor("token_types.weight")) {
        checker.table("token_types.weight", format.n_embd_in, format.n_token_types);
    }
    check_layer_norm(checker, "token_embd_norm", format.n_embd_in);
    if (checker.file.tensor(EMBEDDING_PROJECTION)) {
        checker.table(EMBEDDING_PROJECTION, format.n_embd_in, format.n_embd);
        checker.norm("token_embd.proj.bias", format.n_embd);
    }
    for (uint32_t il = 0; il < format.n_layer; ++il) {
        const std::string prefix = vaner_format("blk.%u.", il);
        check_layer_norm(checker, prefix + "attn_output_norm", format.n_embd);
        check_layer_norm(checker, prefix + "layer_output_norm", format.n_embd);
        check_matrices(checker, prefix, format);
    }
}

static void check_modern_bert(tensor_checker & checker, const model_format & format) {
    checker.norm("token_embd_norm.weight", format.n_embd);
    checker.norm("output_norm.weight", format.n_embd);
    for (uint32_t il = 0; il < format.n_layer; ++il) {
        const std::string prefix = vaner_format("blk.%u.", il);
        if (il > 0) { // the norm of the embeddings is in front of the first layer
            checker.norm(prefix + "attn_norm.weight", format.n_embd);
        }
        checker.norm(prefix + "ffn_norm.weight", format.n_embd);
        checker.weight(prefix + "attn_qkv.weight", format.n_embd, 3 * (int64_t) format.n_embd);
        checker.weight(prefix + "attn_output.weight", format.n_embd, format.n_embd);
        checker.weight(prefix + "ffn_up.weight", format.n_embd, 2 * (int64_t) format.n_ff);
        checker.weight(prefix + "ffn_down.weight", format.n_ff, format.n_embd);
    }
}

static const char * name_of(model_family family) {
    switch (family) {
    case FAMILY_BERT: return "BERT";
    case FAMILY_MODERN_BERT: return "ModernBERT";
    default: return "LLaMA";
    }
}

void model_check_tensors(const gguf_file & file, const model_format & format) {
    model_check_heads(file, format, format.n_embd);
    tensor_checker checker{ file, {} };
    checker.weight("token_embd.weight", format.n_embd_in, format.n_vocab);
    switch (format.family) {
    case FAMILY_LLAMA: check_llama(checker, format); break;
    case FAMILY_BERT: check_bert(checker, format); break;
    case FAMILY_MODERN_BERT: check_modern_bert(checker, format); break;
    }
    for (ggml_tensor * t = ggml_get_first_tensor(file.tensors.get()); t;
         t = ggml_get_next_tensor(file.tensors.get(), t)) {
        if (!checker.known.count(t->name) && strncmp(t->name, "cls.", 4) != 0) {
            throw vaner_error(VANER_MODEL_ARCHITECTURE,
                vaner_format("the model has a tensor '%s' that a %s token classifier does not use", t->name,
                    name_of(format.family)));
        }
    }
}
