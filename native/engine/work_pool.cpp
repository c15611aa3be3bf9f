#include "engine/work_pool.h"

#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <thread>

#if defined(__linux__)
    #include <sched.h>
#endif

// Keeps a waking thread from preempting its waker, the JavaScript thread. Linux only, and only under the default
// policy.
static void schedule_as_batch() {
#if defined(__linux__)
    const sched_param none = {};
    if (sched_getscheduler(0) == SCHED_OTHER) {
        sched_setscheduler(0, SCHED_BATCH, &none); // failure changes nothing
    }
#endif
}

// Guarded by threads::mutex.
struct work_pool::place::state {
    work_source * source;
    int width;
    int n_waiting = 0;  // its entries in the queue
    int n_active = 0;   // threads in the source
    bool woken = false; // while threads were in the source: they may have missed the new work
    bool forgotten = false;
    std::list<std::shared_ptr<state>> spare; // [width - n_waiting] nodes for the queue: a thread allocates none
};

struct work_pool::threads {
    using place_state = work_pool::place::state;

    std::mutex mutex;
    std::condition_variable changed; // the queue got an entry
    std::condition_variable left;    // a thread left a source
    std::list<std::shared_ptr<place_state>> queue;
    int n_threads = 0;

    // The source that the current thread is in.
    static thread_local const place_state * current;

    void grow(int n) {
        while (n_threads < n) {
            try {
                std::thread([this] { run(); }).detach();
            } catch (const std::exception &) {
                if (n_threads > 0) {
                    return; // fewer threads are enough
                }
                throw;
            }
            ++n_threads;
        }
    }

    void enter(const std::shared_ptr<place_state> & s) {
        ++s->n_waiting;
        s->spare.front() = s;
        queue.splice(queue.end(), s->spare, s->spare.begin());
        changed.notify_one();
    }

    void run() {
        schedule_as_batch();
        current = nullptr; // makes the C library allocate this thread's variables: later it would abort without memory
        std::unique_lock<std::mutex> lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return !queue.empty(); });
            const std::shared_ptr<place_state> s = std::move(queue.front());
            s->spare.splice(s->spare.end(), queue, queue.begin());
            --s->n_waiting;
            if (s->forgotten) {
                continue;
            }
            ++s->n_active;
            s->woken = false;
            current = s.get();
            lock.unlock();
            const bool more = s->source->work();
            lock.lock();
            current = nullptr;
            --s->n_active;
            left.notify_all();
            if ((more || s->woken) && !s->forgotten) {
                enter(s);
            }
        }
    }
};

thread_local const work_pool::place::state * work_pool::threads::current = nullptr;

work_pool::threads & work_pool::get() {
    static threads * result = new threads(); // never freed: its threads may outlive the globals
    return *result;
}

work_pool::place::place(work_source & source, int width) : own(std::make_shared<state>()) {
    own->source = &source;
    own->width = width;
    own->spare.resize(width);
    threads & t = get();
    std::lock_guard<std::mutex> lock(t.mutex);
    t.grow(width);
}

work_pool::place::~place() {
    threads & t = get();
    std::unique_lock<std::mutex> lock(t.mutex);
    own->forgotten = true;
    t.left.wait(lock, [&] { return own->n_active == (threads::current == own.get() ? 1 : 0); });
}

void work_pool::place::wake() {
    threads & t = get();
    std::lock_guard<std::mutex> lock(t.mutex);
    own->woken = own->n_active > 0;
    while (own->n_waiting + own->n_active < own->width) {
        t.enter(own);
    }
}
