#pragma once

#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

// A GGUF file with a damaged header.
struct damaged_file {
    std::vector<char> bytes;
    std::string what; // the change and its place
};

// Changes a bit, a byte or a run of bytes behind the magic. Runs make counts and lengths extreme.
damaged_file damage_header(const std::vector<char> & bytes, size_t n_header, std::mt19937 & rng);

// Whether use() throws a vaner_error. Anything else that it throws is a failed check.
bool refuses(const std::function<void()> & use, const std::string & what);
