#pragma once

#include "model/gguf/gguf_file.h"
#include "model/gguf/model_format.h"

#include <string>
#include <vector>

// Metadata of an adapter: LoRA pairs and, optionally, heads. docs/gguf-format.md describes the file.
struct adapter_format {
    std::string name; // general.name, may be empty
    float alpha = 0.0f;
    std::vector<std::string> matrices; // of the base that it modifies: "blk.0.attn_q.weight"
    bool has_heads = false;
    task_format task; // valid if has_heads
};

// Reads the keys and checks everything that needs no base.
// throws VANER_MODEL_ARCHITECTURE, VANER_MODEL_FORMAT, VANER_MODEL_CORRUPT
adapter_format adapter_format_read(const gguf_file & file);
