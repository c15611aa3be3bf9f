#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// A vocabulary of sentencepiece's unigram: tokens have scores, and a piece of text becomes the tokens with the highest
// sum of scores. Immutable, shared by threads.
class unigram_vocabulary {
public:
    static const size_t MAX_BYTES = 1024; // of a token: tokenizing takes up to this many steps for each character

    struct token {
        std::string text;
        float score;
        bool from_text; // whether text can become this token: not if it is for control, unknown or unused
        bool counts;    // whether its score counts for that of the unknown token
    };

    // unknown: the token of characters that no token spells
    unigram_vocabulary(const std::vector<token> & tokens, int32_t unknown);

    // Appends the tokens of normalized UTF-8 text, U+2581 in place of spaces. Consecutive unknown characters are one
    // token. O(n).
    //   ends  if not NULL: gets the byte behind each token
    void tokenize(std::string_view text, std::vector<int32_t> & tokens, std::vector<size_t> * ends = nullptr) const;

private:
    int32_t token_of(std::string_view text) const;
    uint32_t child_of(uint32_t node, char byte) const; // 0: none

    // Trie of the tokens' bytes. The children of a node are neighbours, ascending by byte; 0 is the root.
    std::vector<uint32_t> first; // [n_nodes + 1] children of node n are first[n] .. first[n + 1]
    std::vector<uint8_t> bytes;  // [n_nodes] byte that leads to the node
    std::vector<int32_t> ids;    // [n_nodes] token that ends at the node, or -1
    std::vector<float> scores;   // [n_tokens]
    double unknown_score;
    int32_t unknown;
};
