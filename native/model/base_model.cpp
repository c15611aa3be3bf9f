// The only file that uses llama.cpp's internal headers, except for the vocabulary and the maximum number of layers.

#include "model/base_model.h"

#include "backends/devices.h"
#include "backends/log.h"
#include "error.h"
#include "model/gguf/model_check.h"
#include "model/gguf/unigram_format.h"
#include "model/load_error.h"
#include "tokenizer/unigram.h"
#include "tokenizer/word_cache.h"

#include "ggml-cpp.h"
#include "llama-model-loader.h"
#include "llama-model.h"
#include "models/models.h"

#include <algorithm>
#include <cstring>

// llama.cpp's model with our own tensors: classification heads in place of the output matrix. Its own graphs are never
// built, so one class serves all families.
struct llama_model_token_classifier : public llama_model_llama_embed {
    const model_format & format;
    layer_norm embd_norm;
    linear embd_projection;
    std::vector<classifier_head> heads;

    llama_model_token_classifier(const llama_model_params & params, const model_format & format)
        : llama_model_llama_embed(params), format(format) {
        switch (format.family) {
        case FAMILY_LLAMA: arch = LLM_ARCH_LLAMA_EMBED; break;
        case FAMILY_BERT: arch = LLM_ARCH_BERT; break;
        case FAMILY_MODERN_BERT: arch = LLM_ARCH_MODERN_BERT; break;
        }
    }

    void load_arch_hparams(llama_model_loader & loader) override {
        if (format.is_of_bert_kind()) {
            loader.get_key(LLM_KV_ATTENTION_LAYERNORM_EPS, hparams.f_norm_eps);
            loader.get_key(LLM_KV_ROPE_FREQ_BASE_SWA, hparams.rope_freq_base_train_swa, false);
        } else {
            llama_model_llama_embed::load_arch_hparams(loader);
        }
    }

    ggml_tensor * required(llm_tensor tensor, int il, int64_t n_in, int64_t n_out) {
        return create_tensor(tn(tensor, "weight", il), { n_in, n_out }, 0);
    }

    ggml_tensor * norm(llm_tensor tensor, const char * suffix, int il, int64_t n) {
        return create_tensor(tn(tensor, suffix, il), { n }, 0);
    }

    ggml_tensor * optional(llm_tensor tensor, const char * suffix, int il, int64_t n) {
        return create_tensor(tn(tensor, suffix, il), { n }, TENSOR_NOT_REQUIRED);
    }

    // llama.cpp's macros for the extents need the vocabulary, which is loaded later.
    void load_arch_tensors(llama_model_loader & loader) override {
        const int64_t n_embd = format.n_embd;
        tok_embd = create_tensor(
            tn(LLM_TENSOR_TOKEN_EMBD, "weight"), { (int64_t) format.n_embd_in, (int64_t) format.n_vocab }, 0);
        if (format.family == FAMILY_BERT) {
            load_bert_embeddings();
        } else {
            output_norm = create_tensor(tn(LLM_TENSOR_OUTPUT_NORM, "weight"), { n_embd }, 0);
        }
        if (format.family == FAMILY_MODERN_BERT) {
            embd_norm.w = norm(LLM_TENSOR_TOKEN_EMBD_NORM, "weight", 0, n_embd);
        }
        for (int il = 0; il < (int) format.n_layer; ++il) {
            switch (format.family) {
            case FAMILY_LLAMA: load_llama_layer(il); break;
            case FAMILY_BERT: load_bert_layer(il); break;
            case FAMILY_MODERN_BERT: load_modern_bert_layer(il); break;
            }
        }
        for (size_t h = 0; h < format.heads.size(); ++h) {
            heads.push_back(load_head(loader, h));
        }
    }

    // What layers of LLaMA and BERT have.
    void load_matrices(int il) {
        auto & layer = layers[il];
        const int64_t n_embd = format.n_embd;
        const int64_t n_ff = format.n_ff;
        const int64_t n_q = (int64_t) format.n_head * format.n_embd_head;
        const int64_t n_kv = (int64_t) format.n_head_kv * format.n_embd_head;
        layer.wq = required(LLM_TENSOR_ATTN_Q, il, n_embd, n_q);
        layer.wk = required(LLM_TENSOR_ATTN_K, il, n_embd, n_kv);
        layer.wv = required(LLM_TENSOR_ATTN_V, il, n_embd, n_kv);
        layer.wo = required(LLM_TENSOR_ATTN_OUT, il, n_q, n_embd);
        layer.wq_b = optional(LLM_TENSOR_ATTN_Q, "bias", il, n_q);
        layer.wk_b = optional(LLM_TENSOR_ATTN_K, "bias", il, n_kv);
        layer.wv_b = optional(LLM_TENSOR_ATTN_V, "bias", il, n_kv);
        layer.wo_b = optional(LLM_TENSOR_ATTN_OUT, "bias", il, n_embd);
        layer.ffn_up = required(LLM_TENSOR_FFN_UP, il, n_embd, n_ff);
        layer.ffn_down = required(LLM_TENSOR_FFN_DOWN, il, n_ff, n_embd);
        layer.ffn_up_b = optional(LLM_TENSOR_FFN_UP, "bias", il, n_ff);
        layer.ffn_down_b = optional(LLM_TENSOR_FFN_DOWN, "bias", il, n_embd);
    }

    void load_llama_layer(int il) {
        load_matrices(il);
        auto & layer = layers[il];
        layer.attn_norm = norm(LLM_TENSOR_ATTN_NORM, "weight", il, format.n_embd);
        layer.attn_q_norm = optional(LLM_TENSOR_ATTN_Q_NORM, "weight", il, format.n_embd_head);
        layer.attn_k_norm = optional(LLM_TENSOR_ATTN_K_NORM, "weight", il, format.n_embd_head);
        // the file has one tensor of factors; llama.cpp copies it to the device of each layer
        layer.rope_freqs = create_tensor(tn(LLM_TENSOR_ROPE_FREQS, "weight", il), { format.n_embd_head / 2 },
            TENSOR_NOT_REQUIRED | (il != 0 ? TENSOR_DUPLICATED : 0));
        layer.ffn_norm = norm(LLM_TENSOR_FFN_NORM, "weight", il, format.n_embd);
        layer.ffn_gate = required(LLM_TENSOR_FFN_GATE, il, format.n_embd, format.n_ff);
        layer.ffn_gate_b = optional(LLM_TENSOR_FFN_GATE, "bias", il, format.n_ff);
    }

    void load_bert_embeddings() {
        const int64_t n_in = format.n_embd_in;
        const int64_t n_embd = format.n_embd;
        pos_embd = create_tensor(tn(LLM_TENSOR_POS_EMBD, "weight"), { n_in, (int64_t) format.n_ctx }, 0);
        type_embd = create_tensor(
            tn(LLM_TENSOR_TOKEN_TYPES, "weight"), { n_in, (int64_t) format.n_token_types }, TENSOR_NOT_REQUIRED);
        embd_norm = { norm(LLM_TENSOR_TOKEN_EMBD_NORM, "weight", 0, n_in),
            norm(LLM_TENSOR_TOKEN_EMBD_NORM, "bias", 0, n_in) };
        embd_projection.w =
            create_tensor(tn(LLM_TENSOR_TOKEN_EMBD, "proj.weight"), { n_in, n_embd }, TENSOR_NOT_REQUIRED);
        embd_projection.b = create_tensor(tn(LLM_TENSOR_TOKEN_EMBD, "proj.bias"), { n_embd }, TENSOR_NOT_REQUIRED);
    }

    void load_bert_layer(int il) {
        load_matrices(il);
        auto & layer = layers[il];
        layer.attn_out_norm = norm(LLM_TENSOR_ATTN_OUT_NORM, "weight", il, format.n_embd);
        layer.attn_out_norm_b = norm(LLM_TENSOR_ATTN_OUT_NORM, "bias", il, format.n_embd);
        layer.layer_out_norm = norm(LLM_TENSOR_LAYER_OUT_NORM, "weight", il, format.n_embd);
        layer.layer_out_norm_b = norm(LLM_TENSOR_LAYER_OUT_NORM, "bias", il, format.n_embd);
    }

    void load_modern_bert_layer(int il) {
        auto & layer = layers[il];
        const int64_t n_embd = format.n_embd;
        const int64_t n_ff = format.n_ff;
        layer.attn_norm = il > 0 ? norm(LLM_TENSOR_ATTN_NORM, "weight", il, n_embd) : nullptr;
        layer.wqkv = required(LLM_TENSOR_ATTN_QKV, il, n_embd, 3 * n_embd);
        layer.wo = required(LLM_TENSOR_ATTN_OUT, il, n_embd, n_embd);
        layer.ffn_norm = norm(LLM_TENSOR_FFN_NORM, "weight", il, n_embd);
        layer.ffn_up = required(LLM_TENSOR_FFN_UP, il, n_embd, 2 * n_ff);
        layer.ffn_down = required(LLM_TENSOR_FFN_DOWN, il, n_ff, n_embd);
    }

    // name: one of cls.*. llama.cpp has the prefix, the rest is passed as its suffix.
    ggml_tensor * head_tensor(llama_model_loader & loader, const std::string & name) {
        const auto * weight = loader.get_weight(name.c_str());
        if (!weight) {
            return nullptr;
        }
        const bool output = name.rfind("cls.output.", 0) == 0;
        const bool norm = name.rfind("cls.norm.", 0) == 0;
        const llm_tensor tensor = output ? LLM_TENSOR_CLS_OUT : norm ? LLM_TENSOR_CLS_NORM : LLM_TENSOR_CLS;
        const std::string suffix = name.substr(strlen(output ? "cls.output." : norm ? "cls.norm." : "cls."));
        const ggml_tensor * t = weight->tensor;
        const LLM_TN_IMPL id = tn(tensor, suffix.c_str());
        return ggml_n_dims(t) == 1 ? create_tensor(id, { t->ne[0] }, 0) : create_tensor(id, { t->ne[0], t->ne[1] }, 0);
    }

    classifier_head load_head(llama_model_loader & loader, size_t h) {
        classifier_head head;
        while (loader.get_weight(format.dense_weight(h, head.dense.size()).c_str())) {
            const size_t layer = head.dense.size();
            head.dense.push_back({ head_tensor(loader, format.dense_weight(h, layer)),
                head_tensor(loader, format.dense_bias(h, layer)), {} });
        }
        if (format.prediction_head) {
            head.norm.w = head_tensor(loader, "cls.norm.weight");
        }
        head.output = { head_tensor(loader, format.head_weight(h)), head_tensor(loader, format.head_bias(h)), {} };
        return head;
    }
};

struct base_model::loaded {
    std::unique_ptr<llama_model_token_classifier> model;
    ggml_context_ptr parts;                      // of tensors that hold several matrices
    std::unique_ptr<unigram_vocabulary> unigram; // NULL: the vocabulary is llama.cpp's
    word_cache words;
};

base_model::base_model() : impl(new loaded()) {}
base_model::~base_model() = default;

vocabulary base_model::vocab() const {
    return impl->unigram ? vocabulary{ nullptr, impl->unigram.get() } : vocabulary{ &impl->model->vocab, nullptr };
}

word_cache & base_model::words() const {
    return impl->words;
}

int32_t base_model::bos_token() const {
    const llama_vocab * own = vocab().llama;
    return own && own->get_add_bos() ? own->token_bos() : -1;
}

static llama_model_params to_llama(const base_model_params & params) {
    llama_model_params result = llama_model_default_params();
    result.n_gpu_layers = params.device ? params.n_gpu_layers : 0;
    result.split_mode = LLAMA_SPLIT_MODE_LAYER;
    result.load_mode = params.use_mmap ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
    // ggml's repacked layouts would copy the mapped file, and GCC 12 miscompiles the one for AMX
    result.use_extra_bufts = false;
    result.progress_callback_user_data = (void *) &params.progress;
    result.progress_callback = [](float share, void * user_data) {
        const auto & progress = *(const std::function<bool(float)> *) user_data;
        return !progress || progress(share);
    };
    return result;
}

// llama.cpp leaves an embedding's weights on the CPU. The projection is behind a norm that a device computes, whose
// values would be copied to the CPU and back.
static std::vector<llama_model_tensor_buft_override> buffer_types_of(
    const base_model_params & params, const model_format & format) {
    std::vector<llama_model_tensor_buft_override> result;
    if (params.device && params.n_gpu_layers < 0 && format.n_embd_in != format.n_embd) {
        result.push_back({ "^token_embd\\.proj\\.", ggml_backend_dev_buffer_type(params.device) });
    }
    result.push_back({ nullptr, nullptr });
    return result;
}

// Reuses the validated header: parsing the file again could find another content.
static void take_header(llama_model_loader & loader, const gguf_file & file) {
    loader.metadata = file.gguf.get();
    loader.files.emplace_back(new llama_file(file.path.c_str(), "rb"));
    const ggml_context * tensors = file.tensors.get();
    for (ggml_tensor * t = ggml_get_first_tensor(tensors); t; t = ggml_get_next_tensor(tensors, t)) {
        loader.weights_map.emplace(
            t->name, llama_model_loader::llama_tensor_weight(loader.files[0].get(), 0, loader.metadata, t));
        loader.n_elements += ggml_nelements(t);
        loader.n_bytes += ggml_nbytes(t);
    }
    loader.n_tensors = (int) loader.weights_map.size();
}

// Does what llama_model_load() does, for our class. The vocabulary is loaded later, in parallel with prepacking.
static void load_weights(llama_model_token_classifier & model, llama_model_loader & loader, ggml_backend_dev_t device) {
    loader.lazy.mode = LLAMA_LAZY_MODE_OFF;
    if (device) {
        model.devices.push_back({ false, device });
    }
    model.load_hparams(loader);
    model.load_stats(loader);
    if (!model.load_tensors(loader)) {
        throw vaner_error(VANER_ABORTED, "loading the model was cancelled");
    }
}

static classifier_layer layer_of(const llama_layer & l) {
    return {
        l.attn_norm,
        { l.wq, l.wq_b, {} },
        { l.wk, l.wk_b, {} },
        { l.wv, l.wv_b, {} },
        { l.wo, l.wo_b, {} },
        l.attn_q_norm,
        l.attn_k_norm,
        l.rope_freqs,
        l.ffn_norm,
        { l.ffn_gate, l.ffn_gate_b, {} },
        { l.ffn_up, l.ffn_up_b, {} },
        { l.ffn_down, l.ffn_down_b, {} },
        { l.attn_out_norm, l.attn_out_norm_b },
        { l.layer_out_norm, l.layer_out_norm_b },
    };
}

// Rows of a matrix, as a weight of their own.
static linear rows_of(ggml_context * ctx, ggml_tensor * whole, int64_t first, int64_t n) {
    ggml_tensor * part = ggml_view_2d(ctx, whole, whole->ne[0], n, whole->nb[1], first * whole->nb[1]);
    part->op = GGML_OP_NONE; // it is there before all graphs
    part->src[0] = nullptr;
    ggml_backend_view_init(part);
    return { part, nullptr, {} };
}

// ModernBERT's layers have their queries, keys and values in one tensor, and their gate and input in another.
static void take_parts(ggml_context * ctx, const llama_layer & l, classifier_layer & result) {
    const int64_t n_embd = l.wqkv->ne[0];
    const int64_t n_ff = l.ffn_up->ne[1] / 2;
    result.q = rows_of(ctx, l.wqkv, 0, n_embd);
    result.k = rows_of(ctx, l.wqkv, n_embd, n_embd);
    result.v = rows_of(ctx, l.wqkv, 2 * n_embd, n_embd);
    result.gate = rows_of(ctx, l.ffn_up, 0, n_ff);
    result.up = rows_of(ctx, l.ffn_up, n_ff, n_ff);
}

static std::vector<ggml_backend_dev_t> devices_of(const llama_model & model) {
    std::vector<ggml_backend_dev_t> devices;
    for (size_t il = 0; il < model.layers.size(); ++il) {
        ggml_backend_dev_t device = model.dev_layer((int) il);
        if (std::find(devices.begin(), devices.end(), device) == devices.end()) {
            devices.push_back(device);
        }
    }
    return devices;
}

static const size_t PARTS_OF_LAYER = 5;

// parts: takes PARTS_OF_LAYER tensors of each layer
static void take_weights(model_weights & result, const llama_model_token_classifier & model, ggml_context * parts) {
    result.tok_embd = model.tok_embd;
    result.pos_embd = model.pos_embd;
    result.type_embd = model.type_embd;
    result.embd_norm = model.embd_norm;
    result.embd_projection = model.embd_projection;
    result.output_norm = model.output_norm;
    result.heads = model.heads;
    result.norm_eps = model.format.is_of_bert_kind() ? model.hparams.f_norm_eps : model.hparams.f_norm_rms_eps;
    result.rope_freq_base = model.hparams.rope_freq_base_train;
    result.rope_freq_base_local = model.hparams.rope_freq_base_train_swa;
    // llama.cpp keeps the factor even if the scaling type is "none"
    const bool scaled = model.hparams.rope_scaling_type_train != LLAMA_ROPE_SCALING_TYPE_NONE;
    result.rope_freq_scale = scaled ? model.hparams.rope_freq_scale_train : 1.0f;
    result.n_params = model.n_elements();
    result.n_bytes = model.size();
    result.devices = devices_of(model);
    for (const auto & layer : model.layers) {
        classifier_layer own = layer_of(layer);
        if (layer.wqkv) {
            take_parts(parts, layer, own);
        }
        own.local = !model.format.local.empty() && model.format.local[result.layers.size()];
        result.layers.push_back(own);
    }
}

std::unique_ptr<base_model> base_model::load(const std::string & path, const base_model_params & params) {
    devices_init();

    std::unique_ptr<base_model> result(new base_model());
    const gguf_file file = gguf_file_open(path);
    result->format = model_format_read(file);
    model_check_tensors(file, result->format);
    result->format.scales = params.scales.value_or(result->format.scales);

    const llama_model_params llama_params = to_llama(params);
    const log_capture log;
    try {
        result->impl->model = std::make_unique<llama_model_token_classifier>(llama_params, result->format);
        llama_model_token_classifier & model = *result->impl->model;
        // The loader formats all metadata for the log, even the vocabulary: it gets the architecture only.
        const auto buffer_types = buffer_types_of(params, result->format);
        const gguf_context_ptr architecture(gguf_init_empty());
        gguf_set_val_str(architecture.get(), "general.architecture", architecture_of(result->format.family));
        std::vector<std::string> splits;
        llama_model_loader loader(architecture.get(), nullptr, nullptr, "", splits, nullptr, llama_params.load_mode,
            llama_params.check_tensors, llama_params.no_alloc, llama_params.load_mtp, llama_params.kv_overrides,
            buffer_types.data());
        take_header(loader, file);
        load_weights(model, loader, params.device);
        const size_t n_parts = PARTS_OF_LAYER * result->format.n_layer;
        result->impl->parts.reset(ggml_init({ n_parts * ggml_tensor_overhead(), nullptr, /*.no_alloc =*/true }));
        take_weights(*result, model, result->impl->parts.get());
        const auto load_vocabulary = [&] {
            if (result->format.vocabulary == VOCABULARY_UNIGRAM) {
                result->impl->unigram = unigram_read(file);
            } else {
                model.load_vocab(loader);
            }
        };
        result->prepacked = prepack_weights(*result, params.int8, params.n_threads, load_vocabulary);
    } catch (...) {
        throw load_error(path, params.device != nullptr);
    }
    return result;
}
