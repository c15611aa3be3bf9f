// Truncated and overwritten files: each is refused with a vaner_error, or loads and runs.

#include "engine/engine.h"
#include "test/damage.h"
#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"
#include "tokenizer/word_tokenizer.h"

#include <future>
#include <random>
#include <vector>

// Uses a model briefly. Only vaner_error may be thrown.
static void use(const std::string & path) {
    std::shared_ptr<const token_classifier> model = token_classifier::load(path, token_classifier_params());
    const std::u16string text = u"TNF\u03b1\u75c5 in 12 cells";
    const uint32_t bounds[] = { 0, 5, 6, 8, 9, 11, 12, 17 };
    const word_tokens words = tokenize_words(model->vocab(), model->words(), text.data(), text.size(), bounds, 4);

    engine eng(model, engine_params());
    std::promise<void> ended;
    const auto job = std::make_shared<encode_job>();
    job->tokens = words.tokens;
    job->tokens.push_back(0);
    job->offsets = { 0, (int32_t) job->tokens.size() };
    job->tagged_rows = { 0 };
    job->done = [&](encode_job &, std::exception_ptr) { ended.set_value(); };
    eng.submit(job);
    ended.get_future().get();
}

static bool refused(const std::string & path, const std::string & what) {
    return refuses([&] { use(path); }, what);
}

static void test_truncated(const std::vector<char> & bytes, size_t n_header, const temporary_folder & folder) {
    std::vector<size_t> sizes = { 1, 3, 4, 5, 8, 12, 16, 23, 24, 25, 32, 40, n_header - 33, n_header - 1, n_header,
        n_header + 1, bytes.size() - 5000, bytes.size() - 32 };
    for (size_t i = 1; i < 50; ++i) {
        sizes.push_back(bytes.size() * i / 50);
        sizes.push_back(n_header * i / 50);
    }
    for (const size_t size : sizes) {
        write_bytes(folder.file("cut.gguf"), std::vector<char>(bytes.begin(), bytes.begin() + size));
        CHECK(refused(folder.file("cut.gguf"), vaner_format("cut at %zu", size)));
    }
}

static void test_overwritten(
    const std::vector<char> & bytes, size_t n_header, unsigned seed, const temporary_folder & folder) {
    std::mt19937 rng(seed);
    int n_refused = 0;
    const int n = 300;
    for (int i = 0; i < n; ++i) {
        const damaged_file damaged = damage_header(bytes, n_header, rng);
        write_bytes(folder.file("damaged.gguf"), damaged.bytes);
        n_refused += refused(folder.file("damaged.gguf"), vaner_format("seed %u, %s", seed, damaged.what.c_str()));
    }
    printf("%d of %d refused\n", n_refused, n);
    CHECK(n_refused > n / 20);
}

// Aims at the numbers outside the vocabulary, which fills most of the header.
static void test_numbers(const std::vector<char> & bytes, size_t n_header, const temporary_folder & folder) {
    const std::vector<std::string> keys = { "general.alignment", "llama-embed.", "modern-bert.", "vaner.", "_token_id",
        "add_bos", ".weight", ".bias", "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.token" };
    const std::string header(bytes.begin(), bytes.begin() + n_header);
    std::mt19937 rng(1);
    for (const std::string & key : keys) {
        for (size_t at = header.find(key); at != std::string::npos; at = header.find(key, at + 1)) {
            // type, value, dimensions, or offset: what follows the name
            const size_t from = at + key.size() + rng() % 60;
            if (from + 8 > n_header) {
                continue;
            }
            std::vector<char> damaged = bytes;
            damaged[from] ^= (char) (1 << rng() % 8);
            write_bytes(folder.file("number.gguf"), damaged);
            refused(folder.file("number.gguf"), vaner_format("behind %s at %zu", key.c_str(), at));
        }
    }
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0); // the last line names the file that crashed us
    const temporary_folder folder;
    unsigned seed = 1;
    for (const char * name : { "tiny-f32", "tiny-heads-f32", "tiny-bert-f32", "tiny-electra-f32", "tiny-unigram-f32",
             "tiny-modernbert-f32", "tiny-qwen3-f32" }) {
        const std::vector<char> bytes = read_bytes(fixture_model_path(name));
        gguf_init_params params = { /*.no_alloc =*/true, /*.ctx =*/nullptr };
        const gguf_context_ptr gguf(gguf_init_from_file(fixture_model_path(name).c_str(), params));
        const size_t n_header = gguf_get_data_offset(gguf.get());
        CHECK(!refused(fixture_model_path(name), name));
        test_truncated(bytes, n_header, folder);
        test_overwritten(bytes, n_header, seed++, folder);
        test_numbers(bytes, n_header, folder);
    }
    return test_result();
}
