#pragma once

#include <memory>

// Work for threads of the pool, several at a time.
class work_source {
public:
    virtual ~work_source() = default;

    // Does one piece of work. Returns whether there is more. May destroy the source.
    virtual bool work() = 0;
};

// The CPU threads of the process, shared by all engines. Sources take turns piece by piece, so that several engines do
// not oversubscribe the cores. Threads sleep without work and live until the process ends.
class work_pool {
public:
    // Registers a source for as long as it lives.
    class place {
    public:
        // width: maximum number of threads in the source. throws std::system_error if no thread can be started
        place(work_source & source, int width);

        // Waits until no other thread works on the source.
        ~place();

        place(const place &) = delete;
        place & operator=(const place &) = delete;

        // Call when there is new work. From any thread.
        void wake();

    private:
        struct state;
        friend class work_pool;
        std::shared_ptr<state> own;
    };

private:
    struct threads;
    static threads & get();
};
