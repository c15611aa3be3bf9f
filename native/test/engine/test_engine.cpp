// Results of many callers at once, and jobs that are refused.

#include "engine/engine.h"

#include "test/fixtures.h"
#include "test/watched_job.h"

#include <algorithm>
#include <random>
#include <thread>

static std::vector<int32_t> random_sequence(std::mt19937 & rng, int longest) {
    std::vector<int32_t> sequence(1 + rng() % longest);
    for (int32_t & token : sequence) {
        token = (int32_t) (rng() % 500);
    }
    return sequence;
}

// Tokens of the sequences that have a tagged row.
static uint64_t n_computed_tokens(const encode_job & job) {
    uint64_t n = 0;
    for (size_t s = 0; s + 1 < job.offsets.size(); ++s) {
        const auto row = std::lower_bound(job.tagged_rows.begin(), job.tagged_rows.end(), job.offsets[s]);
        if (row != job.tagged_rows.end() && *row < job.offsets[s + 1]) {
            n += job.offsets[s + 1] - job.offsets[s];
        }
    }
    return n;
}

static void test_many_callers(const std::string & name, const engine_params & params) {
    const std::shared_ptr<const token_classifier> model = fixture_model(name);
    engine eng(model, params);
    std::vector<watched_job> jobs(48);
    std::mt19937 rng(1);
    for (watched_job & job : jobs) {
        for (unsigned n = 1 + rng() % 10; n > 0; --n) {
            job.add(random_sequence(rng, 60));
        }
        if (rng() % 2 == 0) { // rows of some tokens only
            std::vector<int32_t> rows;
            for (const int32_t row : job.job->tagged_rows) {
                if (rng() % 20 == 0) {
                    rows.push_back(row);
                }
            }
            job.job->tagged_rows = rows; // may be empty
        }
    }
    std::vector<std::thread> callers;
    for (size_t c = 0; c < 6; ++c) {
        callers.emplace_back([&, c] {
            for (size_t j = c; j < jobs.size(); j += 6) {
                eng.submit(jobs[j].job);
                if (j % 3 == 0) {
                    jobs[j].wait();
                }
            }
        });
    }
    for (std::thread & caller : callers) {
        caller.join();
    }
    const auto enc = encoder::create(*model, encoder_params());
    uint64_t n_tokens = 0;
    for (watched_job & job : jobs) {
        if (job.future.valid()) {
            job.wait();
        }
        CHECK_AT_MOST(difference(job.job->probs, alone(*enc, *job.job)), 1e-6);
        n_tokens += n_computed_tokens(*job.job);
    }
    CHECK(eng.batches().n_tokens == n_tokens);
    CHECK(eng.batches().n_batches >= n_tokens / (uint64_t) std::max(params.batch_tokens, 60));
    eng.stop();
    for (const watched_job & job : jobs) {
        CHECK(job.job.use_count() == 1); // the engine keeps no reference
    }
}

// Sequences behind instructions that callers share give the results of single sequences.
static void test_instructions(const std::string & name, const engine_params & params) {
    const std::shared_ptr<const token_classifier> model = fixture_model(name);
    const bool apart = model->format.sets_instructions_apart();
    engine eng(model, params);
    const auto enc = encoder::create(*model, encoder_params());
    std::mt19937 rng(2);
    std::vector<std::vector<int32_t>> instructions = { {} };
    for (int i = 0; i < 5; ++i) {
        instructions.push_back(random_sequence(rng, 30));
    }
    std::vector<watched_job> jobs(20);
    std::vector<std::vector<float>> expected(jobs.size());
    for (size_t j = 0; j < jobs.size(); ++j) {
        encode_job & job = *jobs[j].job;
        for (unsigned n = 1 + rng() % 10; n > 0; --n) {
            const std::vector<int32_t> & instruction = instructions[rng() % instructions.size()];
            std::vector<int32_t> own = random_sequence(rng, 40);
            std::vector<int32_t> whole = instruction;
            whole.insert(whole.end(), own.begin(), own.end());

            const int32_t n_front = (int32_t) instruction.size();
            const int32_t row = (int32_t) (rng() % own.size());
            const int32_t whole_row = n_front + row;
            encoder_batch batch;
            if (apart && n_front > 0) {
                batch.add(own.data(), (int32_t) own.size(), &row, 1,
                    std::make_shared<const std::vector<int32_t>>(instruction));
            } else {
                batch.add(whole.data(), (int32_t) whole.size(), &whole_row, 1);
            }
            const std::vector<float> probs = enc->encode(batch);
            expected[j].insert(expected[j].end(), probs.begin(), probs.end());

            job.n_instruction.push_back(n_front);
            job.tagged_rows.push_back(job.offsets.back() + whole_row);
            job.tokens.insert(job.tokens.end(), whole.begin(), whole.end());
            job.offsets.push_back((int32_t) job.tokens.size());
        }
        eng.submit(jobs[j].job);
    }
    for (size_t j = 0; j < jobs.size(); ++j) {
        jobs[j].wait();
        CHECK_AT_MOST(difference(jobs[j].job->probs, expected[j]), 1e-6);
    }
}

static void test_invalid_instructions(const std::string & name) {
    const std::shared_ptr<const token_classifier> model = fixture_model(name);
    engine eng(model, engine_params());
    const auto submit = [&](std::vector<int32_t> n_instruction, std::vector<int32_t> rows) {
        watched_job job;
        job.job->tokens = { 1, 2, 3, 4, 5, 6 };
        job.job->offsets = { 0, 3, 6 };
        job.job->n_instruction = std::move(n_instruction);
        job.job->tagged_rows = std::move(rows);
        eng.submit(job.job);
        job.wait();
    };
    for (const std::vector<int32_t> & n_instruction :
        std::vector<std::vector<int32_t>>{ { 1 }, { 1, 1, 1 }, { -1, 1 }, { 3, 0 }, { 0, 4 }, { INT32_MAX, 0 } }) {
        CHECK_THROWS(VANER_INVALID_ARGUMENT, submit(n_instruction, { 5 }));
    }
    submit({ 2, 0 }, { 2, 3 });
    submit({}, { 0, 3 });
    if (model->format.sets_instructions_apart()) {
        CHECK_THROWS(VANER_INVALID_ARGUMENT, submit({ 1, 1 }, { 0, 5 }));
        CHECK_THROWS(VANER_INVALID_ARGUMENT, submit({ 1, 2 }, { 1, 4 }));
    } else {
        submit({ 1, 1 }, { 0, 5 });
    }
}

static void test_invalid(const std::shared_ptr<const token_classifier> & model) {
    engine eng(model, engine_params());
    auto refused = [&](std::vector<int32_t> tokens, std::vector<int32_t> offsets, std::vector<int32_t> rows) {
        watched_job job;
        job.job->tokens = std::move(tokens);
        job.job->offsets = std::move(offsets);
        job.job->tagged_rows = std::move(rows);
        CHECK_THROWS(VANER_INVALID_ARGUMENT, eng.submit(job.job));
        CHECK(*job.ends == 0);
    };
    const int32_t n_vocab = (int32_t) model->format.n_vocab;
    refused({ 1, 2 }, {}, {});
    refused({ 1, 2 }, { 0 }, {});
    refused({ 1, 2 }, { 0, 3 }, { 0 });
    refused({ 1, 2 }, { 1, 2 }, { 1 });
    refused({ 1, 2 }, { 0, 0, 2 }, { 0 });
    refused({ 1, 2 }, { 0, 2, 2 }, { 0 });
    refused({ 1, 2, 3 }, { 0, 2, 1, 3 }, { 0 });
    refused({ 1, 2, 3 }, { 0, -1, 3 }, { 0 });
    refused({ 1, 2, 3 }, { 0, 5, 3 }, { 0 });
    refused({ 1, n_vocab }, { 0, 2 }, { 0 });
    refused({ 1, -1 }, { 0, 2 }, { 0 });
    refused({ 1, INT32_MAX }, { 0, 2 }, { 0 });
    refused({ 1, 2 }, { 0, 2 }, { 2 });
    refused({ 1, 2 }, { 0, 2 }, { -1 });
    refused({ 1, 2 }, { 0, 2 }, { 1, 0 });
    refused({ 1, 2 }, { 0, 2 }, { 1, 1 });
    refused(std::vector<int32_t>(513, 1), { 0, 513 }, { 0 });

    watched_job longest;
    longest.add(std::vector<int32_t>(512, n_vocab - 1));
    eng.submit(longest.job);
    longest.wait();
    watched_job nothing;
    eng.submit(nothing.job);
    nothing.wait();
    CHECK(nothing.job->probs.empty());
}

int main() {
    for (const int n_threads : { 1, 2, 3 }) {
        for (const int32_t batch_tokens : { 64, 512 }) {
            engine_params params;
            params.n_threads = n_threads;
            params.batch_tokens = batch_tokens;
            test_many_callers("tiny-f32", params);
            test_many_callers("tiny-heads-f32", params);
            for (const char * name : { "tiny-f32", "tiny-apart-f32", "tiny-causal-f32" }) {
                test_instructions(name, params);
            }
        }
    }
    test_invalid(fixture_model("tiny-f32"));
    for (const char * name : { "tiny-f32", "tiny-apart-f32", "tiny-causal-f32" }) {
        test_invalid_instructions(name);
    }
    return test_result();
}
