#include "model/base_registry.h"

#include "error.h"
#include "model/shared_instances.h"

#include <filesystem>
#include <system_error>
#ifndef _WIN32
    #include <sys/stat.h>
#endif

namespace fs = std::filesystem;

static shared_instances<const base_model> & registry() {
    static auto * result = new shared_instances<const base_model>(); // never freed: models may outlive the globals
    return *result;
}

std::string file_identity(const std::string & path) {
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

std::string base_model_key(const std::string & path, const base_model_params & params) {
    const std::string identity = file_identity(path);
    return identity.empty() ? ""
                            : vaner_format("%s:%p:%d:%d:%d:%d", identity.c_str(), (void *) params.device,
                                  params.device ? params.n_gpu_layers : 0, (int) params.use_mmap, (int) params.int8,
                                  params.scales ? (int) *params.scales : -1);
}

void base_model_report(const base_model_params & params, float share) {
    if (params.progress && !params.progress(share)) {
        throw vaner_error(VANER_ABORTED, "loading the model was cancelled");
    }
}

std::shared_ptr<const base_model> base_model_shared(const std::string & path, const base_model_params & params) {
    const std::string key = base_model_key(path, params);
    if (key.empty()) {
        return base_model::load(path, params); // throws what is wrong with the file
    }
    bool loaded = false;
    const auto load = [&]() -> std::shared_ptr<const base_model> {
        loaded = true;
        return base_model::load(path, params);
    };
    auto model = registry().get(
        key, load, [](const base_model &) { return true; }, [&] { base_model_report(params, 0.0f); });
    if (!loaded) {
        base_model_report(params, 1.0f);
    }
    return model;
}
