// Any bytes as an adapter: it is refused with a vaner_error, or it loads together with its model and recognizes.

#include "test/fixtures.h"
#include "test/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const input_file file;
    // Keeps the base in memory.
    static const auto base = token_classifier::load(fixture_model_path("tiny-f32"), token_classifier_params());
    token_classifier_params params;
    params.adapter = file.write(data, size);
    allow_errors([&] { recognize(*token_classifier::load(fixture_model_path("tiny-f32"), params)); });
    return 0;
}
