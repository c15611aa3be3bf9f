#pragma once

#include <napi.h>

#include <functional>

// A function that calls the JavaScript callback with a share in [0, 1], from any thread; empty without a callback.
std::function<void(float share)> progress_to_js(const Napi::Value & callback);
