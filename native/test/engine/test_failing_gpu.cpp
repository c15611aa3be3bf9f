// Devices by name, and a GPU that fails at its start, at loading or in the middle of the work.

#include "backends/devices.h"
#include "backends/log.h"
#include "engine/engine_client.h"
#include "graph/encoder.h"
#include "test/engine/failing_gpu.h"
#include "test/fixtures.h"
#include "test/watched_job.h"

#include <mutex>
#include <utility>

static token_classifier_params on(ggml_backend_dev_t device) {
    token_classifier_params params;
    params.device = device;
    return params;
}

static std::vector<float> encode(engine_client & client) {
    watched_job job;
    job.add({ 1, 300, 301, 302, 303 });
    job.add({ 1, 400, 401 });
    client.submit(job.job);
    job.wait();
    return job.job->probs;
}

static void close(engine_client & client) {
    std::promise<void> closed;
    client.close([&] { closed.set_value(); });
    closed.get_future().get();
}

static bool is_on(const engine_client & client, ggml_backend_dev_t device) {
    return client.model()->devices == std::vector<ggml_backend_dev_t>{ device };
}

// Lines that were logged since the last call.
static std::string take_log(ggml_log_level level) {
    static std::mutex mutex;
    static std::string lines[8];
    static const bool listening = [] {
        log_set_sink(&mutex, [](ggml_log_level of, const std::string & line) {
            std::lock_guard<std::mutex> lock(mutex);
            lines[of] += line + "\n";
        });
        return true;
    }();
    std::lock_guard<std::mutex> lock(mutex);
    return listening ? std::exchange(lines[level], "") : "";
}

static void test_names() {
    CHECK(devices_best() == failing_gpu());
    for (const char * name : { "GPU0", "gpu0", "failing" }) {
        CHECK(devices_find(name) == failing_gpu());
    }
    CHECK(devices_find("cpu") == nullptr && devices_find("CPU") == nullptr);
    const std::string message = CHECK_THROWS(VANER_DEVICE, devices_find("GPU1"));
    CHECK(message.find("Available: CPU, GPU0.") != std::string::npos);
    const std::vector<backend_info> backends = devices_backends();
    CHECK(backends.size() == 2 && backends.back().name == "Failing" && backends.back().n_devices == 1);
}

// The device gets each batch as one graph: nothing comes back to the CPU in between. Its memory is allocated before, and
// no more than docs/gpu.md says.
static void test_batches() {
    for (const char * name : { "tiny-f32", "tiny-heads-f32", "tiny-qwen2-f32", "tiny-qwen3-f32", "tiny-bert-f32",
             "tiny-electra-f32", "tiny-unigram-f32", "tiny-modernbert-f32" }) {
        g_checking = name;
        const auto model = fixture_model(name, failing_gpu());
        encoder_params params;
        params.batch_tokens = 512;
        g_allocated = 0;
        const auto enc = encoder::create(*model, params);
        const double n = params.batch_tokens;
        const model_format & f = model->format;
        const double n_masks = f.local.empty() ? 1 : 2;
        const double squares = 4 * n * n * (n_masks + f.n_head);
        const double activations = 4 * n * (4.0 * f.n_embd + 3.0 * f.n_ff);
        printf("%-22s %.3g of at most %.3g MB\n", name, g_allocated / 1e6, (squares + activations) / 1e6);
        CHECK_AT_MOST((double) g_allocated, squares + activations);

        g_runs = 0;
        g_allocated = 0;
        encoder_batch batch;
        for (const reference_sequence & s : fixture_reference(name)) {
            batch.add(s.tokens.data(), (int32_t) s.tokens.size(), s.rows.data(), s.rows.size());
        }
        enc->encode(batch);
        CHECK(g_runs == 1 && g_allocated == 0);
    }
    g_checking.clear();
}

static void test_failing_in_the_middle(const std::string & path) {
    const auto cpu = engine_client::load(path, on(nullptr), engine_params());
    const std::vector<float> expected = encode(*cpu);
    for (const failure kind : { failure::status, failure::exception, failure::foreign }) {
        const auto client = engine_client::load(path, on(failing_gpu()), engine_params());
        CHECK(is_on(*client, failing_gpu()));
        g_runs = 0;
        CHECK_AT_MOST(difference(encode(*client), expected), 1e-6);
        CHECK(g_runs > 0);

        g_failure = kind;
        const std::string message = CHECK_THROWS(VANER_DEVICE, encode(*client));
        CHECK(message.find("'GPU0' failed") != std::string::npos);

        // on the CPU, while the recognizer that failed still lives
        const auto again = engine_client::load(path, on(nullptr), engine_params());
        CHECK(encode(*again) == expected);
        close(*client);
        g_failure = failure::none;
    }
}

static void test_best_device(const std::string & path) {
    take_log(GGML_LOG_LEVEL_WARN);
    const auto working = engine_client::load_on_best_device(path, on(nullptr), engine_params());
    CHECK(is_on(*working, failing_gpu()));
    CHECK(take_log(GGML_LOG_LEVEL_WARN).empty());
    const std::vector<float> expected = encode(*working);
    close(*working);

    for (const failure kind : { failure::no_start, failure::status, failure::exception, failure::foreign }) {
        g_failure = kind;
        const auto client = engine_client::load_on_best_device(path, on(nullptr), engine_params());
        CHECK(is_on(*client, devices_cpu()));
        CHECK(take_log(GGML_LOG_LEVEL_WARN).find("the CPU is used instead of 'GPU0': ") == 0);
        CHECK_AT_MOST(difference(encode(*client), expected), 1e-6);
        close(*client);

        CHECK_THROWS(VANER_DEVICE, engine_client::load(path, on(failing_gpu()), engine_params())); // asked for by name
        g_failure = failure::none;
    }

    // what is wrong with the file is wrong on every device
    const std::string missing = fixture_model_path("missing");
    CHECK_THROWS(VANER_MODEL_NOT_FOUND, engine_client::load_on_best_device(missing, on(nullptr), engine_params()));
}

int main() {
    devices_init();
    ggml_backend_register(failing_backend());
    const std::string path = fixture_model_path("tiny-f32");
    test_names();
    test_batches();
    test_failing_in_the_middle(path);
    test_best_device(path);
    return test_result();
}
