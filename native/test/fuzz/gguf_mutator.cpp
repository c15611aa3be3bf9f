// libFuzzer's mutator for GGUF files: changes keys, values, tensors and weights as such, so that most files get past
// the header, and tells lies about counts and sizes.

#include "test/fuzz/gguf_parts.h"

#include "ggml-impl.h" // gguf_type_size()
#include "gguf.h"
#include "llama-arch.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t * data, size_t size, size_t max_size);

static const uint64_t NUMBERS[] = { 0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 512, 4096,
    65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, (uint64_t) 1 << 40, (uint64_t) 1 << 58,
    (uint64_t) 1 << 62, INT64_MAX, (uint64_t) 1 << 63, UINT64_MAX };

static const float FLOATS[] = { 0.0f, -0.0f, 1.0f, -1.0f, 1e-45f, 1e-6f, 0.5f, 1e4f, 65504.0f, 1e30f, 3.4e38f, -3.4e38f,
    std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
    std::numeric_limits<float>::quiet_NaN() };

static const char * const TEXTS[] = { "", " ", "a", "\n", "llama", "gpt2", "bert", "t5", "rwkv", "llama-embed", "model",
    "adapter", "lora", "default", "whitespace", "gemma4", "llama-bpe", "gpt-2", "smollm", "qwen2", "kimi-k2",
    "superbpe", "NFC", "none", "linear", "yarn", "BIO", "BIOE", "letters-digits-v1", "tokens-v1", "bert-words-v1",
    "spaced-words-v1", "split", "mark", "join", "trim-end", "NFKC", "gelu", "blocks", "rows", "*", "O", "B", "I", "E",
    "phi-3", "modern-bert", "<mask>", "<|end|>", "<0x00>", "[EMPTY_0]", "\xe2\x96\x81", "\xff\xfe", "{entityType}",
    "cls.output.weight", "cls.output.bias", "cls.0.0.weight", "cls.0.0.bias", "output.weight", "rope_freqs.weight",
    "blk.0.attn_q.bias", "blk.1.attn_q.weight", "blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b" };

static const char * const OWN_KEYS[] = { "vaner.format", "vaner.heads", "vaner.tagging", "vaner.max_tokens",
    "vaner.words", "vaner.int8_scales", "vaner.passage.max_tokens", "vaner.score.slopes", "vaner.score.offsets",
    "vaner.instruction.template", "vaner.instruction.adaptive_template", "vaner.instruction.trained",
    "vaner.instruction.attends_input", "vaner.normalizer.unicode", "vaner.normalizer.spaces", "integrity.tensor_sha256",
    "general.alignment", "general.type", "adapter.type", "adapter.lora.alpha", "split.count" };

// Names of all keys that llama.cpp knows, and of our own.
static const std::vector<std::string> & keys() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> result(std::begin(OWN_KEYS), std::end(OWN_KEYS));
        try {
            for (int kv = 0;; ++kv) {
                for (const llm_arch arch : { LLM_ARCH_LLAMA_EMBED, LLM_ARCH_BERT, LLM_ARCH_MODERN_BERT }) {
                    result.push_back(LLM_KV(arch)((llm_kv) kv));
                }
            }
        } catch (const std::out_of_range &) {
            return result;
        }
    }();
    return names;
}

struct mutator {
    std::mt19937 random;
    gguf_parts & parts;

    size_t below(size_t n) { return n == 0 ? 0 : random() % n; }
    bool chance(unsigned one_in) { return below(one_in) == 0; }
    template <typename list> auto & pick(list & items) { return items[below(std::size(items))]; }

    uint64_t number() { return chance(4) ? ((uint64_t) random() << 32 | random()) >> below(64) : pick(NUMBERS); }

    std::string bytes(size_t size) {
        std::string result(size, '\0');
        if (size == 4 && chance(3)) {
            memcpy(&result[0], &pick(FLOATS), size);
            return result;
        }
        const uint64_t value = number();
        memcpy(&result[0], &value, std::min(size, sizeof(value)));
        return result;
    }

    std::string edited(std::string text) {
        switch (below(6)) {
        case 0: return pick(TEXTS);
        case 1: return text + pick(TEXTS);
        case 2: text.insert(below(text.size() + 1), 1, (char) random()); return text;
        case 3: text.insert(below(text.size() + 1), 1, '\0'); return text;
        case 4: return text.substr(0, below(text.size() + 1));
        default: {
            std::string run;
            const std::string unit = chance(2) ? std::string(1, (char) random()) : pick(TEXTS);
            for (size_t n = below(300); n > 0; --n) {
                run += unit;
            }
            return text + run;
        }
        }
    }

    void change_value(gguf_parts::entry & e) {
        if (!e.strings.empty()) {
            std::string & text = pick(e.strings);
            switch (e.type == GGUF_TYPE_STRING ? 0 : below(5)) {
            case 1: e.strings.push_back(edited(text)); return;
            case 2: e.strings.erase(e.strings.begin() + (long) below(e.strings.size())); return;
            case 3: text = pick(e.strings); return;
            case 4: e.strings.resize(below(e.strings.size() + 1)); return;
            default: text = edited(text); return;
            }
        }
        const size_t size = std::max<size_t>(1, gguf_type_size((gguf_type) e.element_type));
        const size_t n = e.bytes.size() / size;
        if (n == 0 || (e.type == GGUF_TYPE_ARRAY && chance(4))) {
            e.bytes = chance(2) ? e.bytes + bytes(size) : e.bytes.substr(0, below(n + 1) * size);
        } else {
            e.bytes.replace(below(n) * size, size, bytes(size));
        }
    }

    void change_type(gguf_parts::entry & e) {
        e.type = (uint32_t) below(chance(8) ? 64 : GGUF_TYPE_COUNT);
        e.element_type = e.type == GGUF_TYPE_ARRAY ? (uint32_t) below(GGUF_TYPE_COUNT) : e.type;
        e.bytes.clear();
        e.strings.clear();
        for (size_t n = e.type == GGUF_TYPE_ARRAY ? below(5) : 1; n > 0; --n) {
            if (e.element_type == GGUF_TYPE_STRING) {
                e.strings.push_back(pick(TEXTS));
            } else {
                e.bytes += bytes(std::max<size_t>(1, gguf_type_size((gguf_type) e.element_type)));
            }
        }
    }

    void change_entry() {
        if (parts.entries.empty() || chance(8)) {
            gguf_parts::entry e;
            e.key = pick(keys());
            change_type(e);
            parts.entries.insert(parts.entries.begin() + (long) below(parts.entries.size() + 1), e);
            return;
        }
        gguf_parts::entry & e = pick(parts.entries);
        switch (below(10)) {
        case 0: e.key = edited(e.key); break;
        case 1: e.key = pick(keys()); break;
        case 2: change_type(e); break;
        case 3: parts.entries.erase(parts.entries.begin() + (&e - parts.entries.data())); break;
        case 4: e.told_count = number(); break;
        case 5: std::swap(e, pick(parts.entries)); break;
        default: change_value(e); break;
        }
    }

    void change_tensor() {
        if (parts.tensors.empty()) {
            return;
        }
        gguf_parts::tensor & t = pick(parts.tensors);
        switch (below(8)) {
        case 0: t.name = edited(t.name); break;
        case 1: t.type = (uint32_t) below(GGML_TYPE_COUNT + 2); break;
        case 2: t.offset = number(); break;
        case 3: parts.tensors.erase(parts.tensors.begin() + (&t - parts.tensors.data())); break;
        case 4: t.ne.push_back(number()); break;
        case 5: {
            gguf_parts::tensor copy = t;
            copy.name = chance(2) ? std::string(pick(TEXTS)) : edited(t.name);
            parts.tensors.push_back(copy);
            break;
        }
        default:
            if (!t.ne.empty()) {
                pick(t.ne) = number();
            }
        }
        if (!chance(4)) {
            parts.lay_out();
        }
    }

    void change_weights() {
        for (size_t n = 1 + below(8); n > 0 && parts.data.size() >= 4; --n) {
            parts.data.replace(below(parts.data.size() - 3), 4, bytes(4));
        }
        if (chance(8)) {
            parts.data.resize(below(parts.data.size() + 1));
        }
    }

    void change() {
        for (size_t n = 1 + below(3); n > 0; --n) {
            switch (below(8)) {
            case 0: change_weights(); break;
            case 1:
            case 2: change_tensor(); break;
            case 3:
                if (chance(8)) {
                    parts.version = (uint32_t) number();
                    break;
                }
                [[fallthrough]];
            default: change_entry();
            }
        }
    }
};

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t * data, size_t size, size_t max_size, unsigned seed) {
    std::optional<gguf_parts> parts = gguf_parts::read(data, size);
    if (!parts || seed % 16 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    mutator{ std::mt19937(seed), *parts }.change();
    const std::string changed = parts->write();
    if (changed.size() > max_size) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    memcpy(data, changed.data(), changed.size());
    return changed.size();
}
