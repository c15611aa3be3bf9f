#pragma once

#include "model/adapter.h"
#include "model/base_model.h"

#include <memory>
#include <string>

struct token_classifier_params : base_model_params {
    std::string adapter; // a path; empty: none
};

// A token classifier: a base, which classifiers of the same file share, and an optional adapter. Immutable, shared by
// threads.
class token_classifier : public model_weights {
public:
    // throws VANER_MODEL_*, VANER_OUT_OF_MEMORY, VANER_ABORTED
    static std::unique_ptr<token_classifier> load(const std::string & path, const token_classifier_params & params);

    std::shared_ptr<const base_model> base;
    std::unique_ptr<const adapter> lora; // NULL: none

    vocabulary vocab() const { return base->vocab(); }
    word_cache & words() const { return base->words(); }
    // -1: sequences start without one
    int32_t bos_token() const {
        return format.first_token >= 0 ? format.first_token : format.tags_tokens() ? -1 : base->bos_token();
    }
    // -1: sequences end without one
    int32_t last_token() const { return format.last_token; }

private:
    token_classifier() = default;
};

// throws VANER_MODEL_HEAD if there are no heads: neither the file nor an adapter has any
void need_heads(const std::string & path, const task_format & task);
