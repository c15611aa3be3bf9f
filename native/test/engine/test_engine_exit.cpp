// The process ends, whatever its engines do: idle, busy, with clients, or just left by their last client. Each case is a
// process of its own, which an alarm kills if it hangs.

#include "engine/engine_client.h"
#include "test/fixtures.h"
#include "test/watched_job.h"

#include <array>

#ifndef _WIN32
    #include <sys/wait.h>
    #include <unistd.h>
#endif

static std::shared_ptr<engine_client> load(const char * model, int8_use int8, int n_threads) {
    token_classifier_params params;
    params.int8 = int8;
    engine_params encoding;
    encoding.n_threads = n_threads;
    return engine_client::load(fixture_model_path(model), params, encoding);
}

// Engines that share nothing, each with jobs under way if busy.
static std::vector<std::shared_ptr<engine_client>> load_several(int n_threads, bool busy) {
    std::vector<std::shared_ptr<engine_client>> clients;
    for (const char * model : { "tiny-f32", "tiny-heads-f32", "tiny-apart-f32" }) {
        for (const int8_use int8 : { int8_use::all, int8_use::none }) {
            clients.push_back(load(model, int8, n_threads));
            for (int i = 0; busy && i < 20; ++i) {
                watched_job job;
                add_long(job);
                clients.back()->submit(job.job);
            }
        }
    }
    return clients;
}

static std::array<std::shared_ptr<engine_client>, 6> g_kept;

static void end(int n_threads, bool busy, bool kept, bool destroyed) {
    std::vector<std::shared_ptr<engine_client>> clients = load_several(n_threads, busy);
    if (destroyed) {
        for (size_t i = 0; i < clients.size(); i += kept ? 2 : 1) {
            clients[i].reset();
        }
    }
    if (kept) {
        std::copy(clients.begin(), clients.end(), g_kept.begin());
    }
    std::exit(0);
}

int main() {
#ifndef _WIN32
    for (int round = 0; round < 4; ++round) {
        for (int which = 0; which < 16; ++which) {
            const pid_t child = fork();
            if (child == 0) {
                alarm(100);
                end(which & 1 ? 1 : 3, which & 2, which & 4, which & 8);
            }
            int status = 0;
            waitpid(child, &status, 0);
            g_checking = vaner_format("case %d", which);
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
    }
#endif
    return test_result();
}
