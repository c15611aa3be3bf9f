#pragma once

#include "model/base_model.h"

// Loads a model, or shares the one that this process has loaded from the same file with the same parameters. The last
// owner frees the weights. Concurrent loads of one file wait for the first.
//   params.progress  also called with 0 while it waits for another load
// throws as base_model::load
std::shared_ptr<const base_model> base_model_shared(const std::string & path, const base_model_params & params);

// Identifies a file and its state: replacing or writing the file changes it. Empty if the file can't be examined.
std::string file_identity(const std::string & path);

// Equal for loads that share a model. Empty if the file can't be examined.
std::string base_model_key(const std::string & path, const base_model_params & params);

// Calls params.progress. throws VANER_ABORTED if that returns false
void base_model_report(const base_model_params & params, float share);
