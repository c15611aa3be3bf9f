#include "model/packed_weights.h"

#include "backends/devices.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <system_error>
#include <thread>

#if !defined(_WIN32)
    #include <sys/mman.h>
    #include <unistd.h>
#endif

static const uint64_t MOST_PARAMETERS = 1000000000;

static bool format_of(ggml_type type, int8_weights & format) {
    switch (type) {
    case GGML_TYPE_Q8_0: format = int8_weights::q8_0; return true;
    case GGML_TYPE_Q5_0: format = int8_weights::q5_0; return true;
    case GGML_TYPE_Q4_0: format = int8_weights::q4_0; return true;
    default: return false;
    }
}

// The file's pages that lie within the tensor; they come back from the file should anyone read them.
static void release(const ggml_tensor * t) {
#if !defined(_WIN32)
    if (strcmp(ggml_backend_buffer_name(t->buffer), "CPU_Mapped") != 0) {
        return;
    }
    const uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t) t->data + page - 1) / page * page;
    const uintptr_t last = ((uintptr_t) t->data + ggml_nbytes(t)) / page * page;
    if (first < last) {
        madvise((void *) first, last - first, MADV_DONTNEED);
    }
#else
    (void) t;
#endif
}

struct packing {
    linear * target;
    int8_weights format;
};

static std::vector<packing> find_work(model_weights & model) {
    std::vector<packing> work;
    for (classifier_layer & l : model.layers) {
        for (linear * target : { &l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down }) {
            packing p = { target, int8_weights::q8_0 };
            if (format_of(target->w->type, p.format)) {
                work.push_back(p);
            }
        }
    }
    return work;
}

packed_weights pack_weights(model_weights & model) {
    const bool on_cpu = std::all_of(
        model.devices.begin(), model.devices.end(), [](ggml_backend_dev_t device) { return device == devices_cpu(); });
    if (!on_cpu || !int8_matrix::supported() || model.n_params >= MOST_PARAMETERS) {
        return {};
    }
    const std::vector<packing> work = find_work(model);
    packed_weights packed(work.size());

    std::atomic<size_t> next{ 0 };
    auto run = [&]() -> std::exception_ptr {
        try {
            for (size_t i = next++; i < work.size(); i = next++) {
                const ggml_tensor * w = work[i].target->w;
                packed[i] = int8_matrix::pack(work[i].format, w->data, (int) w->ne[0], (int) w->ne[1]);
                release(w);
            }
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    };
    std::vector<std::exception_ptr> errors(std::max(1u, std::thread::hardware_concurrency()));
    std::vector<std::thread> helpers;
    for (size_t i = 1; i < errors.size(); ++i) {
        try {
            helpers.emplace_back([&errors, &run, i] { errors[i] = run(); });
        } catch (const std::system_error &) {
            break; // the others do its share
        }
    }
    errors[0] = run();
    for (std::thread & helper : helpers) {
        helper.join();
    }
    for (const std::exception_ptr & error : errors) {
        if (error) {
            std::rethrow_exception(error);
        }
    }
    for (size_t i = 0; i < work.size(); ++i) {
        work[i].target->packed = packed[i].get();
    }
    return packed;
}
