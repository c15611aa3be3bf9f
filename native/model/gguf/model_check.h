#pragma once

#include "error.h"
#include "model/gguf/gguf_file.h"
#include "model/gguf/model_format.h"

// Checks that the file holds exactly the tensors of the format, in supported shapes and types. llama.cpp would only
// assert that.
// throws VANER_MODEL_HEAD for tensors of heads, VANER_MODEL_CORRUPT for others, VANER_MODEL_ARCHITECTURE for unknown
//        ones
void model_check_tensors(const gguf_file & file, const model_format & format);

// The same for the tensors `cls.*` of the task's heads.
// throws VANER_MODEL_HEAD, VANER_MODEL_ARCHITECTURE for a tensor that no head uses
void model_check_heads(const gguf_file & file, const task_format & task, int64_t n_embd);

// throws this status for a type that ggml can't multiply with
void check_multiplies(const ggml_tensor * t, vaner_status status);
