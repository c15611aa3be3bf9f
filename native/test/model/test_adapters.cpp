// Adapters on shared bases: results, sharing and life time.

#include "engine/engine.h"
#include "graph/encoder.h"
#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/watched_job.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <thread>

static std::shared_ptr<token_classifier> load(const std::string & path, const std::string & adapter = "") {
    token_classifier_params params;
    params.adapter = adapter;
    return token_classifier::load(path, params);
}

static std::shared_ptr<token_classifier> load_fixture(const std::string & model, const std::string & adapter) {
    return load(fixture_model_path(model), fixture_adapter_path(adapter));
}

static std::vector<float> encode(encoder & enc, const reference_sequence & s) {
    encoder_batch batch;
    batch.add(s.tokens.data(), (int32_t) s.tokens.size(), s.rows.data(), s.rows.size());
    return enc.encode(batch);
}

// The reference is the merged model.
static void check_reference(const token_classifier & model, const char * adapter, double allowed) {
    for (const bool generic_ops : { false, true }) {
        encoder_params params;
        params.generic_ops = generic_ops;
        const auto enc = encoder::create(model, params);
        double worst = 0.0;
        for (const reference_sequence & s : fixture_adapter_reference(adapter)) {
            worst = std::max(worst, difference(encode(*enc, s), s.probs));
        }
        printf(
            "%-15s %s: %.2g from the reference\n", adapter, generic_ops ? "ggml's operations" : "own attention", worst);
        CHECK_AT_MOST(worst, allowed);
    }
}

static void test_reference() {
    check_reference(*load_fixture("tiny-f32", "tiny-qv"), "tiny-qv", 5e-6);
    check_reference(*load_fixture("tiny-f32", "tiny-all"), "tiny-all", 5e-6);
    check_reference(*load_fixture("tiny-f32", "tiny-own-heads"), "tiny-own-heads", 5e-6);
    check_reference(*load_fixture("tiny-q8_0", "tiny-all-f16"), "tiny-all-f16", 4e-2);

    // without the adapter the results differ
    const auto plain = load(fixture_model_path("tiny-f32"));
    const auto enc = encoder::create(*plain, encoder_params());
    for (const char * adapter : { "tiny-qv", "tiny-all" }) {
        const reference_sequence s = fixture_adapter_reference(adapter)[4];
        CHECK(difference(encode(*enc, s), s.probs) > 0.01);
    }
}

static void test_own_heads(const temporary_folder & folder) {
    const auto model = load_fixture("tiny-f32", "tiny-own-heads");
    CHECK((model->format.heads == std::vector<std::string>{ "Gene", "Species" }));
    CHECK((model->format.labels == std::vector<std::string>{ "O", "I", "B" }));
    CHECK(model->format.causal && !model->base->format.causal);
    CHECK(model->format.template_dataset == "Extract all entities from the input. ##input: ");
    CHECK(model->format.name == "tiny-f32" && model->lora->format.name == "tiny-own-heads");
    CHECK(model->base->format.heads == std::vector<std::string>{ "*" });

    // the same on a base without heads
    model_editor m("tiny-f32");
    m.remove_heads();
    const std::string base = folder.file("base.gguf");
    m.write(base);
    check_reference(*load(base, fixture_adapter_path("tiny-own-heads")), "tiny-own-heads", 5e-6);
    for (const std::string & adapter : { std::string(), fixture_adapter_path("tiny-qv") }) {
        const std::string message = CHECK_THROWS(VANER_MODEL_HEAD, load(base, adapter));
        CHECK(message.find("adapter") != std::string::npos);
    }

    // an adapter of heads alone
    model_editor heads_only = model_editor::of_adapter("tiny-own-heads");
    for (const ggml_tensor * t : std::vector<ggml_tensor *>(heads_only.tensors)) {
        if (strncmp(t->name, "cls.", 4) != 0) {
            heads_only.remove_tensor(t->name);
        }
    }
    heads_only.write(folder.file("heads.gguf"));
    const auto other = load(base, folder.file("heads.gguf"));
    CHECK(other->lora->format.matrices.empty() && other->heads.size() == 2);
    const auto enc = encoder::create(*other, encoder_params());
    const reference_sequence s = fixture_adapter_reference("tiny-own-heads")[4];
    CHECK(difference(encode(*enc, s), s.probs) > 0.01);
}

// alpha 0 or missing means a scale of 1, as in llama.cpp
static void test_scale(const temporary_folder & folder) {
    model_editor m = model_editor::of_adapter("tiny-qv");
    auto scale = [&] {
        m.write(folder.file("scale.gguf"));
        return load(fixture_model_path("tiny-f32"), folder.file("scale.gguf"))->layers[0].q.lora.scale;
    };
    CHECK(scale() == 2.0f);
    gguf_set_val_f32(m.gguf.get(), "adapter.lora.alpha", -1.0f);
    CHECK(scale() == -0.25f);
    gguf_set_val_f32(m.gguf.get(), "adapter.lora.alpha", 0.0f);
    CHECK(scale() == 1.0f);
    m.remove_key("adapter.lora.alpha");
    CHECK(scale() == 1.0f);
}

static void test_sharing(const temporary_folder & folder) {
    const std::string path = folder.file("shared.gguf");
    write_bytes(path, read_bytes(fixture_model_path("tiny-f32")));

    auto a = load(path, fixture_adapter_path("tiny-qv"));
    const std::weak_ptr<const base_model> base = a->base;
    auto b = load(folder.path + "/./shared.gguf", fixture_adapter_path("tiny-all"));
    auto c = load(path);
    CHECK(a->base == b->base && a->base == c->base);
    CHECK(a->layers[0].q.w == c->layers[0].q.w && !c->layers[0].q.lora.a && !c->lora);
    CHECK(c->n_bytes == c->base->n_bytes && a->n_bytes > c->n_bytes);

    token_classifier_params read_into_memory;
    read_into_memory.use_mmap = false;
    CHECK(token_classifier::load(path, read_into_memory)->base != a->base);

    a.reset();
    check_reference(*b, "tiny-all", 5e-6);
    b.reset();
    CHECK(!base.expired());
    c.reset();
    CHECK(base.expired());

    // a replaced file is another base
    c = load(path);
    write_bytes(folder.file("new.gguf"), read_bytes(fixture_model_path("tiny-causal-f32")));
    CHECK(rename(folder.file("new.gguf").c_str(), path.c_str()) == 0);
    const auto d = load(path);
    CHECK(d->base != c->base && d->format.causal && !c->format.causal);
}

// Concurrent loads share too; if one fails or is cancelled, the next one loads.
static void test_loading_at_once(const temporary_folder & folder) {
    const std::string path = folder.file("at-once.gguf");
    write_bytes(path, read_bytes(fixture_model_path("tiny-f32")));
    std::vector<std::shared_ptr<token_classifier>> models(12);
    std::atomic<int> n_cancelled{ 0 };
    std::vector<std::thread> threads;
    for (size_t i = 0; i < models.size(); ++i) {
        threads.emplace_back([&, i] {
            token_classifier_params params;
            params.adapter = i % 3 == 1 ? fixture_adapter_path("tiny-all") : "";
            params.progress = [&](float) { return i % 3 != 2; };
            try {
                models[i] = token_classifier::load(path, params);
            } catch (const vaner_error & e) {
                n_cancelled += e.status == VANER_ABORTED;
            }
        });
    }
    for (std::thread & thread : threads) {
        thread.join();
    }
    CHECK(n_cancelled == 4);
    for (size_t i = 0; i < models.size(); ++i) {
        CHECK(i % 3 == 2 ? !models[i] : models[i] && models[i]->base == models[0]->base);
    }
}

// Engines on one base, with different adapters and without, do not affect each other.
static void test_engines_at_once() {
    const char * const adapters[] = { "", "tiny-qv", "tiny-all", "tiny-own-heads" };
    std::vector<std::unique_ptr<engine>> engines;
    std::vector<std::vector<float>> expected;
    watched_job text;
    for (int i = 0; i < 40; ++i) {
        text.add(std::vector<int32_t>(5 + i, 300 + i));
    }
    for (const std::string adapter : adapters) {
        const auto model = load(fixture_model_path("tiny-f32"), adapter.empty() ? "" : fixture_adapter_path(adapter));
        const auto enc = encoder::create(*model, encoder_params());
        expected.push_back(alone(*enc, *text.job));
        engines.push_back(std::make_unique<engine>(model, engine_params()));
        CHECK(engines.back()->model()->base == engines.front()->model()->base);
    }
    for (size_t n_left = engines.size(); n_left > 0; --n_left) {
        std::vector<watched_job> jobs(8 * n_left);
        for (size_t i = 0; i < jobs.size(); ++i) {
            jobs[i].job->tokens = text.job->tokens;
            jobs[i].job->offsets = text.job->offsets;
            jobs[i].job->tagged_rows = text.job->tagged_rows;
            engines[i % n_left]->submit(jobs[i].job);
        }
        for (size_t i = 0; i < jobs.size(); ++i) {
            jobs[i].wait();
            CHECK_AT_MOST(difference(jobs[i].job->probs, expected[i % n_left]), 1e-6);
        }
        engines.pop_back(); // the others keep working
    }
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0);
    const temporary_folder folder;
    test_reference();
    test_own_heads(folder);
    test_scale(folder);
    test_sharing(folder);
    test_loading_at_once(folder);
    test_engines_at_once();
    return test_result();
}
