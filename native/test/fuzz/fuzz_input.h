#pragma once

#include "engine/engine.h"
#include "error.h"
#include "graph/encoder.h"
#include "model/token_classifier.h"
#include "test/model_editor.h"
#include "tokenizer/text_tokenizer.h"
#include "tokenizer/word_tokenizer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

// The input as a file, always of the same name.
struct input_file {
    temporary_folder folder;
    std::string path = folder.file("input.gguf");

    const std::string & write(const uint8_t * data, size_t size) const {
        write_bytes(path, std::vector<char>(data, data + size));
        return path;
    }
};

// Only a vaner_error that says something may be thrown, and none about a defect of ours.
template <typename function> void allow_errors(function f) {
    try {
        f();
    } catch (const vaner_error & error) {
        if (error.status == VANER_INTERNAL || std::string(error.what()).empty()) {
            fprintf(stderr, "an error without a cause: %s\n", error.what());
            abort();
        }
    }
}

// Encodes a short text, of words or as a whole, behind one token: as much of it as fits.
inline void recognize(const token_classifier & model) {
    const std::u16string text = std::u16string(u"TNF\u03b1\u75c5  in 12 \U0001F600cells<s>\n") + u'\xD800' + u'\0';
    const uint32_t n = (uint32_t) text.size();
    const uint32_t bounds[] = { 0, 3, 3, 7, 7, n, 0, n };
    encoder_batch batch;
    std::vector<int32_t> tokens = { 0 };
    if (model.format.tags_tokens() || model.format.tags_spaced_words()) {
        const text_tokens whole = tokenize_texts(model.vocab(), text.data(), text.size(), bounds, 4, false);
        tokens.insert(tokens.end(), whole.tokens.begin(), whole.tokens.end());
    } else {
        const word_tokens words = tokenize_words(model.vocab(), model.words(), text.data(), text.size(), bounds, 4);
        tokens.insert(tokens.end(), words.tokens.begin(), words.tokens.end());
    }
    tokens.resize(std::min<size_t>(tokens.size(), model.format.n_ctx));
    const int32_t rows[] = { 0, (int32_t) tokens.size() - 1 };
    batch.add(tokens.data(), (int32_t) tokens.size(), rows, 2);
    encoder::create(model, encoder_params())->encode(batch);
}
