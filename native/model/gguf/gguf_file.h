#pragma once

#include "ggml-cpp.h"
#include "gguf.h"

#include <cstdint>
#include <string>
#include <vector>

// Key of the SHA-256 of each tensor's bytes, in hexadecimal digits and in file order. No "vaner." key: an adapter without
// heads has none of these.
inline const char * const TENSOR_HASHES = "integrity.tensor_sha256";

// The header of a GGUF file: metadata and tensor descriptions, no weights. Checked against the size of the file.
struct gguf_file {
    std::string path;
    const char * kind = "model"; // for messages: "model" or "adapter"
    uint64_t size = 0;           // bytes on disk

    gguf_context_ptr gguf;
    ggml_context_ptr tensors; // shapes and types; data is NULL

    bool has(const std::string & key) const;

    // Typed access. A missing key gives the fallback, a key of another type throws VANER_MODEL_FORMAT.
    // Integers may have any width and sign if the value fits.
    uint32_t get_u32(const std::string & key, uint32_t fallback) const;
    float get_f32(const std::string & key, float fallback) const;
    bool get_bool(const std::string & key, bool fallback) const;
    std::string get_str(const std::string & key, const std::string & fallback) const;
    std::vector<std::string> get_strs(const std::string & key) const;
    std::vector<float> get_f32s(const std::string & key) const;
    std::vector<int32_t> get_i32s(const std::string & key) const;
    std::vector<uint8_t> get_bytes(const std::string & key) const; // signed or not

    // A required key: throws VANER_MODEL_FORMAT if it is missing, or outside `low` to `high`.
    uint32_t need_u32(const std::string & key, uint32_t low = 0, uint32_t high = UINT32_MAX) const;

    // A 32-bit float: throws VANER_MODEL_FORMAT if it is not finite and above 0, or missing though it is required.
    void need_positive(const std::string & key, bool required) const;

    // A key that begins with the file's architecture.
    std::string arch_key(const char * name) const;

    // NULL if the file has no such tensor
    const ggml_tensor * tensor(const std::string & name) const;
};

// Reads the header.
// throws VANER_MODEL_NOT_FOUND, VANER_MODEL_NOT_GGUF, VANER_MODEL_CORRUPT
gguf_file gguf_file_open(const std::string & path, const char * kind = "model");
