#pragma once

#include "error.h"
#include "model/gguf_file.h"
#include "model/model_format.h"

// Checks that the file holds exactly the tensors that the format promises, in shapes and types that the graph
// multiplies, before llama.cpp sees it.
// throws VANER_MODEL_HEAD for the heads' tensors, VANER_MODEL_CORRUPT for the others
void model_check_tensors(const gguf_file & file, const model_format & format);

// Checks that the file holds exactly the tensors `cls.*` of these heads, for hidden states of this width.
// throws VANER_MODEL_HEAD, VANER_MODEL_ARCHITECTURE for one that no head uses
void model_check_heads(const gguf_file & file, const task_format & task, int64_t n_embd);

// throws this status where the tensor is of a type that nothing can be multiplied by
void check_multiplies(const ggml_tensor * t, vaner_status status);
