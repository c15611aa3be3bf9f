#include "model/adapter.h"

#include "error.h"
#include "finite.h"
#include "model/gguf/model_check.h"

#include <filesystem>
#include <fstream>
#include <map>

namespace fs = std::filesystem;

// A tensor of the file, a loaded tensor whose device it shares, and the pointer to set.
struct placement {
    const ggml_tensor * source;
    const ggml_tensor * beside;
    ggml_tensor ** target;
};

static std::map<std::string, linear *> matrices_of(model_weights & model) {
    std::map<std::string, linear *> matrices;
    for (size_t il = 0; il < model.layers.size(); ++il) {
        classifier_layer & l = model.layers[il];
        for (linear * matrix : { &l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down }) {
            if (matrix->w) {
                matrices[matrix->w->name] = matrix;
            }
        }
    }
    return matrices;
}

static void place_pairs(
    const gguf_file & file, const adapter_format & format, model_weights & model, std::vector<placement> & placements) {
    if (model.format.family != FAMILY_LLAMA) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format("adapters are for LLaMA-shaped models, not for one of architecture '%s': convert the "
                         "checkpoint with the adapter merged into it",
                architecture_of(model.format.family)));
    }
    const std::map<std::string, linear *> matrices = matrices_of(model);
    for (const std::string & name : format.matrices) {
        const ggml_tensor * a = file.tensor(name + ".lora_a");
        const ggml_tensor * b = file.tensor(name + ".lora_b");
        const auto found = matrices.find(name);
        if (found == matrices.end()) {
            throw vaner_error(VANER_MODEL_ARCHITECTURE,
                "the adapter changes '" + name +
                    "', which is no matrix of this model that adapters can change. Is the adapter for another model?");
        }
        linear & matrix = *found->second;
        if (a->ne[0] != matrix.w->ne[0] || b->ne[1] != matrix.w->ne[1]) {
            throw vaner_error(VANER_MODEL_ARCHITECTURE,
                vaner_format(
                    "the adapter expects '%s' of shape [%lld, %lld], the model has [%lld, %lld]. Is the adapter "
                    "for another model?",
                    name.c_str(), (long long) a->ne[0], (long long) b->ne[1], (long long) matrix.w->ne[0],
                    (long long) matrix.w->ne[1]));
        }
        matrix.lora.scale = format.alpha != 0.0f ? format.alpha / (float) a->ne[1] : 1.0f;
        placements.push_back({ a, matrix.w, &matrix.lora.a });
        placements.push_back({ b, matrix.w, &matrix.lora.b });
    }
}

static void place_heads(
    const gguf_file & file, const adapter_format & format, model_weights & model, std::vector<placement> & placements) {
    if (!format.has_heads) {
        return;
    }
    const task_format & task = format.task;
    task_format_check(task, model.format);
    model_check_heads(file, task, model.format.n_embd);
    static_cast<task_format &>(model.format) = task;

    auto place = [&](linear & l, const std::string & weight, const std::string & bias) {
        placements.push_back({ file.tensor(weight), model.output_norm, &l.w });
        if (file.tensor(bias)) {
            placements.push_back({ file.tensor(bias), model.output_norm, &l.b });
        }
    };
    model.heads.assign(task.heads.size(), {});
    for (size_t h = 0; h < model.heads.size(); ++h) {
        classifier_head & head = model.heads[h];
        while (file.tensor(task.dense_weight(h, head.dense.size()))) {
            head.dense.emplace_back();
        }
        for (size_t layer = 0; layer < head.dense.size(); ++layer) {
            place(head.dense[layer], task.dense_weight(h, layer), task.dense_bias(h, layer));
        }
        place(head.output, task.head_weight(h), task.head_bias(h));
    }
}

static void check_finite(const ggml_tensor * t, const std::vector<char> & bytes) {
    const int64_t n = ggml_nelements(t);
    std::vector<float> converted;
    const float * values = (const float *) bytes.data();
    if (t->type != GGML_TYPE_F32) {
        converted.resize(n);
        ggml_get_type_traits(t->type)->to_float(bytes.data(), converted.data(), n);
        values = converted.data();
    }
    if (!all_finite(values, (size_t) n)) {
        throw vaner_error(VANER_MODEL_WEIGHTS,
            vaner_format("the adapter's tensor '%s' holds values that are not numbers: the file is damaged, or was "
                         "converted wrongly. Copy or convert it again",
                t->name));
    }
}

static void read_weights(const gguf_file & file, const std::vector<placement> & placements) {
    std::ifstream in(fs::u8path(file.path), std::ios::binary);
    std::vector<char> bytes;
    for (const placement & p : placements) {
        const int64_t id = gguf_find_tensor(file.gguf.get(), p.source->name);
        bytes.resize(ggml_nbytes(p.source));
        in.seekg((std::streamoff)(gguf_get_data_offset(file.gguf.get()) + gguf_get_tensor_offset(file.gguf.get(), id)));
        if (!in.read(bytes.data(), (std::streamsize) bytes.size())) {
            throw vaner_error(VANER_MODEL_CORRUPT,
                vaner_format("the adapter '%s' ended or changed while tensor '%s' was read. Copy or convert it again",
                    file.path.c_str(), p.source->name));
        }
        check_finite(p.source, bytes);
        ggml_backend_tensor_set(*p.target, bytes.data(), 0, bytes.size());
    }
}

ggml_context * adapter::tensors_of(ggml_backend_buffer_type_t type, size_t n_tensors) {
    for (const device_memory & m : memory) {
        if (m.type == type) {
            return m.tensors.get();
        }
    }
    ggml_init_params params = { n_tensors * ggml_tensor_overhead(), nullptr, /*.no_alloc =*/true };
    memory.push_back({ type, ggml_context_ptr(ggml_init(params)), nullptr });
    return memory.back().tensors.get();
}

std::unique_ptr<adapter> adapter::attach(const gguf_file & file, adapter_format format, model_weights & model) {
    std::unique_ptr<adapter> result(new adapter(std::move(format)));
    std::vector<placement> placements;
    place_pairs(file, result->format, model, placements);
    place_heads(file, result->format, model, placements);

    for (const placement & p : placements) {
        ggml_backend_buffer_type_t type = ggml_backend_buffer_get_type(p.beside->buffer);
        *p.target = ggml_dup_tensor(result->tensors_of(type, placements.size()), p.source);
        ggml_set_name(*p.target, p.source->name);
        model.n_params += (uint64_t) ggml_nelements(p.source);
        model.n_bytes += ggml_nbytes(p.source);
    }
    for (device_memory & m : result->memory) {
        m.buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(m.tensors.get(), m.type));
        if (!m.buffer) {
            throw vaner_error(
                VANER_OUT_OF_MEMORY, "there is not enough memory to load the adapter '" + file.path + "'");
        }
        ggml_backend_buffer_set_usage(m.buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    }
    read_weights(file, placements);
    return result;
}
