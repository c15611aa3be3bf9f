#include "backends/backend.h"

#include "backends/devices.h"
#include "error.h"

#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

ggml_backend_ptr backend_start(ggml_backend_dev_t device) {
    ggml_backend_ptr backend(ggml_backend_dev_init(device, nullptr));
    if (!backend) {
        throw vaner_error(VANER_DEVICE,
            vaner_format("the device '%s' could not be started: check its driver, or use the CPU (`gpu: false`)",
                ggml_backend_dev_name(device)));
    }
    return backend;
}

ggml_backend_ptr backend_start_cpu(int n_threads) {
    ggml_backend_ptr backend = backend_start(devices_cpu());
    device_function<ggml_backend_set_n_threads_t>(devices_cpu(), "ggml_backend_set_n_threads")(
        backend.get(), n_threads);
    return backend;
}

void backend_set_cancelled(ggml_backend_t cpu, const std::function<bool()> & cancelled) {
    static const auto set_abort_callback =
        device_function<ggml_backend_set_abort_callback_t>(devices_cpu(), "ggml_backend_set_abort_callback");
    set_abort_callback(
        cpu,
        [](void * user_data) {
            const auto & asked = *(const std::function<bool()> *) user_data;
            return asked && asked();
        },
        (void *) &cancelled);
}

void backend_need_threads(int n_threads) {
    if (n_threads <= 1) {
        return;
    }
    std::mutex all_started;
    std::vector<std::thread> threads;
    std::string problem;
    {
        const std::lock_guard<std::mutex> lock(all_started);
        try {
            threads.reserve(n_threads);
            for (int i = 1; i < n_threads; ++i) { // the caller is the first
                threads.emplace_back([&] { const std::lock_guard<std::mutex> wait(all_started); });
            }
        } catch (const std::exception & error) {
            problem = error.what();
        }
    }
    for (std::thread & thread : threads) {
        thread.join();
    }
    if (!problem.empty()) {
        throw vaner_error(VANER_OUT_OF_MEMORY,
            vaner_format("%d threads could not be started: %s. Use fewer (`threads`)", n_threads, problem.c_str()));
    }
}

void backend_check(ggml_status status) {
    if (status == GGML_STATUS_ABORTED) {
        throw vaner_error(VANER_ABORTED, "encoding was cancelled");
    }
    if (status != GGML_STATUS_SUCCESS) {
        throw vaner_error(VANER_COMPUTE, vaner_format("the forward pass failed: %s", ggml_status_to_string(status)));
    }
}
