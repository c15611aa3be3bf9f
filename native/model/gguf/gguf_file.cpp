#include "model/gguf/gguf_file.h"

#include "backends/log.h"
#include "error.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unordered_set>

namespace fs = std::filesystem;

static vaner_error format_error(const gguf_file & file, const std::string & key, const std::string & problem) {
    return vaner_error(
        VANER_MODEL_FORMAT, std::string("the ") + file.kind + "'s metadata key '" + key + "' " + problem);
}

bool gguf_file::has(const std::string & key) const {
    return gguf_find_key(gguf.get(), key.c_str()) >= 0;
}

static bool get_integer(const gguf_context * ctx, int64_t id, int64_t & value) {
    switch (gguf_get_kv_type(ctx, id)) {
    case GGUF_TYPE_UINT8: value = gguf_get_val_u8(ctx, id); return true;
    case GGUF_TYPE_INT8: value = gguf_get_val_i8(ctx, id); return true;
    case GGUF_TYPE_UINT16: value = gguf_get_val_u16(ctx, id); return true;
    case GGUF_TYPE_INT16: value = gguf_get_val_i16(ctx, id); return true;
    case GGUF_TYPE_UINT32: value = gguf_get_val_u32(ctx, id); return true;
    case GGUF_TYPE_INT32: value = gguf_get_val_i32(ctx, id); return true;
    case GGUF_TYPE_INT64: value = gguf_get_val_i64(ctx, id); return true;
    case GGUF_TYPE_UINT64: {
        const uint64_t u = gguf_get_val_u64(ctx, id);
        value = u > INT64_MAX ? -1 : (int64_t) u;
        return true;
    }
    default: return false;
    }
}

uint32_t gguf_file::get_u32(const std::string & key, uint32_t fallback) const {
    const int64_t id = gguf_find_key(gguf.get(), key.c_str());
    if (id < 0) {
        return fallback;
    }
    int64_t value = -1;
    if (!get_integer(gguf.get(), id, value)) {
        throw format_error(*this, key, "is not an integer");
    }
    if (value < 0 || value > UINT32_MAX) {
        throw format_error(*this, key, "is out of range");
    }
    return (uint32_t) value;
}

uint32_t gguf_file::need_u32(const std::string & key, uint32_t low, uint32_t high) const {
    if (!has(key)) {
        throw format_error(*this, key, "is missing");
    }
    const uint32_t value = get_u32(key, 0);
    if (value < low || value > high) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("the metadata key '%s' is %u, outside %u to %u", key.c_str(), value, low, high));
    }
    return value;
}

std::string gguf_file::arch_key(const char * name) const {
    return get_str("general.architecture", "") + "." + name;
}

// The index of a key that has to be of this type, or -1 without the key.
static int64_t find_key(const gguf_file & file, const std::string & key, gguf_type type, const char * complaint) {
    const int64_t id = gguf_find_key(file.gguf.get(), key.c_str());
    if (id >= 0 && gguf_get_kv_type(file.gguf.get(), id) != type) {
        throw format_error(file, key, complaint);
    }
    return id;
}

float gguf_file::get_f32(const std::string & key, float fallback) const {
    const int64_t id = find_key(*this, key, GGUF_TYPE_FLOAT32, "is not a 32-bit float");
    return id < 0 ? fallback : gguf_get_val_f32(gguf.get(), id);
}

bool gguf_file::get_bool(const std::string & key, bool fallback) const {
    const int64_t id = find_key(*this, key, GGUF_TYPE_BOOL, "is not a boolean");
    return id < 0 ? fallback : gguf_get_val_bool(gguf.get(), id);
}

void gguf_file::need_positive(const std::string & key, bool required) const {
    if (!has(key) && !required) {
        return;
    }
    if (!has(key)) {
        throw format_error(*this, key, "is missing");
    }
    const float value = get_f32(key, 0.0f);
    if (!std::isfinite(value) || value <= 0.0f) {
        throw format_error(*this, key, vaner_format("is %g, but has to be finite and above 0", value));
    }
}

std::string gguf_file::get_str(const std::string & key, const std::string & fallback) const {
    const int64_t id = find_key(*this, key, GGUF_TYPE_STRING, "is not a string");
    return id < 0 ? fallback : gguf_get_val_str(gguf.get(), id);
}

std::vector<std::string> gguf_file::get_strs(const std::string & key) const {
    const int64_t id = gguf_find_key(gguf.get(), key.c_str());
    if (id < 0) {
        return {};
    }
    if (gguf_get_kv_type(gguf.get(), id) != GGUF_TYPE_ARRAY || gguf_get_arr_type(gguf.get(), id) != GGUF_TYPE_STRING) {
        throw format_error(*this, key, "is not an array of strings");
    }
    std::vector<std::string> values(gguf_get_arr_n(gguf.get(), id));
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = gguf_get_arr_str(gguf.get(), id, i);
    }
    return values;
}

// An array of numbers of one of two types, or nothing without the key.
template <typename T>
static std::vector<T> get_numbers(
    const gguf_file & file, const std::string & key, gguf_type type, gguf_type other, const char * complaint) {
    const gguf_context * ctx = file.gguf.get();
    const int64_t id = find_key(file, key, GGUF_TYPE_ARRAY, complaint);
    if (id < 0) {
        return {};
    }
    if (gguf_get_arr_type(ctx, id) != type && gguf_get_arr_type(ctx, id) != other) {
        throw format_error(file, key, complaint);
    }
    const T * values = (const T *) gguf_get_arr_data(ctx, id);
    return std::vector<T>(values, values + gguf_get_arr_n(ctx, id));
}

std::vector<float> gguf_file::get_f32s(const std::string & key) const {
    return get_numbers<float>(*this, key, GGUF_TYPE_FLOAT32, GGUF_TYPE_FLOAT32, "is not an array of 32-bit floats");
}

std::vector<int32_t> gguf_file::get_i32s(const std::string & key) const {
    return get_numbers<int32_t>(*this, key, GGUF_TYPE_INT32, GGUF_TYPE_UINT32, "is not an array of 32-bit integers");
}

std::vector<uint8_t> gguf_file::get_bytes(const std::string & key) const {
    return get_numbers<uint8_t>(*this, key, GGUF_TYPE_UINT8, GGUF_TYPE_INT8, "is not an array of bytes");
}

const ggml_tensor * gguf_file::tensor(const std::string & name) const {
    return ggml_get_tensor(tensors.get(), name.c_str());
}

// ggml compares each key and each tensor's name with all before it: more would take minutes.
static const uint64_t MAX_KEYS = 4096;
static const uint64_t MAX_TENSORS = 32768;

static const uint64_t MAX_ELEMENTS = (uint64_t) 1 << 48; // of a tensor

struct file_start {
    char magic[4];
    uint32_t version;
    uint64_t n_tensors;
    uint64_t n_keys;
};

static void check_start(const fs::path & path, const std::string & kind) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw vaner_error(
            VANER_MODEL_NOT_FOUND, "the " + kind + " file '" + path.u8string() + "' can't be read: " + strerror(errno));
    }
    file_start start = {};
    in.read((char *) &start, sizeof(start));
    if (memcmp(start.magic, GGUF_MAGIC, sizeof(start.magic)) != 0) {
        throw vaner_error(VANER_MODEL_NOT_GGUF,
            "'" + path.u8string() +
                "' is not a GGUF file: it does not start with 'GGUF'. "
                "Convert the checkpoint to GGUF first");
    }
    if (start.n_keys > MAX_KEYS || start.n_tensors > MAX_TENSORS) {
        throw vaner_error(VANER_MODEL_CORRUPT,
            vaner_format("the %s '%s' has %llu metadata keys and %llu tensors: no more than %llu and %llu are read",
                kind.c_str(), path.u8string().c_str(), (unsigned long long) start.n_keys,
                (unsigned long long) start.n_tensors, (unsigned long long) MAX_KEYS, (unsigned long long) MAX_TENSORS));
    }
}

// ggml reads keys as C++ strings and looks them up as C strings: with a zero byte a key may become empty, or the same as
// another, which asserts when the metadata is copied.
static void check_keys(const gguf_file & file) {
    const gguf_context * ctx = file.gguf.get();
    std::unordered_set<std::string_view> keys;
    for (int64_t i = 0; i < gguf_get_n_kv(ctx); ++i) {
        const std::string_view key = gguf_get_key(ctx, i);
        if (key.empty() || !keys.insert(key).second) {
            throw vaner_error(VANER_MODEL_CORRUPT,
                vaner_format("the %s '%s' has a metadata key that is %s. Copy or download it again", file.kind,
                    file.path.c_str(), key.empty() ? "empty" : ("there twice: '" + std::string(key) + "'").c_str()));
        }
    }
}

// ggml's sizes wrap around: a huge tensor may seem to have few bytes.
static void check_shapes(const gguf_file & file) {
    const gguf_context * ctx = file.gguf.get();
    for (int64_t i = 0; i < gguf_get_n_tensors(ctx); ++i) {
        const int64_t * ne = gguf_get_tensor_ne(ctx, i);
        uint64_t n_elements = 1;
        for (int d = 0; d < GGML_MAX_DIMS; ++d) {
            if (ne[d] < 0 || (ne[d] > 0 && n_elements > MAX_ELEMENTS / (uint64_t) ne[d])) {
                throw vaner_error(VANER_MODEL_CORRUPT,
                    vaner_format("the %s '%s' has a tensor '%s' of an impossible size. Copy or download it again",
                        file.kind, file.path.c_str(), gguf_get_tensor_name(ctx, i)));
            }
            n_elements *= (uint64_t) std::max<int64_t>(1, ne[d]);
        }
    }
}

// Mapped weights beyond the end of the file would crash the process on access.
static void check_extent(const gguf_file & file) {
    const gguf_context * ctx = file.gguf.get();
    const uint64_t start = gguf_get_data_offset(ctx);
    for (int64_t i = 0; i < gguf_get_n_tensors(ctx); ++i) {
        const uint64_t offset = gguf_get_tensor_offset(ctx, i);
        const uint64_t size = gguf_get_tensor_size(ctx, i);
        if (start > file.size || offset > file.size - start || size > file.size - start - offset) {
            throw vaner_error(VANER_MODEL_CORRUPT,
                vaner_format(
                    "'%s' is truncated: tensor '%s' ends beyond the file's %llu bytes. Copy or download it again",
                    file.path.c_str(), gguf_get_tensor_name(ctx, i), (unsigned long long) file.size));
        }
    }
}

gguf_file gguf_file_open(const std::string & path, const char * kind) {
    const fs::path native = fs::u8path(path);
    std::error_code ec;
    const fs::file_status status = fs::status(native, ec);
    if (ec || !fs::exists(status)) {
        throw vaner_error(VANER_MODEL_NOT_FOUND, std::string("there is no ") + kind + " file '" + path + "'");
    }
    if (fs::is_directory(status)) {
        throw vaner_error(VANER_MODEL_NOT_FOUND,
            "'" + path + "' is a folder, not a GGUF file: convert a checkpoint with `vaner convert`");
    }
    if (!fs::is_regular_file(status)) {
        throw vaner_error(VANER_MODEL_NOT_FOUND, "'" + path + "' is not a file");
    }

    gguf_file file;
    file.path = path;
    file.kind = kind;
    file.size = fs::file_size(native, ec);
    check_start(native, kind);

    const log_capture log;
    ggml_context * tensors = nullptr;
    gguf_init_params params = { /*.no_alloc =*/true, /*.ctx =*/&tensors };
    file.gguf.reset(gguf_init_from_file(path.c_str(), params));
    file.tensors.reset(tensors);
    if (!file.gguf || !file.tensors) {
        if (log.lacked_memory()) {
            throw vaner_error(VANER_OUT_OF_MEMORY, "there is not enough memory to read '" + path + "'");
        }
        throw vaner_error(VANER_MODEL_CORRUPT,
            std::string("the GGUF header of the ") + kind + " '" + path +
                "' can't be read: " + log.last_error("it is damaged or truncated"));
    }
    check_keys(file);
    check_shapes(file);
    check_extent(file);
    return file;
}
