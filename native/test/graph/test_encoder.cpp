// Encoders against the reference probabilities, with every fixture model and every kind of operations.

#include "graph/encoder.h"

#include "backends/devices.h"
#include "kernels/matmul/prepacked_matrix.h"
#include "test/fixtures.h"
#include "test/graph/sequences.h"
#include "test/model_editor.h"
#include "test/test.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

// Where the models lie; NULL: the CPU.
static ggml_backend_dev_t g_device = nullptr;

static std::unique_ptr<token_classifier> loaded(const char * name, const char * adapter = nullptr) {
    return fixture_model(name, g_device, adapter ? fixture_adapter_path(adapter) : "");
}

// GPUs may round the factors of products in F32 to F16 or TF32: then the bounds of tiny-f16 hold for all models.
static bool g_rounds = false;

static double allowed(double limit, double rounded) {
    return g_rounds ? std::max(limit, rounded) : limit;
}

// Bounds for absolute differences of a probability. With F16 and quantized weights the activations are rounded too: a
// difference in the last bit, since the kernel depends on the shape of the batch, can grow to a whole rounding step.
struct tolerance {
    const char * model;
    double reference;
    double reference_mean;
    double batched; // from the sequence alone
    const char * adapter = nullptr;
};

static const tolerance TOLERANCES[] = {
    { "tiny-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-causal-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-apart-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-rope-factors-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-heads-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-bert-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-electra-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-unigram-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-modernbert-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-qwen2-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-qwen3-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-tokens-f32", 5e-6, 5e-7, 1e-6 },
    { "tiny-f32", 5e-6, 5e-7, 1e-6, "tiny-qv" },
    { "tiny-f32", 5e-6, 5e-7, 1e-6, "tiny-all" },
    { "tiny-f32", 5e-6, 5e-7, 1e-6, "tiny-own-heads" },
    { "tiny-f16", 2e-3, 2e-4, 6e-4 },
    { "tiny-q8_0", 4e-2, 5e-3, 2e-3 },
    { "tiny-q4_0", 4e-2, 5e-3, 6e-3 },
    { "tiny-q8_0", 4e-2, 5e-3, 6e-3, "tiny-all-f16" },
};

static void check_sums(const std::vector<float> & probs, size_t n_labels) {
    for (size_t i = 0; i < probs.size(); i += n_labels) {
        double sum = 0.0;
        for (size_t l = 0; l < n_labels; ++l) {
            sum += probs[i + l];
        }
        CHECK_AT_MOST(std::fabs(sum - 1.0), 1e-5);
    }
}

static void check_model(const tolerance & limits, const encoder_params & params) {
    const std::unique_ptr<token_classifier> model = loaded(limits.model, limits.adapter);
    const std::vector<reference_sequence> sequences =
        limits.adapter ? fixture_adapter_reference(limits.adapter) : fixture_reference(limits.model);
    const auto enc = encoder::create(*model, params);
    CHECK(enc->n_probs() == model->heads.size() * model->format.labels.size());

    std::vector<size_t> order(sequences.size());
    for (size_t s = 0; s < order.size(); ++s) {
        order[s] = s;
    }
    const auto batched = encode_batched(*enc, sequences, order);
    std::reverse(order.begin(), order.end());
    std::swap(order[0], order[3]);
    const auto reordered = encode_batched(*enc, sequences, order);
    const auto repeated = encode_batched(*enc, sequences, order);

    difference reference;
    difference alone_batched;
    for (size_t s = 0; s < sequences.size(); ++s) {
        const std::vector<float> alone = encode_one(*enc, sequences[s]);
        CHECK(alone.size() == sequences[s].probs.size() && batched[s].size() == alone.size());
        reference.add(alone.data(), sequences[s].probs.data(), alone.size());
        reference.add(batched[s].data(), sequences[s].probs.data(), alone.size());
        alone_batched.add(alone.data(), batched[s].data(), alone.size());
        alone_batched.add(batched[s].data(), reordered[s].data(), alone.size());
        CHECK(reordered[s] == repeated[s]);
        check_sums(alone, model->format.labels.size());
    }
    CHECK_AT_MOST(reference.worst, allowed(limits.reference, 2e-3));
    CHECK_AT_MOST(reference.mean(), allowed(limits.reference_mean, 2e-4));
    CHECK_AT_MOST(alone_batched.worst, allowed(limits.batched, 6e-4));
    printf("%-22s %d threads, %s: from the reference %.2g, mean %.2g; batched from alone %.2g\n",
        limits.adapter ? limits.adapter : limits.model, params.n_threads,
        g_device                 ? ggml_backend_dev_name(g_device)
            : params.generic_ops ? "ggml's operations"
                                 : "own attention    ",
        reference.worst, reference.mean(), alone_batched.worst);
}

// The last layer computes tagged rows only: the choice of rows must not change their results.
static void check_rows(const encoder_params & params) {
    const std::unique_ptr<token_classifier> model = loaded("tiny-f32");
    const auto enc = encoder::create(*model, params);
    reference_sequence s = fixture_reference("tiny-f32")[4];
    s.rows.resize(s.tokens.size());
    for (size_t i = 0; i < s.rows.size(); ++i) {
        s.rows[i] = (int32_t) i;
    }
    const std::vector<float> all = encode_one(*enc, s);
    const size_t n = enc->n_probs();
    for (const std::vector<int32_t> & rows :
        { std::vector<int32_t>{ 0 }, { 32 }, { 31, 5 }, { 7, 7, 7 }, { 0, 2, 4, 6, 8, 10 } }) {
        s.rows = rows;
        const std::vector<float> some = encode_one(*enc, s);
        CHECK(some.size() == rows.size() * n);
        for (size_t i = 0; i < rows.size(); ++i) {
            const std::vector<float> a(some.begin() + i * n, some.begin() + (i + 1) * n);
            const std::vector<float> b(all.begin() + rows[i] * n, all.begin() + (rows[i] + 1) * n);
            CHECK_AT_MOST(worst_of(a, b), allowed(1e-6, 6e-4));
        }
    }
}

// tiny-causal-f32 has the weights of tiny-f32 and another mask.
static void check_causal(const encoder_params & params) {
    const std::unique_ptr<token_classifier> full = loaded("tiny-f32");
    const std::unique_ptr<token_classifier> causal = loaded("tiny-causal-f32");
    CHECK(!full->format.causal && causal->format.causal);
    const auto full_enc = encoder::create(*full, params);
    const auto causal_enc = encoder::create(*causal, params);
    const int32_t n = 20;
    reference_sequence s;
    for (int32_t i = 0; i < n; ++i) {
        s.tokens.push_back(300 + i * 7);
        s.rows.push_back(i);
    }
    const std::vector<float> before = encode_one(*causal_enc, s);
    CHECK(worst_of(encode_one(*full_enc, s), before) > 0.01);

    s.tokens.back() = 5; // earlier tokens don't see it
    const std::vector<float> after = encode_one(*causal_enc, s);
    const size_t last = (n - 1) * causal_enc->n_probs();
    CHECK_AT_MOST(worst_of({ before.begin(), before.begin() + last }, { after.begin(), after.begin() + last }),
        allowed(1e-6, 6e-4));
    CHECK(worst_of({ before.begin() + last, before.end() }, { after.begin() + last, after.end() }) > 0.001);
}

// Under a causal mask an instruction gives the same result inside the sequence and set apart.
static void check_causal_instructions(const encoder_params & params) {
    const std::unique_ptr<token_classifier> model = loaded("tiny-causal-f32");
    const auto enc = encoder::create(*model, params);
    for (reference_sequence s : fixture_reference("tiny-causal-f32")) {
        const std::vector<float> together = encode_one(*enc, s);
        s.n_instruction = s.rows.front(); // up to the first that is classified
        CHECK_AT_MOST(worst_of(encode_one(*enc, s), together), allowed(1e-6, 6e-4));
    }
}

// Cached instructions give the results of fresh ones, whatever was encoded in between.
static void check_instructions(const encoder_params & params) {
    const std::unique_ptr<token_classifier> model = loaded("tiny-apart-f32");
    const auto enc = encoder::create(*model, params);
    std::vector<reference_sequence> sequences;
    std::vector<std::vector<float>> expected;
    for (int32_t i = 0; i < 60; ++i) {
        reference_sequence s;
        s.n_instruction = i % 20;
        for (int32_t t = 0; t < 24 + i % 7; ++t) {
            s.tokens.push_back((t * 31 + (t < s.n_instruction ? i / 2 : i) * 7) % (int32_t) model->format.n_vocab);
        }
        s.rows = { s.n_instruction, (int32_t) s.tokens.size() - 1 };
        sequences.push_back(s);
        expected.push_back(encode_one(*enc, s));
    }
    CHECK(worst_of(expected[19], expected[59]) > 0.01);
    const auto batched = encode_batched(*enc, sequences, backwards(sequences.size()));
    for (size_t s = 0; s < sequences.size(); ++s) {
        CHECK_AT_MOST(worst_of(batched[s], expected[s]), allowed(1e-6, 6e-4));
    }

    // Cancelled while an instruction is computed, then encoded again.
    reference_sequence s = sequences[19];
    for (const int after : { 0, 3, 10, 30 }) {
        s.tokens.front() = 11 + after;
        encoder_batch batch;
        add(batch, s);
        std::atomic<int> asked{ 0 };
        try {
            enc->encode(batch, [&] { return asked++ >= after; });
        } catch (const vaner_error & error) {
            CHECK(error.status == VANER_ABORTED);
        }
        const auto fresh = encoder::create(*model, params);
        CHECK_AT_MOST(worst_of(enc->encode(batch), encode_one(*fresh, s)), allowed(1e-6, 6e-4));
    }
}

static void check_cancelling(const encoder_params & params) {
    const std::unique_ptr<token_classifier> model = loaded("tiny-f32");
    const std::vector<reference_sequence> sequences = fixture_reference("tiny-f32");
    const auto enc = encoder::create(*model, params);
    encoder_batch batch;
    for (const reference_sequence & s : sequences) {
        add(batch, s);
    }
    const std::vector<float> expected = enc->encode(batch);
    for (const int after : { 0, 1, 2, 5, 10, 20 }) {
        std::atomic<int> asked{ 0 };
        CHECK_THROWS(VANER_ABORTED, enc->encode(batch, [&] { return asked++ >= after; }));
        CHECK_AT_MOST(worst_of(enc->encode(batch, [] { return false; }), expected), 1e-6);
    }
}

// Batches of growing and shrinking sizes reuse one encoder's memory.
static void check_sizes(const encoder_params & params) {
    const std::unique_ptr<token_classifier> model = loaded("tiny-f32");
    const auto enc = encoder::create(*model, params);
    for (const int32_t n : { 2, 300, 1, 512, 3, 511, 17 }) {
        reference_sequence s;
        for (int32_t i = 0; i < n; ++i) {
            s.tokens.push_back((i * 31 + n) % (int32_t) model->format.n_vocab);
        }
        s.rows = { 0, n - 1 };
        const std::vector<float> probs = encode_one(*enc, s);
        const auto fresh = encoder::create(*model, params);
        CHECK_AT_MOST(worst_of(probs, encode_one(*fresh, s)), allowed(1e-6, 6e-4));
        check_sums(probs, model->format.labels.size());
    }
}

// 8-bit integer products on request: weights of any type, near the reference, bit-identical in every batch.
static void check_int8(int8_scales scales) {
    for (const char * name : { "tiny-f32", "tiny-f16", "tiny-q8_0", "tiny-q4_0", "tiny-heads-f32", "tiny-causal-f32",
             "tiny-apart-f32", "tiny-bert-f32", "tiny-electra-f32", "tiny-modernbert-f32" }) {
        token_classifier_params load;
        load.int8 = int8_use::all;
        load.scales = scales;
        const auto model = token_classifier::load(fixture_model_path(name), load);
        for (const classifier_layer & l : model->layers) {
            for (const linear * matrix : { &l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down }) {
                CHECK((matrix->prepacked != nullptr) == (matrix->w && prepacked_matrix::supported()));
            }
        }
        const auto enc = encoder::create(*model, encoder_params());
        const std::vector<reference_sequence> sequences = fixture_reference(name);
        const auto batched = encode_batched(*enc, sequences, backwards(sequences.size()));
        difference reference;
        for (size_t s = 0; s < sequences.size(); ++s) {
            const std::vector<float> alone = encode_one(*enc, sequences[s]);
            // dense layers of heads run on ggml's kernels, which depend on the shape of the batch
            const bool own_head = model->heads[0].dense.empty() || model->format.prediction_head;
            const bool same_bits = prepacked_matrix::supported() && own_head;
            CHECK(!same_bits || alone == batched[s]);
            CHECK_AT_MOST(worst_of(alone, batched[s]), prepacked_matrix::supported() ? 1e-6 : 6e-3);
            reference.add(batched[s].data(), sequences[s].probs.data(), batched[s].size());
        }
        CHECK_AT_MOST(reference.worst, 4e-2);
        CHECK_AT_MOST(reference.mean(), 5e-3);
        printf("%-22s int8, %s: from the reference %.2g, mean %.2g\n", name,
            scales == int8_scales::rows ? "rows" : "blocks", reference.worst, reference.mean());
    }
}

// Attention heads of 64, which allow operands in BF16, and queries, keys and values of LLaMA's shape stored so: against
// ggml's own operations in F32.
static void check_wide_heads() {
    const temporary_folder folder;
    std::mt19937 rng(3);
    for (const char * name :
        { "tiny-f32", "tiny-causal-f32", "tiny-apart-f32", "tiny-bert-f32", "tiny-modernbert-f32" }) {
        model_editor editor(name);
        editor.resize(256, 288, 3);
        for (ggml_tensor * t : editor.tensors) {
            const bool is_norm = strstr(t->name, "norm.weight") != nullptr;
            std::normal_distribution<float> normal(0.0f, is_norm ? 0.2f : 1.0f / std::sqrt((float) t->ne[0]));
            float * values = (float *) t->data;
            std::generate(values, values + ggml_nelements(t), [&] { return normal(rng) + (is_norm ? 1.0f : 0.0f); });
        }
        const std::string path = folder.file(name);
        editor.write(path);

        token_classifier_params load;
        load.int8 = int8_use::none;
        const auto floats = token_classifier::load(path, load);
        load.int8 = int8_use::all;
        load.scales = int8_scales::rows;
        const auto rounded = token_classifier::load(path, load);
        encoder_params generic;
        generic.generic_ops = true;
        const auto expected = encoder::create(*floats, generic);
        const auto enc = encoder::create(*rounded, encoder_params());

        std::vector<reference_sequence> sequences = fixture_reference(name);
        const auto batched = encode_batched(*enc, sequences, backwards(sequences.size()));
        difference difference;
        for (size_t s = 0; s < sequences.size(); ++s) {
            CHECK(!prepacked_matrix::supported() || encode_one(*enc, sequences[s]) == batched[s]);
            const std::vector<float> reference = encode_one(*expected, sequences[s]);
            difference.add(batched[s].data(), reference.data(), reference.size());
        }
        CHECK_AT_MOST(difference.worst, prepacked_matrix::supported() ? 8e-2 : 1e-5); // wrong angles: 0.8

        CHECK_AT_MOST(difference.mean(), prepacked_matrix::supported() ? 1.5e-2 : 1e-6);
        printf("%-22s heads of 64: from F32 %.2g, mean %.2g\n", name, difference.worst, difference.mean());
    }
}

// By default only weights that prepack without loss.
static void check_automatic_int8() {
    token_classifier_params load;
    load.int8 = int8_use::none;
    const auto plain = token_classifier::load(fixture_model_path("tiny-q8_0"), load);
    load.int8 = int8_use::automatic;
    const auto automatic = token_classifier::load(fixture_model_path("tiny-q8_0"), load);
    const auto floats = token_classifier::load(fixture_model_path("tiny-f32"), load);
    CHECK(!plain->layers[0].q.prepacked && !floats->layers[0].q.prepacked);
    CHECK((automatic->layers[0].q.prepacked != nullptr) == prepacked_matrix::supported());
}

static void check_executor(const encoder_params & params) {
    for (const tolerance & limits : TOLERANCES) {
        check_model(limits, params);
    }
    check_rows(params);
    check_causal(params);
    check_causal_instructions(params);
    check_instructions(params);
    check_sizes(params);
}

// On the best GPU of this build, also a driver in software, which ggml offers if GGML_VK_VISIBLE_DEVICES names it.
static int test_gpu() {
    g_device = devices_best();
    if (!g_device) {
        printf("skipped: no backend of this build finds a GPU\n");
        return SKIPPED;
    }
    // In F32 lavapipe computes as the CPU does.
    const bool is_exact = getenv("GGML_VK_DISABLE_F16") && strstr(ggml_backend_dev_description(g_device), "llvmpipe");
    g_rounds = !is_exact;
    check_executor({});
    return test_result();
}

int main(int argc, char ** argv) {
    if (argc > 1 && strcmp(argv[1], "gpu") == 0) {
        return test_gpu();
    }
    check_int8(int8_scales::blocks);
    check_int8(int8_scales::rows);
    check_wide_heads();
    check_automatic_int8();
    for (const bool generic_ops : { false, true }) {
        encoder_params params;
        params.generic_ops = generic_ops;
        check_executor(params);
        check_cancelling(params);

        // one model is enough: ggml's threads spin at barriers, which is slow on a busy machine
        params.n_threads = 2;
        check_model(TOLERANCES[0], params);
    }
    return test_result();
}
