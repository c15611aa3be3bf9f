#include "tokenizer/unigram.h"

#include <algorithm>
#include <cmath>

// How much worse than the worst token an unknown character is. As in sentencepiece.
static const double UNKNOWN_PENALTY = 10.0;

unigram_vocabulary::unigram_vocabulary(const std::vector<token> & tokens, int32_t unknown) : unknown(unknown) {
    std::vector<int32_t> sorted;
    double lowest = INFINITY;
    for (size_t id = 0; id < tokens.size(); ++id) {
        scores.push_back(tokens[id].score);
        if (tokens[id].counts) {
            lowest = std::min<double>(lowest, tokens[id].score);
        }
        if (tokens[id].from_text && !tokens[id].text.empty()) {
            sorted.push_back((int32_t) id);
        }
    }
    unknown_score = lowest - UNKNOWN_PENALTY;
    std::sort(sorted.begin(), sorted.end(), [&](int32_t a, int32_t b) { return tokens[a].text < tokens[b].text; });

    // Tokens sorted[start .. end) share the bytes that lead to a node. Breadth first, so that children are neighbours.
    struct range {
        size_t start, end;
    };
    std::vector<range> nodes = { { 0, sorted.size() } };
    bytes.push_back(0);
    for (size_t node = 0, level_end = 1, depth = 0; node < nodes.size(); ++node) {
        if (node == level_end) {
            level_end = nodes.size();
            ++depth;
        }
        auto [start, end] = nodes[node];
        const bool is_token = start < end && tokens[sorted[start]].text.size() == depth;
        ids.push_back(is_token ? sorted[start++] : -1);
        first.push_back((uint32_t) nodes.size());
        while (start < end) {
            const char byte = tokens[sorted[start]].text[depth];
            const size_t child = start;
            while (start < end && tokens[sorted[start]].text[depth] == byte) {
                ++start;
            }
            nodes.push_back({ child, start });
            bytes.push_back((uint8_t) byte);
        }
    }
    first.push_back((uint32_t) nodes.size());
}

uint32_t unigram_vocabulary::child_of(uint32_t node, char byte) const {
    const auto start = bytes.begin() + first[node];
    const auto end = bytes.begin() + first[node + 1];
    const auto found = std::lower_bound(start, end, (uint8_t) byte);
    return found != end && *found == (uint8_t) byte ? (uint32_t) (found - bytes.begin()) : 0;
}

int32_t unigram_vocabulary::token_of(std::string_view text) const {
    uint32_t node = 0;
    for (const char byte : text) {
        node = child_of(node, byte);
        if (node == 0) {
            return unknown;
        }
    }
    return ids[node] >= 0 ? ids[node] : unknown;
}

// The best tokens up to a byte.
struct best_path {
    double score = 0.0;
    size_t start = SIZE_MAX; // of the last token; SIZE_MAX: no token ends here
    int32_t token = -1;
};

static size_t character_end(std::string_view text, size_t start) {
    size_t end = start + 1;
    while (end < text.size() && ((uint8_t) text[end] & 0xC0) == 0x80) {
        ++end;
    }
    return end;
}

// Viterbi's algorithm. Of paths with equal scores the first found wins, as in Hugging Face's tokenizers, and sums are
// made in the same order.
void unigram_vocabulary::tokenize(
    std::string_view text, std::vector<int32_t> & tokens, std::vector<size_t> * ends) const {
    std::vector<best_path> paths(text.size() + 1);
    for (size_t start = 0, next = 0; start < text.size(); start = next) {
        next = character_end(text, start);
        const double before = paths[start].score;
        const auto offer = [&](size_t end, double score, int32_t token) {
            if (paths[end].start == SIZE_MAX || before + score > paths[end].score) {
                paths[end] = { before + score, start, token };
            }
        };
        bool is_token = false; // the character alone
        uint32_t node = 0;
        for (size_t at = start; at < text.size() && (node = child_of(node, text[at])) != 0; ++at) {
            if (ids[node] >= 0) {
                offer(at + 1, scores[ids[node]], ids[node]);
                is_token = is_token || at + 1 == next;
            }
        }
        if (!is_token) {
            offer(next, unknown_score, unknown);
        }
    }

    const size_t n_before = tokens.size();
    std::vector<size_t> backwards;
    for (size_t end = text.size(); end > 0;) {
        size_t start = paths[end].start;
        int32_t token = paths[end].token;
        if (token == unknown) {
            while (start > 0 && paths[start].token == unknown) {
                start = paths[start].start;
            }
            token = token_of(text.substr(start, end - start));
        }
        tokens.push_back(token);
        backwards.push_back(end);
        end = start;
    }
    std::reverse(tokens.begin() + n_before, tokens.end());
    if (ends) {
        ends->insert(ends->end(), backwards.rbegin(), backwards.rend());
    }
}
