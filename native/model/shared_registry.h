#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

// Objects of which the process holds one for each key, for as long as someone uses it. Loads of one key wait for each other.
template <typename T> class shared_registry {
public:
    // The object of a key: that which is in use, if usable() says so, else what load() returns.
    //   waiting  called every few milliseconds while another load of the key is waited for; may throw
    std::shared_ptr<T> get(const std::string & key, const std::function<std::shared_ptr<T>()> & load,
        const std::function<bool(T &)> & usable, const std::function<void()> & waiting) {
        const std::shared_ptr<slot> place = slot_of(key);
        std::unique_lock<std::timed_mutex> lock(place->loading, std::defer_lock);
        while (!lock.try_lock_for(std::chrono::milliseconds(20))) {
            waiting();
        }
        if (std::shared_ptr<T> known = place->object.lock()) {
            if (usable(*known)) {
                return known;
            }
        }
        const auto loaded = std::make_shared<registered>();
        loaded->object = load();
        loaded->place = place;
        const std::shared_ptr<T> object(loaded, loaded->object.get());
        place->object = object;
        return object;
    }

private:
    struct slot {
        std::timed_mutex loading;
        std::weak_ptr<T> object; // guarded by loading
    };

    // Keeps its slot, and so the slot's place in the registry, for as long as it is held.
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
