#pragma once

#include "ggml-backend.h"

#include <string>
#include <vector>

// Loads the compute backends, once per process: those that are linked in, and libraries in the folder of the addon.
void devices_init();

// All devices, the CPU first.
std::vector<ggml_backend_dev_t> devices_list();

ggml_backend_dev_t devices_cpu();

bool devices_all_cpu(const std::vector<ggml_backend_dev_t> & devices);

// name: "cpu", "auto" (the best GPU, else the CPU), or a device name such as "CUDA0" in any case. Returns NULL for the CPU.
// throws VANER_DEVICE for an unknown name
ggml_backend_dev_t devices_find(const std::string & name);

// A function that a backend exports besides the common interface; NULL if it does not.
template <typename function> function device_function(ggml_backend_dev_t device, const char * name) {
    return (function) ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name);
}
