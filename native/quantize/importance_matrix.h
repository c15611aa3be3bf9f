#pragma once

#include <map>
#include <string>
#include <vector>

// Tensor name -> importance of each input [n_in]: the mean squared input, as llama.cpp's imatrix tool measures it,
// scaled into [0, 1].
using importance_matrix = std::map<std::string, std::vector<float>>;

// Reads a file of llama.cpp's imatrix tool, in GGUF or the legacy binary format.
// throws VANER_INVALID_ARGUMENT for files that can't be read or are damaged
importance_matrix importance_matrix_read(const std::string & path);
