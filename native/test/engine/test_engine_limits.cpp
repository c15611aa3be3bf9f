// Engines that get no memory, or no threads: errors with a code, and everything works once there is enough again.

#include "engine/engine_client.h"

#include "test/fixtures.h"
#include "test/watched_job.h"

#include <climits>
#include <cstdlib>
#include <new>
#include <thread>

#ifdef __linux__
    #include <dlfcn.h>
    #include <pthread.h>
#endif

// The n-th allocation of any thread but this one fails; 0: none.
static std::atomic<int> g_failing{ 0 };
static const std::thread::id g_main = std::this_thread::get_id();

// Out of line: the compiler would take free() for a mistake.
#if defined(__GNUC__)
    #define VANER_NOINLINE __attribute__((noinline))
#else
    #define VANER_NOINLINE
#endif

VANER_NOINLINE void * operator new(size_t n_bytes) {
    if (g_failing > 0 && std::this_thread::get_id() != g_main && --g_failing == 0) {
        throw std::bad_alloc();
    }
    void * memory = std::malloc(n_bytes ? n_bytes : 1); // NOLINT(cppcoreguidelines-no-malloc)
    if (!memory) {
        throw std::bad_alloc();
    }
    return memory;
}

VANER_NOINLINE void operator delete(void * memory) noexcept {
    std::free(memory); // NOLINT(cppcoreguidelines-no-malloc)
}

VANER_NOINLINE void operator delete(void * memory, size_t) noexcept {
    std::free(memory); // NOLINT(cppcoreguidelines-no-malloc)
}

#ifdef __linux__
static std::atomic<int> g_threads_left{ INT_MAX };

extern "C" int pthread_create(
    pthread_t * thread, const pthread_attr_t * attributes, void * (*run)(void *), void * data) {
    static const auto create = (decltype(&pthread_create)) dlsym(RTLD_NEXT, "pthread_create");
    return g_threads_left-- > 0 ? create(thread, attributes, run, data) : EAGAIN;
}
#endif

static std::vector<watched_job> submit_jobs(engine & eng) {
    std::vector<watched_job> jobs(3);
    for (watched_job & job : jobs) {
        for (int i = 1; i < 6; ++i) {
            job.add(std::vector<int32_t>(5 * i, 40 * i));
        }
    }
    for (const watched_job & job : jobs) {
        eng.submit(job.job);
    }
    return jobs;
}

static void test_memory() {
    const std::shared_ptr<const token_classifier> model = fixture_model("tiny-f32");
    engine_params params;
    params.batch_tokens = 40;
    engine eng(model, params);
    std::vector<watched_job> expected = submit_jobs(eng);
    for (watched_job & job : expected) {
        job.wait();
    }
    int n_failed = 0;
    for (int n = 1;; ++n) {
        g_failing = n;
        std::vector<watched_job> jobs = submit_jobs(eng);
        bool failed = false;
        for (size_t i = 0; i < jobs.size(); ++i) {
            try {
                jobs[i].wait();
                CHECK(jobs[i].job->probs == expected[i].job->probs);
            } catch (const std::bad_alloc &) {
                failed = true;
            }
        }
        if (g_failing > 0) {
            break; // there were fewer allocations
        }
        n_failed += failed;
    }
    g_failing = 0;
    CHECK(n_failed > 10);
}

#ifdef __linux__
static void test_threads() {
    token_classifier_params loading;
    loading.int8 = int8_use::all;
    loading.n_threads = 4;
    g_threads_left = 0;
    std::shared_ptr<const token_classifier> model = token_classifier::load(fixture_model_path("tiny-f32"), loading);

    engine_params params;
    params.n_threads = 3;
    const std::weak_ptr<const token_classifier> watched = model;
    CHECK_THROWS(VANER_OUT_OF_MEMORY, engine(std::move(model), params));
    CHECK(watched.expired());

    // ggml's threads
    model = fixture_model("tiny-f32");
    encoder_params together;
    together.n_threads = 3;
    encoder_batch batch;
    const int32_t tokens[] = { 1, 2 };
    batch.add(tokens, 2, tokens, 1);
    for (const bool generic : { false, true }) {
        together.generic_ops = generic;
        g_threads_left = 1;
        CHECK_THROWS(VANER_OUT_OF_MEMORY, encoder::create(*model, together)->encode(batch));
        g_threads_left = INT_MAX;
        CHECK(!encoder::create(*model, together)->encode(batch).empty());
    }

    for (const int left : { 1, INT_MAX }) { // fewer are enough
        g_threads_left = left;
        engine eng(model, params);
        for (watched_job & job : submit_jobs(eng)) {
            job.wait();
        }
    }
}
#endif

int main() {
#ifdef __linux__
    test_threads(); // first: the threads of a pool stay
#endif
    test_memory();
    return test_result();
}
