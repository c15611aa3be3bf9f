#include "model/gguf/task_format.h"

#include "error.h"
#include "finite.h"
#include "model/gguf/architecture.h"

#include <algorithm>
#include <unordered_set>

// Format 2 adds 'vaner.instruction.attends_input', format 3 'vaner.passage.max_tokens': readers of older formats would
// ignore them. Format 4 adds heads over several types, format 5 'vaner.normalizer.unicode', unigram vocabularies and
// 'vaner.score.*'.
static const uint32_t FORMAT_VERSION = 5;

static const size_t MAX_LABELS = 4096;

// "cls.output.weight" of a single head, "cls.output.{h}.weight" of several
std::string task_format::head_weight(size_t h) const {
    return heads.size() == 1 ? "cls.output.weight" : vaner_format("cls.output.%zu.weight", h);
}

std::string task_format::head_bias(size_t h) const {
    return heads.size() == 1 ? "cls.output.bias" : vaner_format("cls.output.%zu.bias", h);
}

std::string task_format::dense_weight(size_t h, size_t layer) const {
    return prediction_head && layer == 0 ? "cls.weight" : vaner_format("cls.%zu.%zu.weight", h, layer);
}

std::string task_format::dense_bias(size_t h, size_t layer) const {
    return prediction_head && layer == 0 ? "cls.bias" : vaner_format("cls.%zu.%zu.bias", h, layer);
}

static uint32_t read_version(const gguf_file & file) {
    const uint32_t version = file.need_u32("vaner.format");
    if (version < 1 || version > FORMAT_VERSION) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' is of vaner format %u, this version reads formats 1 to %u. Update vaner-native, or "
                         "convert the checkpoint again",
                file.path.c_str(), version, FORMAT_VERSION));
    }
    return version;
}

void need_format(const gguf_file & file, uint32_t least, const std::string & key) {
    const uint32_t version = read_version(file);
    if (version < least) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' needs 'vaner.format' %u, but the file says %u", key.c_str(), least, version));
    }
}

static void read_heads(const gguf_file & file, uint32_t version, task_format & task) {
    task.heads = file.get_strs("vaner.heads");
    std::unordered_set<std::string> unique(task.heads.begin(), task.heads.end());
    if (task.heads.size() > 1024 || unique.size() != task.heads.size() || unique.count("")) {
        throw vaner_error(
            VANER_MODEL_FORMAT, "'vaner.heads' has to name an entity type for each head, each once, or '*'");
    }
    if (unique.count(SEVERAL_TYPES) && (version < 4 || task.heads.size() > 1)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'vaner.heads' has '+', a head over several types: it has to be the only head, and needs "
                         "'vaner.format' 4, but the file says %u",
                version));
    }
    if (task.heads.size() > 1 && unique.count(ANY_TYPE)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.heads' has '*' beside other types: a model with several heads needs a type for each");
    }
}

// Labels of a head over several types: O, and tags of types such as B-Disease.
static void check_typed_labels(const gguf_file & file, const task_format & task) {
    static const std::unordered_set<std::string> taggings = { "BIO", "BIOE", "BIOES", "IO" };
    if (!taggings.count(task.tagging)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.tagging' is '" + task.tagging + "', but has to be 'BIO', 'BIOE', 'BIOES' or 'IO'");
    }
    std::unordered_set<std::string> seen;
    for (const std::string & label : task.labels) {
        const bool outside = label == "O";
        const bool typed =
            label.size() > 2 && label[0] != 'O' && label[1] == '-' && task.tagging.find(label[0]) != std::string::npos;
        if ((!outside && !typed) || (!seen.insert(label).second && !outside)) {
            throw vaner_error(VANER_MODEL_FORMAT,
                "'" + file.arch_key("classifier.output_labels") + "' has '" + label +
                    "': a head over several types has O "
                    "and tags of " +
                    task.tagging + " with a type, such as I-Disease, each once");
        }
    }
    if (!seen.count("O") || seen.size() < 2 || task.labels.size() > MAX_LABELS) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' has to hold O and at least one tag of a type, and at most %zu labels",
                file.arch_key("classifier.output_labels").c_str(), MAX_LABELS));
    }
}

static void read_labels(const gguf_file & file, task_format & task) {
    task.tagging = file.get_str("vaner.tagging", "BIO");
    task.labels = file.get_strs(file.arch_key("classifier.output_labels"));
    if (task.heads[0] == SEVERAL_TYPES) {
        check_typed_labels(file, task);
        return;
    }
    const std::string & tagging = task.tagging;
    if (tagging != "BIO" && tagging != "BIOE") {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.tagging' is '" + tagging +
                "', but has to be 'BIO' or 'BIOE', except for a head over several types");
    }
    std::vector<std::string> sorted = task.labels;
    std::sort(sorted.begin(), sorted.end());
    const std::vector<std::string> bio = { "B", "I", "O" };
    const std::vector<std::string> bioe = { "B", "E", "I", "O" };
    if (sorted != (tagging == "BIO" ? bio : bioe)) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'" + file.arch_key("classifier.output_labels") + "' has to hold the labels of " + tagging +
                ", each once: " + (tagging == "BIO" ? "O, B, I" : "O, B, I, E"));
    }
}

static void read_passages(const gguf_file & file, task_format & task) {
    const std::string key = "vaner.passage.max_tokens";
    if (!file.has(key)) {
        return;
    }
    need_format(file, 3, key);
    if (task.tags_tokens()) {
        throw vaner_error(
            VANER_MODEL_FORMAT, "'" + key + "' is for models that tag words: with 'tokens-v1' a text is one passage");
    }
    task.passage_tokens = file.need_u32(key, 1, task.max_tokens);
}

// Slopes above 0: a more probable mention has a higher score.
static void read_scores(const gguf_file & file, task_format & task) {
    task.score_slopes = file.get_f32s("vaner.score.slopes");
    task.score_offsets = file.get_f32s("vaner.score.offsets");
    const size_t n_values = task.score_slopes.size() + task.score_offsets.size();
    if (n_values == 0) {
        return;
    }
    need_format(file, 5, "vaner.score.slopes");
    const auto above_0 = [](float slope) { return slope > 0.0f; };
    const size_t n_heads = task.heads.size();
    const bool fit = task.score_slopes.size() == n_heads && task.score_offsets.size() == n_heads &&
        all_finite(task.score_slopes.data(), n_heads) && all_finite(task.score_offsets.data(), n_heads) &&
        std::all_of(task.score_slopes.begin(), task.score_slopes.end(), above_0);
    if (!fit) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'vaner.score.slopes' and 'vaner.score.offsets' have to hold a finite number for each of the "
                         "%zu heads, slopes above 0",
                n_heads));
    }
}

task_format task_format_read(const gguf_file & file) {
    const uint32_t version = read_version(file);

    task_format task;
    read_heads(file, version, task);
    if (task.heads.empty()) {
        if (!file.has("vaner.heads") || file.has(file.arch_key("classifier.output_labels"))) {
            throw vaner_error(VANER_MODEL_FORMAT,
                "'vaner.heads' names no heads: it has to list an entity type for each head, or '*'");
        }
        return task;
    }
    read_labels(file, task);
    task.template_dataset = file.get_str("vaner.instruction.template", "");
    task.template_adaptive = file.get_str("vaner.instruction.adaptive_template", "");
    task.trained = file.get_strs("vaner.instruction.trained");
    task.max_tokens = file.need_u32("vaner.max_tokens", 2, UINT32_MAX);
    task.words = file.get_str("vaner.words", "letters-digits-v1");
    const model_family family = family_of(file.get_str("general.architecture", ""));
    task.causal = file.get_bool(file.arch_key("attention.causal"), family == FAMILY_LLAMA);
    if (family != FAMILY_LLAMA && task.causal) {
        throw vaner_error(
            VANER_MODEL_ARCHITECTURE, "a causal mask ('" + file.arch_key("attention.causal") + "') is not supported");
    }
    task.prediction_head = family == FAMILY_MODERN_BERT;
    if (task.prediction_head && task.heads.size() > 1) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'vaner.heads' names %zu heads, but a model of architecture '%s' has one", task.heads.size(),
                architecture_of(family)));
    }
    task.instruction_attends_input = file.get_bool("vaner.instruction.attends_input", true);
    if (task.words != "letters-digits-v1" && !task.tags_tokens() && !task.tags_bert_words() &&
        !task.tags_spaced_words()) {
        throw vaner_error(VANER_MODEL_FORMAT,
            "'vaner.words' is '" + task.words +
                "': this version knows 'letters-digits-v1', 'tokens-v1', 'bert-words-v1' and 'spaced-words-v1'");
    }
    read_passages(file, task);
    read_scores(file, task);
    return task;
}
