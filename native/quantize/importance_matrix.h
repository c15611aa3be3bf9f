#pragma once

#include <map>
#include <string>
#include <vector>

// How much each input of a matrix matters, by the name of its tensor: the mean of the squared inputs, as llama.cpp's
// imatrix tool measures it, up to a factor. [n_in], each in [0, 1]
using importance_matrix = std::map<std::string, std::vector<float>>;

// Reads a file of llama.cpp's imatrix tool, in GGUF or in the older binary format.
// throws VANER_INVALID_ARGUMENT for files that can't be read or are damaged
importance_matrix importance_matrix_read(const std::string & path);
