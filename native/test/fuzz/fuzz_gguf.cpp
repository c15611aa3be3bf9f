// Any bytes as a model: it is refused with a vaner_error, or it loads, recognizes and is quantized.

#include "quantize/quantize.h"
#include "test/fuzz/fuzz_input.h"

#include <filesystem>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t * data, size_t size) {
    static const input_file file;
    const std::string & path = file.write(data, size);
    allow_errors([&] {
        const auto model = token_classifier::load(path, token_classifier_params());
        need_heads(path, model->format);
        recognize(*model);
    });
    if (size % 8 == 0) { // slower than loading
        static const std::atomic<bool> running{ false };
        const std::string output = file.folder.file("output.gguf");
        quantize_params params;
        params.type = "Q8_0";
        allow_errors([&] { quantize_model(path, output, params, running); });
        std::filesystem::remove(std::filesystem::u8path(output));
    }
    return 0;
}
