#pragma once

// Graphs, by `general.architecture`.
enum model_family { FAMILY_LLAMA, FAMILY_BERT };

// `general.architecture` of LLaMA-shaped models and their adapters
inline const char * const MODEL_ARCHITECTURE = "llama-embed";

// `general.architecture` of a family
inline const char * architecture_of(model_family family) {
    return family == FAMILY_BERT ? "bert" : MODEL_ARCHITECTURE;
}
