#include "test/test.h"
#include "tokenizer/unigram.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

using token = unigram_vocabulary::token;

static const int32_t UNKNOWN = 0;

static std::vector<token> vocabulary_of(const std::map<std::string, float> & scores) {
    std::vector<token> tokens = { { "<unk>", 0.0f, false, true } };
    for (const auto & [text, score] : scores) {
        tokens.push_back({ text, score, true, true });
    }
    return tokens;
}

static std::vector<std::string> pieces(const std::vector<token> & tokens, const std::string & text) {
    const unigram_vocabulary vocab(tokens, UNKNOWN);
    std::vector<int32_t> ids;
    std::vector<size_t> ends;
    vocab.tokenize(text, ids, &ends);
    CHECK(ids.size() == ends.size() && (text.empty() ? ends.empty() : ends.back() == text.size()));
    std::vector<std::string> result;
    size_t start = 0;
    for (size_t i = 0; i < ids.size(); ++i) {
        CHECK(ends[i] > start);
        result.push_back(text.substr(start, ends[i] - start));
        CHECK(ids[i] == UNKNOWN || tokens[ids[i]].text == result.back());
        start = ends[i];
    }
    return result;
}

static double best_score(const std::map<std::string, float> & scores, double unknown, const std::string & text) {
    if (text.empty()) {
        return 0.0;
    }
    double best = -INFINITY;
    for (size_t n = 1; n <= text.size(); ++n) {
        const auto found = scores.find(text.substr(0, n));
        if (found != scores.end()) {
            best = std::max(best, found->second + best_score(scores, unknown, text.substr(n)));
        } else if (n == 1) {
            best = std::max(best, unknown + best_score(scores, unknown, text.substr(n)));
        }
    }
    return best;
}

// Against all ways to cut a text.
static void check_best() {
    std::mt19937 rng(7);
    const auto random_text = [&](size_t most) {
        std::string text;
        for (size_t n = 1 + rng() % most; text.size() < n;) {
            text += "abcd"[rng() % 4];
        }
        return text;
    };
    for (int round = 0; round < 500; ++round) {
        std::map<std::string, float> scores;
        double lowest = 0.0;
        for (int i = 0; i < 12; ++i) {
            const float score = -(float) (rng() % 64) / 4;
            scores.emplace(random_text(3), score);
        }
        for (const auto & [text, score] : scores) {
            lowest = std::min<double>(lowest, score);
        }
        const std::string text = random_text(9);
        double sum = 0.0;
        for (const std::string & piece : pieces(vocabulary_of(scores), text)) {
            const auto found = scores.find(piece);
            sum += found != scores.end() ? found->second : piece.size() * (lowest - 10.0);
        }
        CHECK(sum == best_score(scores, lowest - 10.0, text));
    }
}

static void check_pieces() {
    using strings = std::vector<std::string>;
    const std::map<std::string, float> example = { { "a", 0 }, { "b", 0 }, { "c", 0 }, { "d", 0 }, { "cd", 1 },
        { "ab", 2 }, { "abc", 5 }, { "abcd", 10 } };
    CHECK((pieces(vocabulary_of(example), "abcdacdxx") == strings{ "abcd", "a", "cd", "xx" }));
    CHECK((pieces(vocabulary_of(example),
               "x\xce\xb1\xce\xb2"
               "ab\xce\xb1") == strings{ "x\xce\xb1\xce\xb2", "ab", "\xce\xb1" }));
    CHECK(pieces(vocabulary_of(example), "").empty());
    CHECK((pieces(vocabulary_of({}), "ab") == strings{ "ab" }));

    // tokens that are not from text
    std::vector<token> tokens = vocabulary_of({ { "<", -1 }, { "s", -1 }, { ">", -1 } });
    tokens.push_back({ "<s>", 0.0f, false, true });
    CHECK((pieces(tokens, "<s>") == strings{ "<", "s", ">" }));
    // characters in a row that are unknown, and a token together
    CHECK((pieces(vocabulary_of({ { "xyz", -90 }, { "w", -1 } }), "xyz") == strings{ "xyz" }));
    // no UTF-8 in a damaged vocabulary, or cut in a character
    pieces(vocabulary_of({ { "\xff", 0 }, { "\xce", 5 }, { "\xb1", 5 } }), "\xce\xb1\xce\xb1");
    pieces(vocabulary_of({ { "\x80", 0 } }), "\x80\x80\xff");
}

static void check_long() {
    std::map<std::string, float> scores = { { "a", -1 }, { "b", -2 } };
    for (size_t n = 2; n <= unigram_vocabulary::MAX_BYTES; n *= 2) {
        scores[std::string(n, 'a')] = -(float) n / 2;
    }
    const std::vector<token> tokens = vocabulary_of(scores);
    CHECK(pieces(tokens, std::string(200000, 'a')).size() < 200000);
    CHECK(pieces(tokens, std::string(1000000, 'x')).size() == 1);
    CHECK(pieces(tokens, std::string(1000000, 'b')).size() == 1000000);
}

int main() {
    check_best();
    check_pieces();
    check_long();
    return test_result();
}
