#include "test/fixtures.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

using json = nlohmann::json;

static json read_json(const std::string & path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error("can't read " + path);
    }
    return json::parse(in);
}

static std::u16string to_utf16(const std::string & text) {
    std::u16string result;
    for (size_t i = 0; i < text.size();) {
        const uint8_t lead = (uint8_t) text[i];
        const int n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        uint32_t cp = n == 1 ? lead : lead & (0x7F >> n);
        for (int k = 1; k < n; ++k) {
            cp = (cp << 6) | ((uint8_t) text[i + k] & 0x3F);
        }
        if (cp >= 0x10000) {
            result += (char16_t) (0xD800 + ((cp - 0x10000) >> 10));
            result += (char16_t) (0xDC00 + ((cp - 0x10000) & 0x3FF));
        } else {
            result += (char16_t) cp;
        }
        i += n;
    }
    return result;
}

std::string fixture_model_path(const std::string & name) {
    return VANER_FIXTURES "/models/" + name + ".gguf";
}

std::string fixture_adapter_path(const std::string & name) {
    return VANER_FIXTURES "/adapters/" + name + ".gguf";
}

std::unique_ptr<token_classifier> fixture_model(
    const std::string & name, ggml_backend_dev_t device, const std::string & adapter) {
    token_classifier_params params;
    params.device = device;
    params.adapter = adapter;
    return token_classifier::load(fixture_model_path(name), params);
}

static std::vector<reference_sequence> read_reference(const std::string & path) {
    const json file = read_json(path);
    std::vector<reference_sequence> result;
    for (size_t s = 0; s < file["sequences"].size(); ++s) {
        reference_sequence sequence;
        sequence.tokens = file["sequences"][s].get<std::vector<int32_t>>();
        if (file.contains("instructions")) {
            sequence.n_instruction = file["instructions"][s].get<int32_t>();
        }
        sequence.rows = file["rows"][s].get<std::vector<int32_t>>();
        for (const json & row : file["probabilities"][s]) {
            for (const json & p : row) {
                sequence.probs.push_back(p.get<float>());
            }
        }
        result.push_back(std::move(sequence));
    }
    return result;
}

std::vector<reference_sequence> fixture_reference(const std::string & model) {
    return read_reference(VANER_FIXTURES "/models/" + model + ".json");
}

std::vector<reference_sequence> fixture_adapter_reference(const std::string & adapter) {
    return read_reference(VANER_FIXTURES "/adapters/" + adapter + ".json");
}

std::vector<reference_word> fixture_words(const std::string & model) {
    std::vector<reference_word> result;
    for (const json & entry : read_json(VANER_FIXTURES "/tokenizers.json")) {
        if (entry.contains(model)) {
            result.push_back({ to_utf16(entry["word"].get<std::string>()), entry[model].get<std::vector<int32_t>>() });
        }
    }
    return result;
}

std::vector<reference_text> fixture_texts() {
    std::vector<reference_text> result;
    for (const json & entry : read_json(VANER_FIXTURES "/texts.json")) {
        result.push_back({ to_utf16(entry["text"].get<std::string>()), entry["controls"].get<bool>(),
            entry["tokens"].get<std::vector<int32_t>>(), entry["starts"].get<std::vector<uint32_t>>() });
    }
    return result;
}
