#pragma once

#include <string>

// Graphs, by `general.architecture`.
enum model_family { FAMILY_LLAMA, FAMILY_BERT, FAMILY_MODERN_BERT };

// `general.architecture` of LLaMA-shaped models and their adapters
inline const char * const MODEL_ARCHITECTURE = "llama-embed";

// `general.architecture` of a family
inline const char * architecture_of(model_family family) {
    switch (family) {
    case FAMILY_BERT: return "bert";
    case FAMILY_MODERN_BERT: return "modern-bert";
    default: return MODEL_ARCHITECTURE;
    }
}

// The family of an architecture; LLaMA's for others.
inline model_family family_of(const std::string & architecture) {
    for (const model_family family : { FAMILY_BERT, FAMILY_MODERN_BERT }) {
        if (architecture == architecture_of(family)) {
            return family;
        }
    }
    return FAMILY_LLAMA;
}
