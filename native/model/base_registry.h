#pragma once

#include "model/base_model.h"

// Loads a model, or shares it with whoever in this process has the same file loaded in the same way: the weights are in
// memory once, and are freed with the last who holds them. Loads of one file at the same time wait for each other.
//   params.progress  also asked, with 0, while another load of the file is waited for
// throws as base_model::load
std::shared_ptr<const base_model> base_model_shared(const std::string & path, const base_model_params & params);

// Equal for equal files only: a file that was replaced or written to since is another one. Empty where it can't be told.
std::string file_identity(const std::string & path);

// Equal for loads that would share a model. Empty where it can't be told.
std::string base_model_key(const std::string & path, const base_model_params & params);

// Tells params.progress. throws VANER_ABORTED where it says to stop
void base_model_report(const base_model_params & params, float share);
