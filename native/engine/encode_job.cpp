#include "engine/encode_job.h"

#include <algorithm>

// A caller's sequences have few instructions, and mostly the one before.
static instruction_ptr shared(std::vector<instruction_ptr> & known, const int32_t * begin, const int32_t * end) {
    for (auto it = known.rbegin(); it != known.rend(); ++it) {
        if (std::equal(begin, end, (*it)->begin(), (*it)->end())) {
            return *it;
        }
    }
    known.push_back(std::make_shared<const std::vector<int32_t>>(begin, end));
    return known.back();
}

void encode_job_set_instructions_apart(encode_job & job) {
    if (job.n_instruction.empty()) {
        return;
    }
    std::vector<instruction_ptr> known;
    std::vector<int32_t> tokens;
    tokens.reserve(job.tokens.size());
    auto row = job.rows.begin();
    int32_t begin = 0;
    for (size_t s = 0; s < job.n_instruction.size(); ++s) {
        const int32_t end = job.offsets[s + 1];
        const int32_t n = job.n_instruction[s];
        const int32_t * sequence = job.tokens.data() + begin;
        const int32_t * next = job.tokens.data() + end;
        job.instructions.push_back(n > 0 ? shared(known, sequence, sequence + n) : nullptr);
        const int32_t shift = begin + n - (int32_t) tokens.size();
        for (; row != job.rows.end() && *row < end; ++row) {
            *row -= shift;
        }
        tokens.insert(tokens.end(), sequence + n, next);
        job.offsets[s + 1] = (int32_t) tokens.size();
        begin = end;
    }
    job.tokens.swap(tokens);
}
