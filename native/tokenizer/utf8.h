#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Appends text[start .. end) as UTF-8; a lone surrogate becomes U+FFFD.
//   units  if not NULL: gets, for every byte, the code unit where its character starts
void append_utf16(
    std::string & out, const char16_t * text, size_t start, size_t end, std::vector<uint32_t> * units = nullptr);
