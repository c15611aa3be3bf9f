// Instructions: how a job sets them apart, and their cache.

#include "engine/encode_job.h"
#include "graph/instruction_cache.h"
#include "test/test.h"

#include <memory>
#include <random>
#include <vector>

// No token and no tagged row gets lost: each is in its sequence or in the instruction in front of it.
static void test_set_apart(unsigned seed) {
    std::mt19937 rng(seed);
    encode_job job;
    job.offsets = { 0 };
    for (unsigned n = rng() % 30; n > 0; --n) {
        const int32_t n_instruction = (int32_t) (rng() % 5);
        const int32_t n_own = 1 + (int32_t) (rng() % 20);
        const int32_t which = (int32_t) (rng() % 3); // so that some are equal
        job.n_instruction.push_back(n_instruction);
        for (int32_t i = 0; i < n_instruction; ++i) {
            job.tokens.push_back(which * 10 + i);
        }
        for (int32_t i = 0; i < n_own; ++i) {
            if (rng() % 4 == 0) {
                job.tagged_rows.push_back((int32_t) job.tokens.size());
            }
            job.tokens.push_back(1000 + (int32_t) job.tokens.size());
        }
        job.offsets.push_back((int32_t) job.tokens.size());
    }
    const std::vector<int32_t> tokens = job.tokens, offsets = job.offsets, rows = job.tagged_rows;
    encode_job_set_instructions_apart(job);

    CHECK(job.offsets.size() == offsets.size() && job.tagged_rows.size() == rows.size());
    CHECK(job.instructions.size() + 1 == offsets.size());
    std::vector<int32_t> joined;
    for (size_t s = 0; s < job.instructions.size(); ++s) {
        if (job.instructions[s]) {
            joined.insert(joined.end(), job.instructions[s]->begin(), job.instructions[s]->end());
        }
        joined.insert(joined.end(), job.tokens.begin() + job.offsets[s], job.tokens.begin() + job.offsets[s + 1]);
        CHECK((int32_t) joined.size() == offsets[s + 1]);
        for (size_t other = 0; other < s; ++other) {
            const instruction_ptr & a = job.instructions[s];
            const instruction_ptr & b = job.instructions[other];
            CHECK(!a || !b || (a == b) == (*a == *b)); // stored once
        }
    }
    CHECK(joined == tokens);
    for (size_t i = 0; i < rows.size(); ++i) {
        CHECK(job.tokens[job.tagged_rows[i]] == tokens[rows[i]]);
    }
}

static void test_without_instructions() {
    encode_job job;
    job.tokens = { 5, 6, 7 };
    job.offsets = { 0, 1, 3 };
    job.tagged_rows = { 0, 2 };
    encode_job_set_instructions_apart(job);
    CHECK(job.tokens == std::vector<int32_t>({ 5, 6, 7 }) && job.offsets.back() == 3 && job.tagged_rows.back() == 2);
    CHECK(job.instructions.empty());
}

static void test_cache() {
    const auto make = [](int32_t id) { return std::make_shared<const std::vector<int32_t>>(2, id); };
    const auto keys = [] { return std::make_shared<const instruction_kv>(1, 2, 8); };
    instruction_cache cache(3 * keys()->n_bytes());
    for (int32_t id = 0; id < 3; ++id) {
        CHECK(!cache.find(*make(id)));
        cache.add(make(id), keys());
    }
    CHECK(cache.find({ 0, 0 }) && cache.find({ 1, 1 })); // 2 is the least recently used
    cache.add(make(3), keys());
    CHECK(cache.find({ 0, 0 }) && cache.find({ 1, 1 }) && cache.find({ 3, 3 }) && !cache.find({ 2, 2 }));
    CHECK(!cache.find({ 0 }) && !cache.find({ 0, 0, 0 }) && !cache.find({}));

    instruction_cache small(10); // smaller than an entry
    small.add(make(0), keys());
    CHECK(!small.find({ 0, 0 }));
}

int main() {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        test_set_apart(seed);
    }
    test_without_instructions();
    test_cache();
    return test_result();
}
