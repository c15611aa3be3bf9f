// Quantizing of whole models: every type, like llama.cpp except for the heads.

#include "graph/encoder.h"
#include "quantize/compare.h"
#include "quantize/quantize.h"
#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"

#include "llama.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>

#ifndef _WIN32
    #include <csignal>
    #include <sys/resource.h>
#endif

static const std::atomic<bool> RUNNING{ false };

// A model whose rows fit all types, with random weights.
static model_editor wide_model() {
    model_editor m("tiny-f32");
    m.resize(256, 256);
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0.0f, 0.05f);
    for (ggml_tensor * t : m.tensors) {
        for (int64_t i = 0; i < ggml_nelements(t); ++i) {
            ((float *) t->data)[i] = t->ne[1] == 1 ? 1.0f : normal(random);
        }
    }
    return m;
}

static std::string importance_file(const temporary_folder & folder, const model_editor & m) {
    ggml_context_ptr ctx(ggml_init({ 4 << 20, nullptr, false }));
    gguf_context_ptr out(gguf_init_empty());
    std::mt19937 random(2);
    std::uniform_real_distribution<float> uniform(0.0f, 1e4f);
    for (const ggml_tensor * t : m.tensors) {
        if (t->ne[1] <= 3) {
            continue;
        }
        for (const char * suffix : { ".in_sum2", ".counts" }) {
            const int64_t n = suffix[1] == 'i' ? t->ne[0] : 1;
            ggml_tensor * values = ggml_new_tensor_1d(ctx.get(), GGML_TYPE_F32, n);
            ggml_set_name(values, (t->name + std::string(suffix)).c_str());
            for (int64_t i = 0; i < n; ++i) {
                ((float *) values->data)[i] = suffix[1] == 'i' ? uniform(random) : 64.0f;
            }
            gguf_add_tensor(out.get(), values);
        }
    }
    const std::string path = folder.file("imatrix.gguf");
    gguf_write_to_file(out.get(), path.c_str(), false);
    return path;
}

static std::vector<float> encode(const std::string & path) {
    const std::unique_ptr<token_classifier> model = token_classifier::load(path, token_classifier_params());
    const auto enc = encoder::create(*model, encoder_params());
    encoder_batch batch;
    const int32_t tokens[] = { 1, 300, 400, 12 };
    const int32_t rows[] = { 1, 3 };
    batch.add(tokens, 4, rows, 2);
    return enc->encode(batch);
}

static void check_all_types(const temporary_folder & folder) {
    const model_editor m = wide_model();
    const std::string input = folder.file("wide.gguf");
    const std::string output = folder.file("quantized.gguf");
    m.write(input);
    const std::string importance = importance_file(folder, m);
    const std::vector<float> exact = encode(input);

    for (const std::string & type : quantize_types()) { // slow the first time: ggml builds its tables
        quantize_params params;
        params.type = type;
        params.n_threads = 2;
        printf("%s\n", type.c_str());
        std::filesystem::remove(output);
        try {
            quantize_model(input, output, params, RUNNING);
        } catch (const vaner_error & error) {
            CHECK(error.status == VANER_INVALID_ARGUMENT && (type[0] == 'I' || type == "Q2_K_S"));
            CHECK(!std::filesystem::exists(output));
            params.importance = importance;
            quantize_model(input, output, params, RUNNING);
        }
        const gguf_file file = gguf_file_open(output);
        for (const ggml_tensor * t : m.tensors) {
            const ggml_type stored = file.tensor(t->name)->type;
            const bool kept = t->ne[1] <= 3;
            CHECK((stored == GGML_TYPE_F32) == (kept || type == "F32"));
            CHECK(type != "F16" || kept || stored == GGML_TYPE_F16);
            CHECK(type != "BF16" || kept || stored == GGML_TYPE_BF16);
        }
        CHECK(type != "BF16" || file.need_u32("general.file_type") == LLAMA_FTYPE_MOSTLY_BF16);
        CHECK(file.get_strs("vaner.heads") == std::vector<std::string>{ "*" });

        double error = 0;
        double norm = 0;
        for (const tensor_difference & d : compare_models(
                 input, output, [](float) {}, RUNNING)) {
            error += d.squared_error;
            norm += d.squared_norm;
            CHECK(d.name.rfind("cls.", 0) != 0 || d.squared_error == 0);
        }
        const double bits = 8.0 * file.size / (double) gguf_file_open(input).size * 4.0;
        CHECK_AT_MOST(std::sqrt(error / norm), type == "F32" ? 0.0 : bits >= 8 ? 0.01 : bits > 4 ? 0.2 : 0.8);

        const std::vector<float> probabilities = encode(output);
        for (size_t i = 0; i < exact.size(); ++i) {
            CHECK(probabilities[i] >= 0 && probabilities[i] <= 1);
            CHECK_AT_MOST(std::fabs(probabilities[i] - exact[i]), bits >= 8 ? 0.01 : 1.0);
        }
    }
}

// Bit-identical to llama.cpp's own tool, in all mixtures of types, with and without an importance matrix.
static void check_against_llama(const temporary_folder & folder) {
    const model_editor m = wide_model();
    const std::string input = folder.file("wide.gguf");
    m.write(input);
    const std::string importance = importance_file(folder, m);
    const gguf_context_ptr raw([&] {
        gguf_init_params params = { /*.no_alloc =*/true, /*.ctx =*/nullptr };
        return gguf_init_from_file(importance.c_str(), params);
    }());
    std::vector<std::pair<std::string, std::vector<float>>> values;
    const std::vector<char> bytes = read_bytes(importance);
    for (int64_t i = 0; i < gguf_get_n_tensors(raw.get()); ++i) {
        const std::string name = gguf_get_tensor_name(raw.get(), i);
        if (name.find(".in_sum2") == std::string::npos) {
            continue;
        }
        std::vector<float> sums(gguf_get_tensor_size(raw.get(), i) / sizeof(float));
        memcpy(sums.data(), bytes.data() + gguf_get_data_offset(raw.get()) + gguf_get_tensor_offset(raw.get(), i),
            sums.size() * sizeof(float));
        for (float & sum : sums) {
            sum /= 64.0f;
        }
        values.push_back({ name.substr(0, name.size() - strlen(".in_sum2")), std::move(sums) });
    }
    std::vector<llama_model_imatrix_data> entries;
    for (const auto & value : values) {
        entries.push_back({ value.first.c_str(), value.second.data(), value.second.size() });
    }
    entries.push_back({ nullptr, nullptr, 0 });

    const std::pair<const char *, llama_ftype> types[] = { { "Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M },
        { "IQ2_XS", LLAMA_FTYPE_MOSTLY_IQ2_XS }, { "Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0 } };
    for (const auto & type : types) {
        const std::string ours = folder.file(std::string("ours-") + type.first);
        const std::string theirs = folder.file(std::string("theirs-") + type.first);
        quantize_params params;
        params.type = type.first;
        params.importance = importance;
        quantize_model(input, ours, params, RUNNING);
        llama_model_quantize_params options = llama_model_quantize_default_params();
        options.nthread = 1;
        options.ftype = type.second;
        options.imatrix = entries.data();
        const llama_model_tensor_override heads[] = { { "^cls", GGML_TYPE_F32 }, { nullptr, GGML_TYPE_COUNT } };
        options.tt_overrides = heads;
        CHECK(llama_model_quantize(input.c_str(), theirs.c_str(), &options) == 0);

        const gguf_file file_ours = gguf_file_open(ours);
        const gguf_file file_theirs = gguf_file_open(theirs);
        const std::vector<char> bytes_ours = read_bytes(ours);
        const std::vector<char> bytes_theirs = read_bytes(theirs);
        auto data = [](const gguf_file & file, const std::vector<char> & all, const char * name) {
            const int64_t id = gguf_find_tensor(file.gguf.get(), name);
            const char * begin =
                all.data() + gguf_get_data_offset(file.gguf.get()) + gguf_get_tensor_offset(file.gguf.get(), id);
            return std::vector<char>(begin, begin + gguf_get_tensor_size(file.gguf.get(), id));
        };
        for (const ggml_tensor * t : m.tensors) {
            if (strncmp(t->name, "cls.", 4) != 0) {
                CHECK(data(file_ours, bytes_ours, t->name) == data(file_theirs, bytes_theirs, t->name));
            }
        }
    }
}

// ggml's writer ignores the key; the sizes in this file are multiples of the alignment anyway.
static model_editor aligned_model() {
    model_editor m("tiny-f32");
    m.remove_tensor("cls.output.bias");
    gguf_set_val_u32(m.gguf.get(), "general.alignment", 128);
    for (std::string padding;; padding += ' ') {
        gguf_set_val_str(m.gguf.get(), "test.padding", padding.c_str());
        const gguf_context_ptr written(gguf_init_empty());
        gguf_set_kv(written.get(), m.gguf.get());
        for (const ggml_tensor * t : m.tensors) {
            gguf_add_tensor(written.get(), t);
        }
        if (gguf_get_meta_size(written.get()) % 128 == 0) {
            return m;
        }
    }
}

// Larger alignments, weights that are already quantized, rows that are not multiples of a block.
static void check_odd_inputs(const temporary_folder & folder) {
    auto quantized = [&](const model_editor & m, const char * type) {
        const std::string input = folder.file("odd.gguf");
        const std::string output = folder.file("odd-quantized.gguf");
        m.write(input);
        std::filesystem::remove(output);
        quantize_params params;
        params.type = type;
        quantize_model(input, output, params, RUNNING);
        CHECK(!encode(output).empty());
        return gguf_file_open(output);
    };
    CHECK(gguf_get_alignment(quantized(aligned_model(), "Q5_0").gguf.get()) == GGUF_DEFAULT_ALIGNMENT);

    CHECK(quantized(model_editor("tiny-q4_0"), "Q8_0").tensor("blk.0.ffn_up.weight")->type == GGML_TYPE_Q8_0);
    CHECK(quantized(model_editor("tiny-q8_0"), "F16").tensor("blk.0.ffn_up.weight")->type == GGML_TYPE_F16);
    CHECK(quantized(model_editor("tiny-f16"), "Q4_K_M").tensor("blk.0.ffn_up.weight")->type == GGML_TYPE_Q5_0);
    const gguf_file heads = quantized(model_editor("tiny-heads-f32"), "BF16");
    CHECK(heads.tensor("cls.0.0.weight")->type == GGML_TYPE_F32);

    model_editor narrow("tiny-f32");
    narrow.resize(48, 80);
    CHECK(quantized(narrow, "Q4_K_M").tensor("blk.0.ffn_up.weight")->type == GGML_TYPE_F16);
}

static void check_refused(const temporary_folder & folder) {
    const std::string input = folder.file("refused.gguf");
    const std::string output = folder.file("refused-quantized.gguf");
    const quantize_params q8 = [] {
        quantize_params params;
        params.type = "Q8_0";
        return params;
    }();
    auto refused = [&](vaner_status status, const quantize_params & params) {
        CHECK_THROWS(status, quantize_model(input, output, params, RUNNING));
        CHECK(!std::filesystem::exists(output));
    };
    model_editor("tiny-f32").write(input);

    quantize_params params = q8;
    for (const char * type : { "", "q8_0", "COPY", "Q9_9", "NVFP4" }) {
        params.type = type;
        refused(VANER_INVALID_ARGUMENT, params);
    }
    params.type = "Q1_0"; // blocks of 128
    refused(VANER_INVALID_ARGUMENT, params);
    const std::string importance = importance_file(folder, wide_model());
    params.type = "Q4_K_M";
    params.importance = importance; // of a wider model
    refused(VANER_INVALID_ARGUMENT, params);
    params.importance = folder.file("none");
    refused(VANER_INVALID_ARGUMENT, params);

    write_bytes(output, { 'x' });
    CHECK_THROWS(VANER_OUTPUT, quantize_model(input, output, q8, RUNNING));
    CHECK(read_bytes(output) == std::vector<char>{ 'x' });
    std::filesystem::remove(output);
    CHECK_THROWS(VANER_OUTPUT, quantize_model(input, folder.file("none/out.gguf"), q8, RUNNING));
    CHECK_THROWS(VANER_MODEL_NOT_FOUND, quantize_model(folder.file("none"), output, q8, RUNNING));
    CHECK_THROWS(VANER_MODEL_ARCHITECTURE, quantize_model(fixture_model_path("tiny-llama"), output, q8, RUNNING));

    for (const float bad : { std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(), 1e9f }) {
        for (const char * name : { "token_embd.weight", "blk.1.ffn_down.weight", "output_norm.weight" }) {
            model_editor m("tiny-f32");
            ((float *) m.tensor(name)->data)[5] = bad;
            m.write(input);
            for (const char * type : { "Q8_0", "F16", "BF16", "IQ4_NL" }) {
                if (bad == 1e9f && (strcmp(type, "BF16") == 0 || strcmp(name, "output_norm.weight") == 0)) {
                    continue; // fits
                }
                params = q8;
                params.type = type;
                refused(VANER_MODEL_WEIGHTS, params);
            }
        }
    }
}

// The error names what is wrong: the file, or the disk.
static void check_causes(const temporary_folder & folder) {
    const std::string input = folder.file("cause.gguf");
    const std::string output = folder.file("cause-quantized.gguf");
    quantize_params params;
    params.type = "Q8_0";
    model_editor m("tiny-f32");
    gguf_set_val_u32(m.gguf.get(), "split.count", 1); // llama.cpp reads 16 bits
    m.write(input);
    const std::string message = CHECK_THROWS(VANER_MODEL_CORRUPT, quantize_model(input, output, params, RUNNING));
    CHECK(message.find("split.count") != std::string::npos);
    CHECK(!std::filesystem::exists(output));

#ifndef _WIN32
    rlimit before = {};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small = { 1 << 16, before.rlim_max };
    signal(SIGXFSZ, SIG_IGN); // writing fails instead
    setrlimit(RLIMIT_FSIZE, &small);
    CHECK_THROWS(VANER_OUTPUT, quantize_model(fixture_model_path("tiny-f32"), output, params, RUNNING));
    setrlimit(RLIMIT_FSIZE, &before);
    std::filesystem::remove(output);
#endif
}

// Cancelling stops at the next tensor, and all progress before it is reported.
static void check_cancelled(const temporary_folder & folder) {
    const std::string output = folder.file("cancelled.gguf");
    size_t n_steps = 0;
    quantize_params params;
    params.type = "Q8_0";
    params.progress = [&](float share) {
        CHECK(share >= 0 && share <= 1);
        ++n_steps;
    };
    quantize_model(fixture_model_path("tiny-f32"), output, params, RUNNING);
    CHECK(n_steps > 20);
    for (size_t stop = 0; stop < n_steps; ++stop) {
        std::filesystem::remove(output);
        std::atomic<bool> cancelled{ stop == 0 };
        size_t step = 0;
        params.progress = [&](float) { cancelled = ++step >= stop; };
        if (stop + 1 < n_steps) {
            CHECK_THROWS(VANER_ABORTED, quantize_model(fixture_model_path("tiny-f32"), output, params, cancelled));
            CHECK(step <= stop + 1);
        }
    }
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0); // the last line names the type that crashed us
    const temporary_folder folder;
    check_all_types(folder);
    check_against_llama(folder);
    check_odd_inputs(folder);
    check_refused(folder);
    check_causes(folder);
    check_cancelled(folder);
    return test_result();
}
