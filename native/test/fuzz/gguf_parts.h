#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// A GGUF file in pieces that a mutator can change one by one. Nothing is checked but that the pieces add up: the file
// may well be invalid.
struct gguf_parts {
    struct entry {
        std::string key;
        uint32_t type = 0;
        uint32_t element_type = 0;          // of an array
        std::string bytes;                  // of a value, or of all elements of an array of numbers
        std::vector<std::string> strings;   // of a string, or of an array of strings
        std::optional<uint64_t> told_count; // the number of elements that the file tells, if it is a wrong one
    };
    struct tensor {
        std::string name;
        std::vector<uint64_t> ne;
        uint32_t type = 0;
        uint64_t offset = 0;
    };

    uint32_t version = 3;
    std::vector<entry> entries;
    std::vector<tensor> tensors;
    std::string data; // of the tensors

    // nothing if the bytes do not add up
    static std::optional<gguf_parts> read(const uint8_t * bytes, size_t size);

    std::string write() const;

    // Lays the tensors out one behind the other, as ggml demands it, and gives each the bytes that it needs.
    void lay_out();
};
