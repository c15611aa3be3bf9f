#include "engine/encode_job.h"

#include "error.h"

#include <algorithm>

static vaner_error invalid(const std::string & what) {
    return vaner_error(VANER_INVALID_ARGUMENT, what);
}

static void check_sequences(const encode_job & job, const model_format & model) {
    const auto & offsets = job.offsets;
    if (job.tokens.size() > INT32_MAX) {
        throw invalid("there are too many tokens: submit fewer sequences at once");
    }
    if (offsets.empty() || offsets.front() != 0 || offsets.back() != (int32_t) job.tokens.size()) {
        throw invalid("the offsets of the sequences have to run from 0 to the number of tokens");
    }
    for (size_t s = 0; s + 1 < offsets.size(); ++s) {
        if (offsets[s] >= offsets[s + 1]) {
            throw invalid("a sequence is empty, or the offsets of the sequences are not ascending");
        }
        const int32_t n = offsets[s + 1] - offsets[s];
        if ((uint32_t) n > model.n_ctx) {
            throw invalid(
                vaner_format("sequence %zu has %d tokens, the model's context length is %u", s, n, model.n_ctx));
        }
    }
}

static void check_instructions(const encode_job & job, const model_format & model) {
    if (!job.n_instruction.empty() && job.n_instruction.size() + 1 != job.offsets.size()) {
        throw invalid("there has to be one instruction length per sequence");
    }
    auto row = job.tagged_rows.begin();
    for (size_t s = 0; s < job.n_instruction.size(); ++s) {
        const int32_t n = job.n_instruction[s];
        if (n < 0 || n >= job.offsets[s + 1] - job.offsets[s]) {
            throw invalid("an instruction has to be shorter than its sequence");
        }
        while (row != job.tagged_rows.end() && *row < job.offsets[s]) {
            ++row;
        }
        if (model.sets_instructions_apart() && row != job.tagged_rows.end() && *row < job.offsets[s] + n) {
            throw invalid("a token of an instruction can't be tagged");
        }
    }
}

void encode_job_check(const encode_job & job, const model_format & model) {
    check_sequences(job, model);
    for (const int32_t token : job.tokens) {
        if (token < 0 || (uint32_t) token >= model.n_vocab) {
            throw invalid(vaner_format("token id %d is outside the vocabulary of %u tokens", token, model.n_vocab));
        }
    }
    for (size_t i = 0; i < job.tagged_rows.size(); ++i) {
        const int32_t row = job.tagged_rows[i];
        if (row < 0 || row >= (int32_t) job.tokens.size() || (i > 0 && row <= job.tagged_rows[i - 1])) {
            throw invalid("the tagged rows have to be indices of tokens, ascending");
        }
    }
    check_instructions(job, model);
}

// The instruction [begin, end) if it is known, else a new one. A job has few, and mostly repeats the last one.
static instruction_ptr intern(std::vector<instruction_ptr> & known, const int32_t * begin, const int32_t * end) {
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
    auto row = job.tagged_rows.begin();
    int32_t begin = 0;
    for (size_t s = 0; s < job.n_instruction.size(); ++s) {
        const int32_t end = job.offsets[s + 1];
        const int32_t n = job.n_instruction[s];
        const int32_t * sequence = job.tokens.data() + begin;
        job.instructions.push_back(n > 0 ? intern(known, sequence, sequence + n) : nullptr);
        const int32_t shift = begin + n - (int32_t) tokens.size();
        for (; row != job.tagged_rows.end() && *row < end; ++row) {
            *row -= shift;
        }
        tokens.insert(tokens.end(), job.tokens.begin() + begin + n, job.tokens.begin() + end);
        job.offsets[s + 1] = (int32_t) tokens.size();
        begin = end;
    }
    job.tokens.swap(tokens);
}
