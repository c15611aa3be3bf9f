#include "model/base_registry.h"

#include "error.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#ifndef _WIN32
    #include <sys/stat.h>
#endif

namespace fs = std::filesystem;

struct registry_slot {
    std::timed_mutex loading;
    std::weak_ptr<const base_model> model; // guarded by loading
};

struct base_registry {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<registry_slot>> slots;
};

static base_registry & registry() {
    static base_registry * result = new base_registry(); // models may outlive the globals
    return *result;
}

// Keeps its slot, and so the slot's place in the registry, for as long as it is held.
struct registered_base {
    std::shared_ptr<registry_slot> slot;
    std::unique_ptr<base_model> model;
};

// Equal for equal files only: a file that was replaced or written to since is another one. Empty where it can't be told.
static std::string identity_of(const std::string & path) {
#ifndef _WIN32
    struct stat info;
    if (stat(path.c_str(), &info) != 0) {
        return "";
    }
    const std::string which =
        vaner_format("%llu:%llu", (unsigned long long) info.st_dev, (unsigned long long) info.st_ino);
#else
    std::error_code unknown;
    const std::string which = fs::canonical(fs::u8path(path), unknown).u8string();
#endif
    std::error_code ec;
    const auto written = fs::last_write_time(fs::u8path(path), ec).time_since_epoch().count();
    const auto size = ec ? 0 : fs::file_size(fs::u8path(path), ec);
    return ec ? "" : vaner_format("%s:%llu:%lld", which.c_str(), (unsigned long long) size, (long long) written);
}

static std::shared_ptr<registry_slot> slot_of(const std::string & key) {
    base_registry & r = registry();
    std::lock_guard<std::mutex> lock(r.mutex);
    for (auto it = r.slots.begin(); it != r.slots.end();) {
        it = it->second.expired() ? r.slots.erase(it) : std::next(it);
    }
    std::weak_ptr<registry_slot> & known = r.slots[key];
    std::shared_ptr<registry_slot> slot = known.lock();
    if (!slot) {
        slot = std::make_shared<registry_slot>();
        known = slot;
    }
    return slot;
}

static void report(const base_model_params & params, float share) {
    if (params.progress && !params.progress(share)) {
        throw vaner_error(VANER_ABORTED, "loading the model was cancelled");
    }
}

std::shared_ptr<const base_model> base_model_shared(const std::string & path, const base_model_params & params) {
    const std::string identity = identity_of(path);
    if (identity.empty()) {
        return base_model::load(path, params); // says what is wrong with the file
    }
    const std::shared_ptr<registry_slot> slot = slot_of(vaner_format("%s:%p:%d:%d:%d", identity.c_str(),
        (void *) params.device, params.device ? params.n_gpu_layers : 0, (int) params.use_mmap, (int) params.int8));

    std::unique_lock<std::timed_mutex> lock(slot->loading, std::defer_lock);
    while (!lock.try_lock_for(std::chrono::milliseconds(20))) {
        report(params, 0.0f);
    }
    if (std::shared_ptr<const base_model> model = slot->model.lock()) {
        report(params, 1.0f);
        return model;
    }
    const auto loaded = std::make_shared<registered_base>();
    loaded->model = base_model::load(path, params);
    loaded->slot = slot;
    const std::shared_ptr<const base_model> model(loaded, loaded->model.get());
    slot->model = model;
    return model;
}
