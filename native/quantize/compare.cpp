#include "quantize/compare.h"

#include "error.h"
#include "model/gguf/model_check.h"
#include "model/gguf/model_format.h"
#include "quantize/tensor_reader.h"

#include <algorithm>

static gguf_file open_model(const std::string & path) {
    gguf_file file = gguf_file_open(path);
    model_check_tensors(file, model_format_read(file));
    return file;
}

static void add(
    tensor_difference & difference, const std::vector<float> & reference, const std::vector<float> & other) {
    for (size_t i = 0; i < reference.size(); ++i) {
        const double error = (double) other[i] - (double) reference[i];
        difference.squared_error += error * error;
        difference.squared_norm += (double) reference[i] * (double) reference[i];
    }
}

std::vector<tensor_difference> compare_models(const std::string & reference, const std::string & other,
    const std::function<void(float share)> & progress, const std::atomic<bool> & cancelled) {
    const gguf_file file_reference = open_model(reference);
    const gguf_file file_other = open_model(other);
    tensor_reader reader_reference(file_reference);
    tensor_reader reader_other(file_other);
    const int64_t n_tensors = gguf_get_n_tensors(file_reference.gguf.get());

    std::vector<tensor_difference> differences(n_tensors);
    for (int64_t i = 0; i < n_tensors; ++i) {
        const ggml_tensor * t = file_reference.tensor(gguf_get_tensor_name(file_reference.gguf.get(), i));
        const ggml_tensor * t_other = file_other.tensor(t->name);
        if (!t_other || !ggml_are_same_shape(t, t_other)) {
            throw vaner_error(VANER_INVALID_ARGUMENT,
                vaner_format("'%s' has no tensor '%s' of the same shape", other.c_str(), t->name));
        }
        differences[i].name = t->name;
        const int64_t n_rows = ggml_nrows(t);
        const int64_t n_slab = tensor_reader::rows_at_once(t);
        for (int64_t row = 0; row < n_rows; row += n_slab) {
            if (cancelled) {
                throw vaner_error(VANER_ABORTED, "comparing models was cancelled");
            }
            const int64_t n = std::min(n_slab, n_rows - row);
            add(differences[i], reader_reference.read(t, row, n), reader_other.read(t_other, row, n));
        }
        progress((float) (i + 1) / (float) n_tensors);
    }
    return differences;
}
