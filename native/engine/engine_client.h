#pragma once

#include "engine/engine.h"

#include <memory>
#include <string>

// A user of an engine. Clients in one process that load the same model with the same parameters share an engine and its
// batches; the engine ends with its last client. All methods from any thread.
class engine_client {
public:
    // throws as token_classifier::load and engine's constructor
    static std::shared_ptr<engine_client> load(
        const std::string & path, const token_classifier_params & model, const engine_params & params);

    // As load(), on the best GPU, or on the CPU where there is none or it fails; the log says why.
    //   model  its device is ignored
    static std::shared_ptr<engine_client> load_on_best_device(
        const std::string & path, token_classifier_params model, const engine_params & params);

    // Cancels its jobs, without waiting.
    ~engine_client();

    // NULL once closed
    std::shared_ptr<const token_classifier> model() const;

    // Of all clients of its engine; none once closed.
    batch_counts batches() const;

    // As engine's. throws VANER_INVALID_ARGUMENT, VANER_DISPOSED
    void submit(const std::shared_ptr<encode_job> & job);
    void cancel(const std::shared_ptr<encode_job> & job);

    // Refuses new jobs of this client, drops those that have not begun, finishes the others, frees the model if this
    // was its last client, then calls closed.
    void close(std::function<void()> closed);

private:
    struct state;
    explicit engine_client(std::shared_ptr<state> own);
    std::shared_ptr<state> own;
};
