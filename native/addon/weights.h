#pragma once

#include <napi.h>

// NativeAddon.quantizeTypes
Napi::Value quantize_types_to_js(const Napi::CallbackInfo & info);

// NativeAddon.encodeRows
Napi::Value encode_rows(const Napi::CallbackInfo & info);

// NativeAddon.addLowRank
Napi::Value add_low_rank(const Napi::CallbackInfo & info);

// NativeAddon.quantize
Napi::Value quantize(const Napi::CallbackInfo & info);

// NativeAddon.compareWeights
Napi::Value compare_weights(const Napi::CallbackInfo & info);
