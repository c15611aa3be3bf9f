// Files that llama.cpp or ggml would abort on, or work on without end: each is refused before they see it.

#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"
#include "tokenizer/word_tokenizer.h"

#include <algorithm>
#include <cstring>
#include <vector>

static const char * const TOKENS = "tokenizer.ggml.tokens";

// Replaces what follows a name in a file that ggml's writer would not write.
static void overwrite_behind(
    const std::string & path, const std::string & name, size_t skipped, const void * bytes, size_t n_bytes) {
    std::vector<char> file = read_bytes(path);
    const auto at = std::search(file.begin(), file.end(), name.begin(), name.end());
    memcpy(&*at + name.size() + skipped, bytes, n_bytes);
    write_bytes(path, file);
}

// A dense layer of width 0: the last dimension is set to 0 in the file.
static void check_empty_layer(const temporary_folder & folder) {
    model_editor m("tiny-f32");
    m.put_tensor("cls.output.weight", GGML_TYPE_F32, { 0, 3 });
    m.put_tensor("cls.0.0.bias", GGML_TYPE_F32, { 0 });
    m.put_tensor("cls.0.0.weight", GGML_TYPE_F32, { 64, 2 });
    const std::string path = folder.file("empty.gguf");
    m.write(path);
    const int64_t none = 0;
    overwrite_behind(path, "cls.0.0.weight", sizeof(uint32_t) + sizeof(int64_t), &none, sizeof(none)); // ne[1]
    const std::string message = CHECK_THROWS(VANER_MODEL_HEAD, token_classifier::load(path, token_classifier_params()));
    CHECK(message.find("empty") != std::string::npos);
}

// Keys of C++ strings that are no C strings: ggml aborts when it copies them, in quantizing.
static void check_odd_keys(const temporary_folder & folder) {
    const std::string path = folder.file("keys.gguf");
    for (const char * key : { "general.name", "vaner.words" }) {
        model_editor m("tiny-f32");
        gguf_set_val_str(m.gguf.get(), "general.name.", "b"); // becomes the same as general.name
        m.write(path);
        std::vector<char> bytes = read_bytes(path);
        const std::string dotted = "general.name.";
        const bool twice = strcmp(key, "general.name") == 0;
        const std::string name = twice ? dotted : key;
        const auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
        at[twice ? (long) name.size() - 1 : 0] = 0;
        write_bytes(path, bytes);
        const std::string message = CHECK_THROWS(VANER_MODEL_CORRUPT, gguf_file_open(path));
        CHECK(message.find(twice ? "twice: 'general.name'" : "empty") != std::string::npos);
    }
}

// ggml would compare each with all before it.
static void check_many(const temporary_folder & folder) {
    const std::string path = folder.file("many.gguf");
    const uint64_t n = 1 << 24;
    for (const size_t at : { 8, 16 }) { // the numbers of tensors and of keys
        std::vector<char> bytes = read_bytes(fixture_model_path("tiny-f32"));
        memcpy(&bytes[at], &n, sizeof(n));
        write_bytes(path, bytes);
        const std::string message = CHECK_THROWS(VANER_MODEL_CORRUPT, gguf_file_open(path));
        CHECK(message.find("16777216") != std::string::npos);
    }
}

// The number of bytes of such a tensor wraps around to 0.
static void check_wrapped_size(const temporary_folder & folder) {
    model_editor m("tiny-f32");
    m.put_tensor("cls.0.0.weight", GGML_TYPE_F32, { 64, 2 });
    const std::string path = folder.file("wrapped.gguf");
    m.write(path);
    const int64_t n_rows = (int64_t) 1 << 58;
    overwrite_behind(path, "cls.0.0.weight", sizeof(uint32_t) + sizeof(int64_t), &n_rows, sizeof(n_rows));
    const std::string message = CHECK_THROWS(VANER_MODEL_CORRUPT, gguf_file_open(path));
    CHECK(message.find("cls.0.0.weight") != std::string::npos);
}

static model_editor with_pre_tokenizer(const char * name) {
    model_editor m("tiny-heads-f32"); // a byte-level vocabulary
    gguf_set_val_str(m.gguf.get(), "tokenizer.ggml.pre", name);
    return m;
}

// Those that llama.cpp takes, but not with every text.
static void check_pre_tokenizers(const temporary_folder & folder) {
    const std::string path = folder.file("pre.gguf");
    for (const char * name : { "whitespace", "gemma4", "granite-embed-multi-311m", "sarvam-moe", "poro-chat", "tekken",
             "superbpe", "deepseek-llm", "default", "", "no-such-one" }) {
        with_pre_tokenizer(name).write(path);
        const std::string message =
            CHECK_THROWS(VANER_MODEL_ARCHITECTURE, token_classifier::load(path, token_classifier_params()));
        CHECK(message.find("pre-tokenizer '" + std::string(name) + "'") != std::string::npos);
    }
    for (const char * name : { "llama-bpe", "smaug-bpe", "gpt-2", "smollm", "qwen2", "stablelm2" }) {
        with_pre_tokenizer(name).write(path);
        const auto model = token_classifier::load(path, token_classifier_params());
        for (const char16_t * unit : { u"a", u"1", u"!", u" ", u"\n", u"\u4e00", u"\u0301", u"a  ", u"' s" }) {
            std::u16string text;
            while (text.size() < 300000) {
                text += unit;
            }
            const uint32_t bounds[] = { 0, (uint32_t) text.size() };
            tokenize_words(model->vocab(), model->words(), text.data(), text.size(), bounds, 1);
        }
    }
}

// llama.cpp's spelling of such a token has more than 2 GiB, which it aborts on.
static void check_long_token(const temporary_folder & folder) {
    model_editor m("tiny-heads-f32");
    const int64_t id = gguf_find_key(m.gguf.get(), TOKENS);
    std::vector<std::string> tokens(gguf_get_arr_n(m.gguf.get(), id));
    for (size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = gguf_get_arr_str(m.gguf.get(), id, i);
    }
    for (int i = 0; i < 30000; ++i) {
        tokens.back() += "\u4e00";
    }
    m.set_strs(TOKENS, tokens);
    const std::string path = folder.file("long.gguf");
    m.write(path);
    const std::string message =
        CHECK_THROWS(VANER_MODEL_FORMAT, token_classifier::load(path, token_classifier_params()));
    CHECK(message.find("too large") != std::string::npos);
}

int main() {
    const temporary_folder folder;
    check_empty_layer(folder);
    check_odd_keys(folder);
    check_many(folder);
    check_wrapped_size(folder);
    check_pre_tokenizers(folder);
    check_long_token(folder);
    return test_result();
}
