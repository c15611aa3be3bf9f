#pragma once

#include "engine/engine.h"

#include <memory>
#include <string>

// One of the users of an engine, which all those of the process share who load the same model in the same way: what they
// submit is encoded together. A client ends by itself, the engine with the last of them. All methods from any thread.
class engine_client {
public:
    // throws as token_classifier::load and engine's constructor
    static std::shared_ptr<engine_client> load(
        const std::string & path, const token_classifier_params & model, const engine_params & params);

    // Ends what it has submitted; waits for nobody.
    ~engine_client();

    // NULL once closed
    std::shared_ptr<const token_classifier> model() const;

    // As engine's. throws VANER_INVALID_ARGUMENT, VANER_DISPOSED
    void submit(std::shared_ptr<encode_job> job);
    void cancel(const std::shared_ptr<encode_job> & job);

    // Refuses new jobs of this client, drops those that no batch has begun, waits for the end of the others, frees the model
    // where nobody else uses it, then calls closed.
    void close(std::function<void()> closed);

private:
    struct state;
    explicit engine_client(std::shared_ptr<state> own);
    std::shared_ptr<state> own;
};
