#pragma once

#include <memory>

// Something that threads of the pool can work on, several at a time.
class work_source {
public:
    virtual ~work_source() = default;

    // Does one piece of work; false where nothing is left for another. May end with the source being destroyed.
    virtual bool work() = 0;
};

// The CPU threads of the process, which all engines share: they take turns piece by piece, so that engines side by side do
// not make more threads than there are cores for. Threads sleep while there is no work, and stay until the process ends.
class work_pool {
public:
    // A source that the pool knows; forgotten when this is destroyed.
    class place {
    public:
        // width: most threads that may work on it at a time. throws std::system_error where no thread can be started
        place(work_source & source, int width);

        // Waits until no thread works on the source any more, the own one excepted.
        ~place();

        place(const place &) = delete;
        place & operator=(const place &) = delete;

        // There is work, for as many threads as there may be. From any thread.
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
