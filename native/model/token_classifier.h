#pragma once

#include "model/adapter.h"
#include "model/base_model.h"

#include <memory>
#include <string>

struct token_classifier_params : base_model_params {
    std::string adapter; // a path; empty: none
};

// A LLaMA token classifier: a base, which classifiers of the same file share, and what an adapter adds to it. Immutable,
// shared by threads.
class token_classifier : public model_weights {
public:
    // throws VANER_MODEL_*, VANER_OUT_OF_MEMORY, VANER_ABORTED
    static std::unique_ptr<token_classifier> load(const std::string & path, const token_classifier_params & params);

    std::shared_ptr<const base_model> base;
    std::unique_ptr<const adapter> lora; // NULL where there is none

    const llama_vocab & vocab() const { return base->vocab(); }
    word_cache & words() const { return base->words(); }
    // -1 where sequences begin without one
    int32_t bos_token() const { return format.tags_tokens() ? -1 : base->bos_token(); }

private:
    token_classifier() = default;
};

// throws VANER_MODEL_HEAD where a file has no heads: then an adapter has to bring some
void need_heads(const std::string & path, const task_format & task);
