#pragma once

#include "ggml-backend-impl.h"

#include <atomic>
#include <stdexcept>

// A GPU that computes with the CPU's backend until it is told to fail.

enum class failure { none, no_start, status, exception, foreign };

inline std::atomic<failure> g_failure{ failure::none };
inline std::atomic<int> g_runs{ 0 };         // graphs that it was given
inline std::atomic<int> g_good_runs{ 0 };    // graphs that it computes before it fails
inline std::atomic<size_t> g_allocated{ 0 }; // bytes

inline ggml_backend_device * failing_gpu();

// Buffers are the CPU's, but the scheduler has to treat them as another device's.
inline ggml_backend_buffer_type_t gpu_buffer_type(ggml_backend_dev_t) {
    static ggml_backend_buffer_type type = [] {
        ggml_backend_buffer_type copy = *ggml_backend_cpu_buffer_type();
        copy.iface.get_name = [](ggml_backend_buffer_type_t) { return "GPU0"; };
        copy.iface.is_host = [](ggml_backend_buffer_type_t) { return false; };
        copy.iface.alloc_buffer = [](ggml_backend_buffer_type_t type, size_t size) {
            g_allocated += size;
            return ggml_backend_cpu_buffer_type()->iface.alloc_buffer(type, size);
        };
        copy.device = failing_gpu();
        return copy;
    }();
    return &type;
}

inline ggml_status compute(ggml_backend_t backend, ggml_cgraph * graph) {
    switch (++g_runs > g_good_runs ? g_failure.load() : failure::none) {
    case failure::status: return GGML_STATUS_FAILED;
    case failure::exception: throw std::runtime_error("device lost");
    case failure::foreign: throw 1; // as one of another C++ library, no std::exception
    default: return ggml_backend_graph_compute((ggml_backend_t) backend->context, graph);
    }
}

inline ggml_backend_t start(ggml_backend_dev_t device, const char *) {
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
    ggml_backend_t cpu = ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr);
    const auto set_n_threads = (ggml_backend_set_n_threads_t) ggml_backend_reg_get_proc_address(
        ggml_backend_dev_backend_reg(ggml_backend_get_device(cpu)), "ggml_backend_set_n_threads");
    set_n_threads(cpu, 1);
    return new ggml_backend{ &guid, calls, device, cpu };
}

inline ggml_backend_reg * failing_backend() {
    static ggml_backend_reg reg = { GGML_BACKEND_API_VERSION,
        { [](ggml_backend_reg_t) { return "Failing"; }, [](ggml_backend_reg_t) -> size_t { return 1; },
            [](ggml_backend_reg_t, size_t) -> ggml_backend_dev_t { return failing_gpu(); }, nullptr },
        nullptr };
    return &reg;
}

inline ggml_backend_device * failing_gpu() {
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
        return ggml_backend_device{ calls, failing_backend(), nullptr };
    }();
    return &device;
}
