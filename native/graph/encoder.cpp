#include "graph/encoder.h"

#include "backends/devices.h"
#include "graph/backend_encoder.h"
#include "graph/cpu_encoder.h"

std::unique_ptr<encoder> encoder::create(const token_classifier & model, const encoder_params & params) {
    if (devices_all_cpu(model.devices) && !params.generic_ops) {
        return std::make_unique<cpu_encoder>(model, params.n_threads);
    }
    return std::make_unique<backend_encoder>(model, params);
}
