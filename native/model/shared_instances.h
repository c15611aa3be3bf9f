#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

// One instance per key in the process, which lives as long as anyone holds it. Concurrent loads of a key wait for the
// first.
template <typename T> class shared_instances {
public:
    // The live instance of the key if usable() accepts it, else the result of load().
    //   waiting  called every 20 ms while another thread loads the key; may throw
    std::shared_ptr<T> get(const std::string & key, const std::function<std::shared_ptr<T>()> & load,
        const std::function<bool(T &)> & usable, const std::function<void()> & waiting) {
        const std::shared_ptr<slot> place = slot_of(key);
        const turn mine(*place, waiting);
        if (std::shared_ptr<T> known = place->object.lock()) {
            if (usable(*known)) {
                return known;
            }
        }
        const auto loaded = std::make_shared<registered>();
        loaded->object = load();
        loaded->place = place;
        std::shared_ptr<T> object(loaded, loaded->object.get());
        place->object = object;
        return object;
    }

private:
    struct slot {
        std::mutex mutex;
        std::condition_variable free;
        bool taken = false;
        std::weak_ptr<T> object; // of the thread whose turn it is
    };

    // Holds a slot. No std::timed_mutex: the thread sanitizer of GCC 12 does not see its timed lock.
    class turn {
    public:
        turn(slot & place, const std::function<void()> & waiting) : place(place) {
            std::unique_lock<std::mutex> lock(place.mutex);
            while (!place.free.wait_for(lock, std::chrono::milliseconds(20), [&] { return !place.taken; })) {
                lock.unlock();
                waiting();
                lock.lock();
            }
            place.taken = true;
        }
        ~turn() {
            {
                std::lock_guard<std::mutex> lock(place.mutex);
                place.taken = false;
            }
            place.free.notify_one();
        }
        turn(const turn &) = delete;
        turn & operator=(const turn &) = delete;

    private:
        slot & place;
    };

    // Holds its slot, so that the slot stays in the map while the instance is in use.
    struct registered {
        std::shared_ptr<slot> place;
        std::shared_ptr<T> object;
    };

    std::shared_ptr<slot> slot_of(const std::string & key) {
        std::lock_guard<std::mutex> lock(mutex);
        for (auto it = slots.begin(); it != slots.end();) {
            it = it->second.expired() ? slots.erase(it) : std::next(it);
        }
        std::weak_ptr<slot> & known = slots[key];
        std::shared_ptr<slot> place = known.lock();
        if (!place) {
            place = std::make_shared<slot>();
            known = place;
        }
        return place;
    }

    std::mutex mutex;
    std::map<std::string, std::weak_ptr<slot>> slots;
};
