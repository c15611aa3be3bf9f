#pragma once

#include "model/gguf/gguf_file.h"

#include <fstream>

// Reads tensors of a GGUF file as floats, some rows at a time.
class tensor_reader {
public:
    explicit tensor_reader(const gguf_file & file); // has to outlive this

    // Rows to read at once: some MiB.
    static int64_t rows_at_once(const ggml_tensor * tensor);

    // [n_rows * tensor->ne[0]] from row `first` of the tensor, seen as a matrix of ggml_nrows() rows. Valid until the
    // next call.
    // throws VANER_MODEL_CORRUPT if the file can't be read
    const std::vector<float> & read(const ggml_tensor * tensor, int64_t first, int64_t n_rows);

private:
    const gguf_file & file;
    std::ifstream in;
    std::vector<uint8_t> bytes;
    std::vector<float> weights;
};
