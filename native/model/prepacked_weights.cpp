#include "model/prepacked_weights.h"

#include "backends/devices.h"
#include "error.h"
#include "finite.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <new>
#include <thread>

#if !defined(_WIN32)
    #include <sys/mman.h>
    #include <unistd.h>
#endif

static const std::align_val_t HUGE_PAGE{ 2 << 20 };

static bool format_of(ggml_type type, weight_format & format) {
    switch (type) {
    case GGML_TYPE_Q8_0: format = weight_format::q8_0; return true;
    case GGML_TYPE_Q5_0: format = weight_format::q5_0; return true;
    case GGML_TYPE_Q4_0: format = weight_format::q4_0; return true;
    default: return false;
    }
}

// Releases the mapped pages inside the tensor. A later access would read them from the file again.
static void release(const ggml_tensor * t) {
#if !defined(_WIN32)
    if (strcmp(ggml_backend_buffer_name(t->buffer), "CPU_Mapped") != 0) {
        return;
    }
    const uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t) t->data + page - 1) / page * page;
    const uintptr_t last = ((uintptr_t) t->data + ggml_nbytes(t)) / page * page;
    if (first < last) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the address is rounded to pages
        madvise((void *) first, last - first, MADV_DONTNEED);
    }
#else
    (void) t;
#endif
}

// A matrix to prepack.
struct prepacking {
    linear * target;
    weight_format format;
    bool lossless; // else it has to be quantized to Q8_0
    size_t offset; // in the shared memory
};

static std::vector<prepacking> find_work(model_weights & model, int8_use use, size_t & n_bytes) {
    std::vector<prepacking> work;
    for (classifier_layer & l : model.layers) {
        for (linear * target : { &l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down }) {
            const ggml_tensor * w = target->w;
            if (!w) {
                continue; // no gate
            }
            prepacking p = { target, weight_format::q8_0, true, n_bytes };
            p.lossless = format_of(w->type, p.format);
            if (p.lossless || (use == int8_use::all && w->ne[0] % 32 == 0)) {
                work.push_back(p);
                n_bytes +=
                    prepacked_matrix::prepacked_size(model.format.scales, p.format, (int) w->ne[0], (int) w->ne[1]);
            }
        }
    }
    return work;
}

// Huge pages, if the system has them: the kernels stream through all weights for every batch, and small pages cost TLB
// misses.
static void * allocate(size_t n_bytes) {
    void * memory = ::operator new(n_bytes, HUGE_PAGE);
#if defined(MADV_HUGEPAGE)
    madvise(memory, n_bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

void prepacked_weights::free_memory::operator()(void * p) const {
    ::operator delete(p, HUGE_PAGE);
}

// A matrix of any type, as rows of Q8_0.
static std::vector<uint8_t> quantized(const ggml_tensor * w) {
    const int64_t n_in = w->ne[0];
    const size_t row_size = ggml_row_size(GGML_TYPE_Q8_0, n_in);
    std::vector<uint8_t> rows(row_size * w->ne[1]);
    std::vector<float> floats(n_in);
    for (int64_t row = 0; row < w->ne[1]; ++row) {
        const char * from = (const char *) w->data + row * w->nb[1];
        const float * values = (const float *) from;
        if (w->type != GGML_TYPE_F32) {
            ggml_get_type_traits(w->type)->to_float(from, floats.data(), n_in);
            values = floats.data();
        }
        if (!all_finite(values, (size_t) n_in)) {
            throw vaner_error(VANER_MODEL_WEIGHTS,
                vaner_format("the tensor '%s' holds values that are not numbers: the file is damaged, or was converted "
                             "wrongly. Copy or convert it again",
                    w->name));
        }
        ggml_quantize_chunk(GGML_TYPE_Q8_0, values, rows.data() + row * row_size, 0, 1, n_in, nullptr);
    }
    return rows;
}

static std::unique_ptr<const prepacked_matrix> prepack(const prepacking & p, int8_scales scales, char * memory) {
    const ggml_tensor * w = p.target->w;
    const std::vector<uint8_t> rows = p.lossless ? std::vector<uint8_t>() : quantized(w);
    const void * source = p.lossless ? w->data : rows.data();
    return std::make_unique<prepacked_matrix>(
        scales, p.format, source, (int) w->ne[0], (int) w->ne[1], memory + p.offset);
}

// Runs the tasks [0, n); they start in order.
static void run_together(int n_threads, size_t n, const std::function<void(size_t task)> & run_task) {
    std::atomic<size_t> next{ 0 };
    auto run = [&]() -> std::exception_ptr {
        try {
            for (size_t i = next++; i < n; i = next++) {
                run_task(i);
            }
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    };
    std::vector<std::exception_ptr> errors(std::min<size_t>(n, std::max(1, n_threads)));
    std::vector<std::thread> helpers;
    helpers.reserve(errors.size()); // a failure would destroy threads that run
    for (size_t i = 1; i < errors.size(); ++i) {
        try {
            helpers.emplace_back([&errors, &run, i] { errors[i] = run(); });
        } catch (const std::exception &) {
            break; // the threads that exist do the work
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
}

static bool should_prepack(const model_weights & model, int8_use use) {
    const bool too_large = use == int8_use::automatic && model.is_large();
    return use != int8_use::none && devices_all_cpu(model.devices) && prepacked_matrix::supported() && !too_large;
}

prepacked_weights prepack_weights(
    model_weights & model, int8_use use, int n_threads, const std::function<void()> & meanwhile) {
    size_t n_bytes = 0;
    std::vector<prepacking> work;
    if (should_prepack(model, use)) {
        work = find_work(model, use, n_bytes);
    }
    prepacked_weights prepacked;
    if (!work.empty()) {
        prepacked.memory.reset(allocate(n_bytes));
    }
    prepacked.matrices.resize(work.size());
    run_together(n_threads, 1 + work.size(), [&](size_t task) {
        if (task == 0) {
            meanwhile();
            return;
        }
        const prepacking & p = work[task - 1];
        prepacked.matrices[task - 1] = prepack(p, model.format.scales, (char *) prepacked.memory.get());
        release(p.target->w);
    });
    for (size_t i = 0; i < work.size(); ++i) {
        work[i].target->prepacked = prepacked.matrices[i].get();
    }
    return prepacked;
}
