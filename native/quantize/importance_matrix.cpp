#include "quantize/importance_matrix.h"

#include "affixes.h"
#include "error.h"
#include "quantize/tensor_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

static vaner_error damaged(const std::string & path, const std::string & problem) {
    return vaner_error(VANER_INVALID_ARGUMENT,
        "the importance matrix '" + path + "' can't be used: " + problem + ". Make it again with llama.cpp's imatrix");
}

static std::vector<float> divided(std::vector<float> sums, float count) {
    for (float & sum : sums) {
        sum /= count;
    }
    return sums;
}

static importance_matrix read_gguf(const std::string & path) {
    const gguf_file file = gguf_file_open(path);
    tensor_reader reader(file);
    importance_matrix matrix;
    const std::string sums = ".in_sum2";
    for (ggml_tensor * t = ggml_get_first_tensor(file.tensors.get()); t;
         t = ggml_get_next_tensor(file.tensors.get(), t)) {
        if (!ends_with(t->name, sums) || t->name == sums) {
            continue;
        }
        const std::string name(t->name, strlen(t->name) - sums.size());
        const ggml_tensor * counts = file.tensor(name + ".counts");
        if (!counts || counts->type != GGML_TYPE_F32 || t->type != GGML_TYPE_F32 || ggml_nelements(counts) != 1 ||
            ggml_nrows(t) != 1 || t->ne[0] < 1) {
            throw damaged(path, "'" + name + "' has no sums and count of a matrix");
        }
        const float count = reader.read(counts, 0, 1)[0];
        // no samples: all inputs count the same
        matrix[name] = count > 0 ? divided(reader.read(t, 0, 1), count) : std::vector<float>(t->ne[0], 1.0f);
    }
    return matrix;
}

struct legacy_reader {
    const std::string & path;
    std::ifstream in;
    uint64_t left; // bytes

    legacy_reader(const std::string & path) : path(path), in(fs::u8path(path), std::ios::binary) {
        std::error_code ec;
        left = fs::file_size(fs::u8path(path), ec);
        if (!in || ec) {
            throw damaged(path, "it can't be read");
        }
    }

    void bytes(void * target, uint64_t n) {
        if (n > left || !in.read((char *) target, (std::streamsize) n)) {
            throw damaged(path, "it is truncated, or not an importance matrix");
        }
        left -= n;
    }

    // A number of elements of this size, at least one.
    int32_t count(uint64_t size) {
        int32_t n = 0;
        bytes(&n, sizeof(n));
        if (n < 1 || (uint64_t) n > left / size) {
            throw damaged(path, "it is truncated, or not an importance matrix");
        }
        return n;
    }
};

// File: n_entries, then for each entry: length, name, calls, length, sums
static importance_matrix read_legacy(const std::string & path) {
    legacy_reader reader(path);
    importance_matrix matrix;
    const int32_t n_entries = reader.count(4 * sizeof(int32_t));
    for (int32_t i = 0; i < n_entries; ++i) {
        std::string name(reader.count(1), '\0');
        reader.bytes(&name[0], name.size());
        int32_t n_calls = 0;
        reader.bytes(&n_calls, sizeof(n_calls));
        std::vector<float> sums(reader.count(sizeof(float)));
        reader.bytes(sums.data(), sums.size() * sizeof(float));
        matrix[name] = divided(std::move(sums), (float) std::max(1, n_calls));
    }
    return matrix;
}

static bool is_gguf(const std::string & path) {
    char magic[4] = { 0 };
    std::ifstream in(fs::u8path(path), std::ios::binary);
    in.read(magic, sizeof(magic));
    return memcmp(magic, GGUF_MAGIC, sizeof(magic)) == 0;
}

// Only the ratios of the values matter, and ggml's quantizers abort on infinities that large values lead to. Scales by
// a power of two, so that the quantized weights stay bit-identical.
static void scale(std::vector<float> & values) {
    int exponent = 0;
    std::frexp(*std::max_element(values.begin(), values.end()), &exponent);
    for (float & value : values) {
        value = std::ldexp(value, -exponent);
    }
}

importance_matrix importance_matrix_read(const std::string & path) {
    importance_matrix matrix;
    try {
        matrix = is_gguf(path) ? read_gguf(path) : read_legacy(path);
    } catch (const vaner_error & error) {
        if (error.status == VANER_INVALID_ARGUMENT) {
            throw;
        }
        throw damaged(path, error.what());
    }
    if (matrix.empty()) {
        throw damaged(path, "it has no entries");
    }
    for (auto & entry : matrix) {
        for (const float value : entry.second) {
            if (!std::isfinite(value) || value < 0) {
                throw damaged(path, "'" + entry.first + "' has values that are negative or not finite");
            }
        }
        scale(entry.second);
    }
    return matrix;
}
