#pragma once

#include "model/gguf/model_format.h"

// Reads what ModernBERT has beside other encoders, behind the rest of its shape.
// throws VANER_MODEL_ARCHITECTURE, VANER_MODEL_FORMAT
void modern_bert_format_read(const gguf_file & file, model_format & format);
