#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"
#include "tokenizer/text_tokenizer.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

static text_tokens tokenize(const token_classifier & model, const std::u16string & text,
    const std::vector<uint32_t> & bounds, bool controls, const std::atomic<bool> * cancelled = nullptr) {
    return tokenize_texts(
        model.vocab(), text.data(), text.size(), bounds.data(), bounds.size() / 2, controls, cancelled);
}

static text_tokens tokenize_one(const token_classifier & model, const std::u16string & text, bool controls = false) {
    return tokenize(model, text, { 0, (uint32_t) text.size() }, controls);
}

static void check_reference(const token_classifier & model) {
    const std::vector<reference_text> texts = fixture_texts();
    CHECK(texts.size() > 50);
    for (size_t t = 0; t < texts.size(); ++t) {
        const text_tokens found = tokenize_one(model, texts[t].text, texts[t].controls);
        if (found.tokens != texts[t].tokens || found.starts != texts[t].starts) {
            report_failure(__FILE__, __LINE__, vaner_format("text %zu of texts.json", t));
        }
        CHECK((found.offsets == std::vector<uint32_t>{ 0, (uint32_t) found.tokens.size() }));
    }
}

// Texts cut out of one string give the tokens of each text alone.
static void check_together(const token_classifier & model) {
    std::u16string all;
    std::vector<uint32_t> bounds;
    std::vector<reference_text> texts;
    for (const reference_text & text : fixture_texts()) {
        if (!text.controls) {
            all += u"x ";
            bounds.push_back((uint32_t) all.size());
            all += text.text;
            bounds.push_back((uint32_t) all.size());
            texts.push_back(text);
        }
    }
    const text_tokens found = tokenize(model, all, bounds, false);
    CHECK(found.offsets.size() == texts.size() + 1);
    for (size_t t = 0; t < texts.size(); ++t) {
        const auto from = found.offsets[t];
        const auto to = found.offsets[t + 1];
        std::vector<uint32_t> starts(found.starts.begin() + from, found.starts.begin() + to);
        for (uint32_t & start : starts) {
            start -= bounds[2 * t];
        }
        CHECK((std::vector<int32_t>(found.tokens.begin() + from, found.tokens.begin() + to) == texts[t].tokens));
        CHECK(starts == texts[t].starts);
    }
}

// Random code units: starts are characters, ascend, and begin with the first of the text.
static void check_any_text(const token_classifier & model) {
    std::mt19937 rng(5);
    const std::u16string alphabet = u"aA \n\r\t.,-(α病\u0301\u200d\u00a0\ufffd";
    for (int round = 0; round < 2000; ++round) {
        std::u16string text;
        for (size_t n = rng() % 24; text.size() < n;) {
            const uint32_t pick = rng() % 8;
            text += pick < 5 ? alphabet[rng() % alphabet.size()]
                : pick < 7   ? (char16_t) (0xD800 + rng() % 0x800) // surrogates, in any order
                             : (char16_t) (rng() & 0xFFFF);
        }
        const text_tokens found = tokenize_one(model, text);
        CHECK(found.tokens.size() == found.starts.size() && found.tokens.empty() == text.empty());
        CHECK(found.ends.size() == found.starts.size() && (text.empty() || found.ends.back() == text.size()));
        uint32_t last = 0;
        for (size_t i = 0; i < found.starts.size(); ++i) {
            const uint32_t start = found.starts[i];
            CHECK(start < text.size() && start >= last && (i > 0 || start == 0));
            const bool inside_pair = start > 0 && text[start] >= 0xDC00 && text[start] < 0xE000 &&
                text[start - 1] >= 0xD800 && text[start - 1] < 0xDC00;
            CHECK(!inside_pair);
            // tokens leave nothing out, and share only what characters they share
            CHECK(found.ends[i] > start && (i + 1 == found.ends.size() || found.ends[i] >= found.starts[i + 1]));
            last = start;
        }
    }
}

static void check_surrogates(const token_classifier & model) {
    const char16_t high = 0xD83E;
    const char16_t low = 0xDDEC; // together: the DNA emoji
    CHECK(tokenize_one(model, { u'a', high, u'b' }).tokens == tokenize_one(model, u"a\ufffdb").tokens);
    CHECK(tokenize_one(model, { high, low }).tokens == tokenize_one(model, u"\U0001F9EC").tokens);
    // a surrogate pair that the bounds split
    const text_tokens halves = tokenize(model, { high, low }, { 0, 1, 1, 2 }, false);
    const std::vector<int32_t> replaced = tokenize_one(model, u"\ufffd").tokens;
    CHECK(halves.offsets[1] == replaced.size() && halves.offsets[2] == 2 * replaced.size());
    CHECK(halves.starts.front() == 0 && halves.starts.back() == 1);
    // three letters and one character of several tokens
    const text_tokens split = tokenize_one(model, u"\U00020BB7.");
    CHECK(split.tokens.size() > 3 && split.starts[1] == 0 && split.starts.back() == 2);
    CHECK(split.ends[0] == 2 && split.ends[1] == 2 && split.ends.back() == 3);
}

// Normalized words: a token has its own letters, and the unknown token the whole word.
static void check_wordpiece() {
    const std::unique_ptr<token_classifier> model = fixture_model("tiny-bert-f32");
    const text_tokens found =
        tokenize(*model, u"plating \U0001F9EC\U0001F9EC tin", { 0, 7, 8, 8, 8, 12, 13, 16 }, false);
    CHECK((found.offsets == std::vector<uint32_t>{ 0, 2, 2, 3, 4 }));
    CHECK((found.starts == std::vector<uint32_t>{ 0, 4, 8, 13 }) &&
        (found.ends == std::vector<uint32_t>{ 4, 7, 12, 16 }));
}

// Normalized pieces with their marks: an unknown token has all characters in a row that no token spells.
static void check_unigram() {
    const std::unique_ptr<token_classifier> model = fixture_model("tiny-unigram-f32");
    const std::u16string text = u"\u2581patient\u2581\U0001F9EC\U0001F9ECin";
    const text_tokens found = tokenize(*model, text, { 0, 8, 8, 8, 8, 15 }, false);
    CHECK(found.offsets.size() == 4 && found.offsets[1] == found.offsets[2]);
    CHECK(found.starts.front() == 0 && found.ends[found.offsets[1] - 1] == 8);
    for (uint32_t i = found.offsets[2]; i < found.offsets[3]; ++i) {
        CHECK(found.tokens[i] != 3 || (found.starts[i] == 9 && found.ends[i] == 13));
    }
    CHECK(std::count(found.tokens.begin(), found.tokens.end(), 3) == 1 && found.ends.back() == 15);
    // no control tokens
    for (const int32_t token : tokenize_one(*model, u"\u2581<s></s><unk><mask>").tokens) {
        CHECK(token >= 3 && token + 1 < (int32_t) model->format.n_vocab);
    }
}

// Control tokens that a text spells stay text, even as a whole word (`ignore_merges`).
static void check_control_tokens() {
    model_editor editor("tiny-tokens-f32");
    const int64_t key = gguf_find_key(editor.gguf.get(), "tokenizer.ggml.tokens");
    std::vector<std::string> tokens;
    for (size_t i = 0; i < gguf_get_arr_n(editor.gguf.get(), key); ++i) {
        tokens.push_back(gguf_get_arr_str(editor.gguf.get(), key, i));
    }
    tokens[4] = "xq";
    editor.set_strs("tokenizer.ggml.tokens", tokens);
    const temporary_folder folder;
    editor.write(folder.file("model.gguf"));
    token_classifier_params params;
    params.use_mmap = false; // the file is deleted
    const std::unique_ptr<token_classifier> model = token_classifier::load(folder.file("model.gguf"), params);

    const text_tokens found = tokenize_one(*model, u"xq");
    CHECK(found.tokens.size() == 2 && tokens[found.tokens[0]] == "x" && tokens[found.tokens[1]] == "q");
    CHECK((found.starts == std::vector<uint32_t>{ 0, 1 }));
    CHECK(tokenize_one(*model, u"xq", true).tokens == std::vector<int32_t>{ 4 });
}

static void check_refusals(const token_classifier & model) {
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, u"abc", { 0, 4 }, false));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, u"abc", { 2, 1 }, false));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, u"abc", { 0, UINT32_MAX }, false));
    const std::atomic<bool> cancelled{ true };
    CHECK_THROWS(VANER_ABORTED, tokenize(model, u"abc", { 0, 3 }, false, &cancelled));
    const text_tokens none = tokenize(model, u"abc", { 1, 1, 3, 3 }, false);
    CHECK(none.tokens.empty() && (none.offsets == std::vector<uint32_t>{ 0, 0, 0 }));

    const std::unique_ptr<token_classifier> sentencepiece = fixture_model("tiny-f32");
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize_one(*sentencepiece, u"abc"));
}

int main() {
    const std::unique_ptr<token_classifier> model = fixture_model("tiny-tokens-f32");
    CHECK(model->bos_token() == -1);
    check_reference(*model);
    check_together(*model);
    check_any_text(*model);
    check_surrogates(*model);
    check_control_tokens();
    check_wordpiece();
    check_unigram();
    check_refusals(*model);
    return test_result();
}
