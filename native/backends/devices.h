#pragma once

#include "ggml-backend.h"

#include <string>
#include <vector>

// Libraries of backends that devices_init() has to load too. They have to be built from the same version of ggml. Later
// calls, and calls after devices_init(), change nothing.
void devices_use(const std::vector<std::string> & libraries);

// Loads the compute backends, once per process: those that are linked in, libraries in the folder of the addon, and
// those of devices_use().
// throws VANER_DEVICE without a CPU backend
void devices_init();

// A backend, or a library of devices_use() that could not be loaded.
struct backend_info {
    std::string name;    // "CPU", "CUDA", "Vulkan", "MTL"; empty: could not be loaded
    std::string library; // of devices_use(); empty: the addon's own
    size_t n_devices = 0;
    std::string problem; // why it is of no use; empty: it has devices
};

// All backends, then the libraries that could not be loaded.
std::vector<backend_info> devices_backends();

// A sentence for each backend that is of no use, with a space in front.
std::string devices_problems();

// All devices, the CPU first.
std::vector<ggml_backend_dev_t> devices_list();

ggml_backend_dev_t devices_cpu();

bool devices_all_cpu(const std::vector<ggml_backend_dev_t> & devices);

// The best GPU, or NULL: the CPU.
ggml_backend_dev_t devices_best();

// name: "cpu", a device such as "CUDA0", or a backend such as "cuda", whose first device it means; in any case.
// Returns NULL for the CPU.
// throws VANER_DEVICE for an unknown name
ggml_backend_dev_t devices_find(const std::string & name);

// A function that a backend exports besides the common interface; NULL if it does not.
template <typename function> function device_function(ggml_backend_dev_t device, const char * name) {
    return (function) ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name);
}
