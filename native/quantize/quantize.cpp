#include "quantize/quantize.h"

#include "backends/backend.h"
#include "backends/log.h"
#include "error.h"
#include "model/gguf/model_check.h"
#include "model/gguf/model_format.h"
#include "quantize/importance_matrix.h"
#include "quantize/tensor_reader.h"
#include "quantize/weight_rows.h"

#include "llama.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <thread>

namespace fs = std::filesystem;

struct file_type {
    const char * name;
    llama_ftype ftype;
    ggml_type limits;      // the type whose weight_limit() applies
    bool needs_importance; // some of its tensor types need an importance matrix
};

static const file_type FILE_TYPES[] = {
    { "F32", LLAMA_FTYPE_ALL_F32, GGML_TYPE_F32, false },
    { "F16", LLAMA_FTYPE_MOSTLY_F16, GGML_TYPE_F16, false },
    { "BF16", LLAMA_FTYPE_MOSTLY_BF16, GGML_TYPE_BF16, false },
    { "Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0, GGML_TYPE_Q8_0, false },
    { "Q6_K", LLAMA_FTYPE_MOSTLY_Q6_K, GGML_TYPE_Q6_K, false },
    { "Q5_K_M", LLAMA_FTYPE_MOSTLY_Q5_K_M, GGML_TYPE_Q5_K, false },
    { "Q5_K_S", LLAMA_FTYPE_MOSTLY_Q5_K_S, GGML_TYPE_Q5_K, false },
    { "Q5_K", LLAMA_FTYPE_MOSTLY_Q5_K_M, GGML_TYPE_Q5_K, false },
    { "Q5_1", LLAMA_FTYPE_MOSTLY_Q5_1, GGML_TYPE_Q5_1, false },
    { "Q5_0", LLAMA_FTYPE_MOSTLY_Q5_0, GGML_TYPE_Q5_0, false },
    { "Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M, GGML_TYPE_Q4_K, false },
    { "Q4_K_S", LLAMA_FTYPE_MOSTLY_Q4_K_S, GGML_TYPE_Q4_K, false },
    { "Q4_K", LLAMA_FTYPE_MOSTLY_Q4_K_M, GGML_TYPE_Q4_K, false },
    { "Q4_1", LLAMA_FTYPE_MOSTLY_Q4_1, GGML_TYPE_Q4_1, false },
    { "Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0, GGML_TYPE_Q4_0, false },
    { "IQ4_NL", LLAMA_FTYPE_MOSTLY_IQ4_NL, GGML_TYPE_IQ4_NL, false },
    { "IQ4_XS", LLAMA_FTYPE_MOSTLY_IQ4_XS, GGML_TYPE_IQ4_XS, false },
    { "MXFP4_MOE", LLAMA_FTYPE_MOSTLY_MXFP4_MOE, GGML_TYPE_MXFP4, false },
    { "Q3_K_L", LLAMA_FTYPE_MOSTLY_Q3_K_L, GGML_TYPE_Q3_K, false },
    { "Q3_K_M", LLAMA_FTYPE_MOSTLY_Q3_K_M, GGML_TYPE_Q3_K, false },
    { "Q3_K_S", LLAMA_FTYPE_MOSTLY_Q3_K_S, GGML_TYPE_Q3_K, false },
    { "Q3_K", LLAMA_FTYPE_MOSTLY_Q3_K_M, GGML_TYPE_Q3_K, false },
    { "IQ3_M", LLAMA_FTYPE_MOSTLY_IQ3_M, GGML_TYPE_IQ3_S, false },
    { "IQ3_S", LLAMA_FTYPE_MOSTLY_IQ3_S, GGML_TYPE_IQ3_S, false },
    { "IQ3_XS", LLAMA_FTYPE_MOSTLY_IQ3_XS, GGML_TYPE_IQ3_S, true },
    { "IQ3_XXS", LLAMA_FTYPE_MOSTLY_IQ3_XXS, GGML_TYPE_IQ3_XXS, true },
    { "Q2_K", LLAMA_FTYPE_MOSTLY_Q2_K, GGML_TYPE_Q2_K, false },
    { "Q2_K_S", LLAMA_FTYPE_MOSTLY_Q2_K_S, GGML_TYPE_Q2_K, true },
    { "IQ2_M", LLAMA_FTYPE_MOSTLY_IQ2_M, GGML_TYPE_IQ2_S, true },
    { "IQ2_S", LLAMA_FTYPE_MOSTLY_IQ2_S, GGML_TYPE_IQ2_XS, true },
    { "IQ2_XS", LLAMA_FTYPE_MOSTLY_IQ2_XS, GGML_TYPE_IQ2_XS, true },
    { "IQ2_XXS", LLAMA_FTYPE_MOSTLY_IQ2_XXS, GGML_TYPE_IQ2_XXS, true },
    { "Q2_0", LLAMA_FTYPE_MOSTLY_Q2_0, GGML_TYPE_Q2_0, false },
    { "TQ2_0", LLAMA_FTYPE_MOSTLY_TQ2_0, GGML_TYPE_TQ2_0, false },
    { "TQ1_0", LLAMA_FTYPE_MOSTLY_TQ1_0, GGML_TYPE_TQ1_0, false },
    { "IQ1_M", LLAMA_FTYPE_MOSTLY_IQ1_M, GGML_TYPE_IQ1_M, true },
    { "IQ1_S", LLAMA_FTYPE_MOSTLY_IQ1_S, GGML_TYPE_IQ1_S, true },
    { "Q1_0", LLAMA_FTYPE_MOSTLY_Q1_0, GGML_TYPE_Q1_0, false },
};

std::vector<std::string> quantize_types() {
    std::vector<std::string> names;
    for (const file_type & type : FILE_TYPES) {
        names.push_back(type.name);
    }
    return names;
}

static const file_type & find_type(const std::string & name) {
    for (const file_type & type : FILE_TYPES) {
        if (name == type.name) {
            return type;
        }
    }
    throw vaner_error(VANER_INVALID_ARGUMENT,
        "there is no type '" + name + "' to quantize to: choose one of llama.cpp's, such as Q8_0 or Q4_K_M");
}

// Reads all weights once, since ggml's quantizers abort on weights beyond the limits.
static void check_weights(const gguf_file & file, ggml_type limits, const std::function<void(float)> & progress,
    const std::atomic<bool> & cancelled) {
    tensor_reader reader(file);
    const int64_t n_tensors = gguf_get_n_tensors(file.gguf.get());
    for (int64_t i = 0; i < n_tensors; ++i) {
        const ggml_tensor * t = file.tensor(gguf_get_tensor_name(file.gguf.get(), i));
        const int64_t n_rows = ggml_nrows(t);
        const int64_t n_slab = tensor_reader::rows_at_once(t);
        for (int64_t row = 0; row < n_rows; row += n_slab) {
            if (cancelled) {
                throw vaner_error(VANER_ABORTED, "quantizing was cancelled");
            }
            const std::vector<float> & weights = reader.read(t, row, std::min(n_slab, n_rows - row));
            try {
                weight_check(weights.data(), weights.size(), ggml_n_dims(t) > 1 ? limits : GGML_TYPE_F32);
            } catch (const vaner_error & error) {
                throw vaner_error(
                    error.status, vaner_format("'%s', tensor '%s': %s", file.path.c_str(), t->name, error.what()));
            }
        }
        progress((float) (i + 1) / (float) n_tensors);
    }
}

// Entries in the form that llama.cpp takes; an entry without a name ends the list.
static std::vector<llama_model_imatrix_data> importance_entries(
    const importance_matrix & matrix, const gguf_file & file, const std::string & path) {
    std::vector<llama_model_imatrix_data> entries;
    for (const auto & entry : matrix) {
        const ggml_tensor * t = file.tensor(entry.first);
        if (!t) {
            continue; // the output matrix, which a token classifier does not have
        }
        if ((int64_t) entry.second.size() != t->ne[0]) {
            throw vaner_error(VANER_INVALID_ARGUMENT,
                vaner_format("the importance matrix '%s' is of another model: it has %zu values for tensor '%s', which "
                             "has rows of %lld",
                    path.c_str(), entry.second.size(), t->name, (long long) t->ne[0]));
        }
        entries.push_back({ entry.first.c_str(), entry.second.data(), entry.second.size() });
    }
    if (entries.empty()) {
        throw vaner_error(VANER_INVALID_ARGUMENT,
            "the importance matrix '" + path + "' is of another model: it knows none of this model's tensors");
    }
    entries.push_back({ nullptr, nullptr, 0 });
    return entries;
}

static llama_model_kv_override override_u32(const char * key, uint32_t value) {
    llama_model_kv_override result = {};
    result.tag = LLAMA_KV_OVERRIDE_TYPE_INT;
    strncpy(result.key, key, sizeof(result.key) - 1);
    result.val_i64 = value;
    return result;
}

// A key that llama.cpp copies and that is not true of the copy. Its place in the header is kept, for the caller to fill;
// without a place for each tensor it becomes empty.
static llama_model_kv_override override_hashes(const gguf_file & file) {
    const int64_t id = gguf_find_key(file.gguf.get(), TENSOR_HASHES);
    bool fits = id < 0;
    if (id >= 0 && gguf_get_kv_type(file.gguf.get(), id) == GGUF_TYPE_ARRAY &&
        gguf_get_arr_type(file.gguf.get(), id) == GGUF_TYPE_STRING) {
        const std::vector<std::string> hashes = file.get_strs(TENSOR_HASHES);
        fits = hashes.size() == (size_t) gguf_get_n_tensors(file.gguf.get()) &&
            std::all_of(hashes.begin(), hashes.end(), [](const std::string & hash) { return hash.size() == 64; });
    }
    llama_model_kv_override result = {};
    if (!fits) {
        result.tag = LLAMA_KV_OVERRIDE_TYPE_STR;
        strncpy(result.key, TENSOR_HASHES, sizeof(result.key) - 1);
    }
    return result;
}

// llama.cpp logs a line before each tensor, while none of its threads run. This reports progress there; an exception,
// which llama_model_quantize() catches, is the only way to stop it.
struct tensor_lines {
    tensor_lines(const std::function<void(float)> & progress, const std::atomic<bool> & cancelled) {
        log_set_sink(this,
            [&progress, &cancelled, thread = std::this_thread::get_id()](ggml_log_level, const std::string & line) {
                int i = 0;
                int n = 0;
                if (std::this_thread::get_id() != thread || sscanf(line.c_str(), "[%d/%d]", &i, &n) != 2 || n < 1) {
                    return;
                }
                if (cancelled) {
                    throw std::runtime_error("cancelled");
                }
                progress((float) (i - 1) / (float) n);
            });
    }
    ~tensor_lines() { log_set_sink(this, nullptr); }
    tensor_lines(const tensor_lines &) = delete;
    tensor_lines & operator=(const tensor_lines &) = delete;
};

static void run_llama(const gguf_file & file, const std::string & output, const file_type & type,
    const llama_model_imatrix_data * importance, const quantize_params & params,
    const std::function<void(float)> & progress, const std::atomic<bool> & cancelled) {
    const std::string & input = file.path;
    // llama.cpp ignores patterns for unquantized file types, and applies the first that matches. So F32, F16 and BF16
    // are written as Q8_0 with a pattern for every tensor.
    const bool plain = !ggml_is_quantized(type.limits);
    const llama_model_tensor_override patterns[] = {
        { "^cls\\.", GGML_TYPE_F32 },
        { "^position_embd\\.", GGML_TYPE_F32 },
        { "^token_types\\.", GGML_TYPE_F32 },
        { "^token_embd\\.proj\\.", GGML_TYPE_F32 },
        { plain ? "." : nullptr, type.limits },
        { nullptr, GGML_TYPE_COUNT },
    };
    // llama.cpp copies the alignment of the input to the header, but aligns tensors to the default.
    const llama_model_kv_override keys[] = {
        override_u32("general.file_type", type.ftype),
        override_u32("general.alignment", GGUF_DEFAULT_ALIGNMENT),
        override_hashes(file),
        {},
    };
    llama_model_quantize_params options = llama_model_quantize_default_params();
    options.nthread = std::clamp(params.n_threads, 1, (int) std::max(1u, std::thread::hardware_concurrency()));
    options.ftype = plain ? LLAMA_FTYPE_MOSTLY_Q8_0 : type.ftype;
    options.allow_requantize = true;
    options.imatrix = importance;
    options.kv_overrides = keys;
    options.tt_overrides = patterns;
    options.max_buf_size = 64 << 20;

    // Where only some of its threads can be started, llama.cpp ends the process.
    backend_need_threads(options.nthread);
    const log_capture log;
    const tensor_lines lines(progress, cancelled);
    if (llama_model_quantize(input.c_str(), output.c_str(), &options) == 0) {
        return;
    }
    if (cancelled) {
        throw vaner_error(VANER_ABORTED, "quantizing was cancelled");
    }
    if (log.lacked_memory()) {
        throw vaner_error(VANER_OUT_OF_MEMORY, "there is not enough memory to quantize '" + input + "'");
    }
    const std::string reason = log.last_error("it does not say why");
    if (reason.find("importance matrix") != std::string::npos || reason.find("imatrix") != std::string::npos) {
        throw vaner_error(VANER_INVALID_ARGUMENT, "the importance matrix does not fit the model: " + reason);
    }
    if (reason.find("fallback") != std::string::npos) { // Q1_0 has no fallback type
        throw vaner_error(VANER_INVALID_ARGUMENT,
            vaner_format("%s does not fit '%s', whose rows are no multiple of %lld weights: choose another type",
                type.name, input.c_str(), (long long) ggml_blck_size(type.limits)));
    }
    if (reason.find("validation failed") != std::string::npos) {
        throw vaner_error(
            VANER_MODEL_WEIGHTS, "the weights of '" + input + "' do not fit " + type.name + ", use Q8_0 or BF16");
    }
    if (reason.find("iostream") != std::string::npos) { // what all C++ libraries say of a stream that fails
        throw vaner_error(VANER_OUTPUT, "'" + output + "' can't be written, for example for lack of space: " + reason);
    }
    throw vaner_error(VANER_MODEL_CORRUPT, "'" + input + "' can't be quantized: " + reason);
}

void quantize_model(const std::string & input, const std::string & output, const quantize_params & params,
    const std::atomic<bool> & cancelled) {
    const file_type & type = find_type(params.type);
    if (type.needs_importance && params.importance.empty()) {
        throw vaner_error(VANER_INVALID_ARGUMENT,
            params.type +
                " needs an importance matrix: without one its weights would be garbage. Make one with "
                "llama.cpp's imatrix, or choose a larger type");
    }
    std::error_code ec;
    if (fs::exists(fs::u8path(output), ec) || ec) {
        throw vaner_error(VANER_OUTPUT, "'" + output + "' exists already, or can't be reached");
    }
    const auto share = [&](float from, float to) {
        return [&params, from, to](float share) { params.progress(from + (to - from) * share); };
    };

    const gguf_file file = gguf_file_open(input);
    model_check_tensors(file, model_format_read(file));
    importance_matrix matrix;
    std::vector<llama_model_imatrix_data> importance;
    if (!params.importance.empty()) {
        matrix = importance_matrix_read(params.importance);
        importance = importance_entries(matrix, file, params.importance);
    }
    check_weights(file, type.limits, share(0, 0.2f), cancelled);
    try {
        run_llama(
            file, output, type, importance.empty() ? nullptr : importance.data(), params, share(0.2f, 1), cancelled);
    } catch (...) {
        fs::remove(fs::u8path(output), ec); // the process may be past its own tidying up
        throw;
    }
}
