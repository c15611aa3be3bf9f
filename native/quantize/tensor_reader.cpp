#include "quantize/tensor_reader.h"

#include "error.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

tensor_reader::tensor_reader(const gguf_file & file) : file(file) {
    in.open(std::filesystem::u8path(file.path), std::ios::binary);
}

int64_t tensor_reader::rows_at_once(const ggml_tensor * tensor) {
    const int64_t n_elements = 1 << 20;
    return std::max<int64_t>(1, std::min(ggml_nrows(tensor), n_elements / tensor->ne[0]));
}

const std::vector<float> & tensor_reader::read(const ggml_tensor * tensor, int64_t first, int64_t n_rows) {
    const size_t row_size = ggml_row_size(tensor->type, tensor->ne[0]);
    const int64_t id = gguf_find_tensor(file.gguf.get(), tensor->name);
    const size_t offset = gguf_get_data_offset(file.gguf.get()) + gguf_get_tensor_offset(file.gguf.get(), id);
    bytes.resize(n_rows * row_size);
    in.seekg((std::streamoff)(offset + first * row_size));
    in.read((char *) bytes.data(), (std::streamsize) bytes.size());
    if (!in) {
        throw vaner_error(VANER_MODEL_CORRUPT,
            "the weights of '" + file.path + "' can't be read: it changed meanwhile, or its disk fails");
    }
    weights.resize(n_rows * tensor->ne[0]);
    if (tensor->type == GGML_TYPE_F32) {
        memcpy(weights.data(), bytes.data(), bytes.size());
    } else {
        ggml_get_type_traits(tensor->type)->to_float(bytes.data(), weights.data(), (int64_t) weights.size());
    }
    return weights;
}
