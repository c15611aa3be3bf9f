#include "model/gguf/vocabulary_check.h"

#include "error.h"
#include "model/gguf/unigram_format.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

// llama.cpp's pre-tokenizers that take any text. They encode bytes, so that no piece holds a space, which
// llama_vocab::find_bpe_rank() asserts; and llama.cpp splits text for them by hand. For the others it uses
// std::regex, whose recursion overflows the stack on long runs of one kind of character.
static const char * const PRE_TOKENIZERS[] = {
    // split as LLaMA 3
    "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano", "dbrx",
    "smaug-bpe", "glm4", "chatglm-bpe",
    // split as GPT-2
    "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert",
    "jina-v1-en", "jina-v2-code", "roberta-bpe", "exaone4", "mpt", "olmo", "jais", "trillion", "granite-docling",
    // single digits, then as GPT-2
    "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2",
    // split as Qwen 2
    "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2", "qwen35"
};

// Bytes that llama.cpp may use for the spellings of all tokens.
static const uint64_t MAX_SPELLINGS = 256 << 20;

// Every token gets an entry in a map: llama.cpp asserts that tokens are unique.
static std::unordered_set<std::string_view> unique_tokens(std::vector<std::string> & tokens) {
    std::unordered_set<std::string_view> seen;
    seen.reserve(tokens.size());
    for (size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].empty()) {
            tokens[i] = vaner_format("[EMPTY_%zu]", i);
        }
        if (!seen.insert(tokens[i]).second) {
            throw vaner_error(VANER_MODEL_CORRUPT, "the vocabulary has the token '" + tokens[i] + "' twice");
        }
    }
    return seen;
}

// Without a token for every byte some words could not be tokenized.
static void check_byte_tokens(const std::unordered_set<std::string_view> & tokens) {
    for (int byte = 0; byte < 256; ++byte) {
        if (!tokens.count(vaner_format("<0x%02X>", byte)) && !tokens.count(std::string(1, (char) byte))) {
            throw vaner_error(
                VANER_MODEL_FORMAT, vaner_format("the vocabulary has no token for the byte 0x%02X", byte));
        }
    }
}

// llama.cpp spells a character that stands for no byte as the whole token: memory grows with the square of the token's
// length, and 2 GiB abort.
static void check_spellings(const std::vector<std::string> & tokens) {
    uint64_t n_bytes = 0;
    for (const std::string & token : tokens) {
        const auto is_ascii = [](char c) { return (uint8_t) c < 0x80; };
        const uint64_t n_other = token.size() - std::count_if(token.begin(), token.end(), is_ascii);
        n_bytes += token.size() * (1 + n_other);
        if (n_bytes > MAX_SPELLINGS) {
            throw vaner_error(VANER_MODEL_FORMAT,
                vaner_format("the vocabulary is too large: a token of it has %zu bytes", token.size()));
        }
    }
}

static void check_pre_tokenizer(const gguf_file & file) {
    const std::string pre = file.get_str("tokenizer.ggml.pre", "");
    for (const char * known : PRE_TOKENIZERS) {
        if (pre == known) {
            return;
        }
    }
    throw vaner_error(VANER_MODEL_ARCHITECTURE,
        "the pre-tokenizer '" + pre +
            "' ('tokenizer.ggml.pre') is not supported, only those that split text as LLaMA 3 ('llama-bpe'), GPT-2 "
            "('gpt-2'), SmolLM ('smollm') or Qwen 2 ('qwen2') do");
}

vocabulary_shape vocabulary_check(const gguf_file & file) {
    std::vector<std::string> tokens = file.get_strs("tokenizer.ggml.tokens");
    if (tokens.empty() || tokens.size() > INT32_MAX) {
        throw vaner_error(VANER_MODEL_FORMAT, "the model has no vocabulary ('tokenizer.ggml.tokens')");
    }
    const std::string model = file.get_str("tokenizer.ggml.model", "");
    const std::unordered_set<std::string_view> seen = unique_tokens(tokens);
    const uint32_t n_tokens = (uint32_t) tokens.size();
    if (model == "llama") {
        check_byte_tokens(seen);
        return { n_tokens, VOCABULARY_SENTENCEPIECE };
    }
    if (model == "gpt2") {
        check_pre_tokenizer(file);
        check_spellings(tokens);
        return { n_tokens, VOCABULARY_BYTE_LEVEL };
    }
    if (model == "bert") {
        return { n_tokens, VOCABULARY_WORDPIECE };
    }
    if (model == "t5") {
        unigram_check(file, tokens);
        return { n_tokens, VOCABULARY_UNIGRAM };
    }
    throw vaner_error(VANER_MODEL_ARCHITECTURE,
        "a vocabulary of kind '" + model +
            "' is not supported, only 'llama' (sentencepiece), 'gpt2' (byte-level BPE) and, in models of architecture "
            "'bert', 'bert' (WordPiece) and 't5' (unigram)");
}
