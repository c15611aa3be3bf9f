#pragma once

#include "model/gguf_file.h"
#include "model/model_format.h"

// Checks that the file holds exactly the tensors that the format promises, in shapes and types that the graph
// multiplies, before llama.cpp sees it.
// throws VANER_MODEL_HEAD for the heads' tensors, VANER_MODEL_CORRUPT for the others
void model_check_tensors(const gguf_file & file, const model_format & format);
