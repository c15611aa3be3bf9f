#pragma once

#include "error.h"

#include <string>

// Of whatever is being caught while a model is loaded: an error with a code that names the cause.
vaner_error load_error(const std::string & path, bool on_device);
