#pragma once

#include "ggml-backend.h"

#include <string>
#include <vector>

// Loads the compute backends once per process: those linked in, and those that lie as libraries beside the addon.
void devices_init();

// All devices, the CPU first.
std::vector<ggml_backend_dev_t> devices_list();

ggml_backend_dev_t devices_cpu();

bool devices_all_cpu(const std::vector<ggml_backend_dev_t> & devices);

// "cpu", "auto" (the best GPU, else the CPU), or a device's own name ("CUDA0"). NULL stands for the CPU.
// throws VANER_DEVICE for a name that no device has
ggml_backend_dev_t devices_find(const std::string & name);

// A function that a backend exports beside the common interface; NULL where it does not.
template <typename function> function device_function(ggml_backend_dev_t device, const char * name) {
    return (function) ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name);
}
