// Devices by name, and a GPU that fails at its start, at loading or in the middle of the work. The GPU is a device that
// computes with the CPU's backend until it is told to fail.

#include "backends/backend.h"
#include "backends/devices.h"
#include "backends/log.h"
#include "engine/engine_client.h"
#include "test/fixtures.h"
#include "test/watched_job.h"

#include "ggml-backend-impl.h"

#include <mutex>
#include <stdexcept>
#include <utility>

enum class failure { none, no_start, status, exception };

static std::atomic<failure> g_failure{ failure::none };
static std::atomic<int> g_runs{ 0 };

static ggml_backend_device * gpu();

// Buffers are the CPU's, but the scheduler has to treat them as another device's.
static ggml_backend_buffer_type_t gpu_buffer_type(ggml_backend_dev_t) {
    static ggml_backend_buffer_type type = [] {
        ggml_backend_buffer_type copy = *ggml_backend_cpu_buffer_type();
        copy.iface.get_name = [](ggml_backend_buffer_type_t) { return "GPU0"; };
        copy.iface.is_host = [](ggml_backend_buffer_type_t) { return false; };
        copy.device = gpu();
        return copy;
    }();
    return &type;
}

static ggml_status compute(ggml_backend_t backend, ggml_cgraph * graph) {
    ++g_runs;
    switch (g_failure) {
    case failure::status: return GGML_STATUS_FAILED;
    case failure::exception: throw std::runtime_error("device lost");
    default: return ggml_backend_graph_compute((ggml_backend_t) backend->context, graph);
    }
}

static ggml_backend_t start(ggml_backend_dev_t device, const char *) {
    static uint8_t guid[16] = { 0x76, 0x61, 0x6e, 0x65, 0x72 };
    if (g_failure == failure::no_start) {
        return nullptr;
    }
    ggml_backend_i calls = {};
    calls.get_name = [](ggml_backend_t) { return "GPU0"; };
    calls.free = [](ggml_backend_t backend) {
        ggml_backend_free((ggml_backend_t) backend->context);
        delete backend;
    };
    calls.graph_compute = compute;
    return new ggml_backend{ &guid, calls, device, backend_start_cpu(1).release() };
}

static ggml_backend_reg * backend_of_gpu() {
    static ggml_backend_reg reg = { GGML_BACKEND_API_VERSION,
        { [](ggml_backend_reg_t) { return "Failing"; }, [](ggml_backend_reg_t) -> size_t { return 1; },
            [](ggml_backend_reg_t, size_t) -> ggml_backend_dev_t { return gpu(); }, nullptr },
        nullptr };
    return &reg;
}

static ggml_backend_device * gpu() {
    static ggml_backend_device device = [] {
        ggml_backend_device_i calls = {};
        calls.get_name = [](ggml_backend_dev_t) { return "GPU0"; };
        calls.get_description = calls.get_name;
        calls.get_memory = [](ggml_backend_dev_t, size_t * free, size_t * total) { *free = *total = 1 << 30; };
        calls.get_type = [](ggml_backend_dev_t) { return GGML_BACKEND_DEVICE_TYPE_GPU; };
        calls.get_props = [](ggml_backend_dev_t, ggml_backend_dev_props * props) {
            *props = {};
            props->name = props->description = "GPU0";
            props->type = GGML_BACKEND_DEVICE_TYPE_GPU;
        };
        calls.init_backend = start;
        calls.get_buffer_type = gpu_buffer_type;
        calls.supports_op = [](ggml_backend_dev_t, const ggml_tensor *) { return true; };
        calls.supports_buft = [](ggml_backend_dev_t dev, ggml_backend_buffer_type_t type) {
            return type == gpu_buffer_type(dev);
        };
        return ggml_backend_device{ calls, backend_of_gpu(), nullptr };
    }();
    return &device;
}

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
    CHECK(devices_best() == gpu());
    for (const char * name : { "GPU0", "gpu0", "failing" }) {
        CHECK(devices_find(name) == gpu());
    }
    CHECK(devices_find("cpu") == nullptr && devices_find("CPU") == nullptr);
    const std::string message = CHECK_THROWS(VANER_DEVICE, devices_find("GPU1"));
    CHECK(message.find("Available: CPU, GPU0.") != std::string::npos);
    const std::vector<backend_info> backends = devices_backends();
    CHECK(backends.size() == 2 && backends.back().name == "Failing" && backends.back().n_devices == 1);
}

static void test_failing_in_the_middle(const std::string & path) {
    const auto cpu = engine_client::load(path, on(nullptr), engine_params());
    const std::vector<float> expected = encode(*cpu);
    for (const failure kind : { failure::status, failure::exception }) {
        const auto client = engine_client::load(path, on(gpu()), engine_params());
        CHECK(is_on(*client, gpu()));
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
    CHECK(is_on(*working, gpu()));
    CHECK(take_log(GGML_LOG_LEVEL_WARN).empty());
    const std::vector<float> expected = encode(*working);
    close(*working);

    for (const failure kind : { failure::no_start, failure::status, failure::exception }) {
        g_failure = kind;
        const auto client = engine_client::load_on_best_device(path, on(nullptr), engine_params());
        CHECK(is_on(*client, devices_cpu()));
        CHECK(take_log(GGML_LOG_LEVEL_WARN).find("the CPU is used instead of 'GPU0': ") == 0);
        CHECK_AT_MOST(difference(encode(*client), expected), 1e-6);
        close(*client);

        CHECK_THROWS(VANER_DEVICE, engine_client::load(path, on(gpu()), engine_params())); // asked for by name
        g_failure = failure::none;
    }

    // what is wrong with the file is wrong on every device
    const std::string missing = fixture_model_path("missing");
    CHECK_THROWS(VANER_MODEL_NOT_FOUND, engine_client::load_on_best_device(missing, on(nullptr), engine_params()));
}

int main() {
    devices_init();
    ggml_backend_register(backend_of_gpu());
    const std::string path = fixture_model_path("tiny-f32");
    test_names();
    test_failing_in_the_middle(path);
    test_best_device(path);
    return test_result();
}
