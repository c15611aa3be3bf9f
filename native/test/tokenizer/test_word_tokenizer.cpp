#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"
#include "tokenizer/word_cache.h"
#include "tokenizer/word_tokenizer.h"

#include <algorithm>
#include <string>
#include <vector>

struct text_with_bounds {
    std::u16string text;
    std::vector<uint32_t> bounds;

    void add(const std::u16string & word) {
        bounds.push_back((uint32_t) text.size());
        text += word;
        bounds.push_back((uint32_t) text.size());
        text += u" \u00e9x"; // text between the words has no effect
    }
};

static word_tokens tokenize(const token_classifier & model, const std::u16string & text,
    const std::vector<uint32_t> & bounds, const std::atomic<bool> * cancelled = nullptr) {
    return tokenize_words(
        model.vocab(), model.words(), text.data(), text.size(), bounds.data(), bounds.size() / 2, cancelled);
}

static std::vector<int32_t> tokenize_one(const token_classifier & model, const std::u16string & word) {
    return tokenize(model, word, { 0, (uint32_t) word.size() }).tokens;
}

static std::vector<int32_t> tokens_of(const word_tokens & words, size_t w) {
    return std::vector<int32_t>(words.tokens.begin() + words.offsets[w], words.tokens.begin() + words.offsets[w + 1]);
}

static std::string to_text(const std::vector<int32_t> & tokens) {
    std::string text;
    for (const int32_t token : tokens) {
        text += " " + std::to_string(token);
    }
    return text;
}

static std::vector<std::string> read_tokens(const model_editor & editor) {
    const int64_t key = gguf_find_key(editor.gguf.get(), "tokenizer.ggml.tokens");
    std::vector<std::string> tokens;
    for (size_t i = 0; i < gguf_get_arr_n(editor.gguf.get(), key); ++i) {
        tokens.push_back(gguf_get_arr_str(editor.gguf.get(), key, i));
    }
    return tokens;
}

static int32_t index_of(const std::vector<std::string> & tokens, const std::string & token) {
    return (int32_t) (std::find(tokens.begin(), tokens.end(), token) - tokens.begin());
}

static std::unique_ptr<token_classifier> load(const model_editor & editor) {
    const temporary_folder folder;
    const std::string path = folder.file("model.gguf");
    editor.write(path);
    token_classifier_params params;
    params.use_mmap = false; // the file is deleted
    return token_classifier::load(path, params);
}

static void check_reference(const std::string & name, const token_classifier & model) {
    const std::vector<reference_word> words = fixture_words(name);
    CHECK(words.size() > 100);

    text_with_bounds all;
    for (const reference_word & word : words) {
        all.add(word.text);
    }
    const word_tokens together = tokenize(model, all.text, all.bounds);
    CHECK(together.offsets.size() == words.size() + 1 && together.offsets.front() == 0);
    CHECK(together.offsets.back() == together.tokens.size());
    for (size_t w = 0; w < words.size(); ++w) {
        const std::vector<int32_t> tokens = tokens_of(together, w);
        if (tokens != words[w].tokens) {
            report_failure(__FILE__, __LINE__,
                vaner_format("%s, word %zu of tokenizers.json:%s, expected%s", name.c_str(), w, to_text(tokens).c_str(),
                    to_text(words[w].tokens).c_str()));
        }
        CHECK(tokenize_one(model, words[w].text) == words[w].tokens);
    }
}

static void check_empty_words(const token_classifier & model) {
    const std::u16string text = u"breast cancer";
    const word_tokens words = tokenize(model, text, { 0, 0, 0, 6, 6, 6, 7, 13, 13, 13 });
    CHECK((words.offsets ==
        std::vector<uint32_t>{ 0, 0, words.offsets[2], words.offsets[2], (uint32_t) words.tokens.size(),
            (uint32_t) words.tokens.size() }));
    CHECK(tokens_of(words, 1) == tokenize_one(model, u"breast"));
    CHECK(tokens_of(words, 3) == tokenize_one(model, u"cancer"));

    const word_tokens none = tokenize(model, text, {});
    CHECK(none.tokens.empty() && none.offsets == std::vector<uint32_t>{ 0 });
    const word_tokens no_text = tokenize(model, u"", { 0, 0 });
    CHECK(no_text.tokens.empty() && no_text.offsets.size() == 2);
}

static void check_surrogates(const token_classifier & model) {
    const std::vector<int32_t> replaced = tokenize_one(model, u"\ufffd");
    const char16_t high = 0xD83E;
    const char16_t low = 0xDDEC; // together: the DNA emoji
    CHECK(!replaced.empty());
    CHECK(tokenize_one(model, std::u16string(1, high)) == replaced);
    CHECK(tokenize_one(model, std::u16string(1, low)) == replaced);
    CHECK(tokenize_one(model, std::u16string{ u'a', high, u'b' }) == tokenize_one(model, u"a\ufffdb"));
    CHECK(tokenize_one(model, std::u16string{ low, high }) == tokenize_one(model, u"\ufffd\ufffd"));
    CHECK(tokenize_one(model, std::u16string{ high, high, low }) == tokenize_one(model, u"\ufffd\U0001F9EC"));
    CHECK(tokenize_one(model, std::u16string{ high, low }) == tokenize_one(model, u"\U0001F9EC"));
    CHECK(tokenize_one(model, std::u16string{ high, low }) != replaced);

    // a surrogate pair that the bounds split
    const word_tokens halves = tokenize(model, std::u16string{ high, low }, { 0, 1, 1, 2 });
    CHECK(tokens_of(halves, 0) == replaced && tokens_of(halves, 1) == replaced);
}

static void check_bounds(const token_classifier & model) {
    const std::u16string text = u"abc";
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, text, { 0, 4 }));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, text, { 2, 1 }));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, text, { 4, 4 }));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, text, { 0, 3, 0, UINT32_MAX }));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, tokenize(model, text, { UINT32_MAX, UINT32_MAX }));
    CHECK(tokenize(model, text, { 3, 3, 0, 3, 0, 3 }).offsets.size() == 4); // any order, and repeated
}

// Control tokens that a text spells stay text.
static void check_control_tokens(const token_classifier & model) {
    for (const char16_t * word : { u"<s>", u"</s>", u"<unk>", u"<|begin_of_text|>", u"<|end_of_text|>" }) {
        for (const int32_t token : tokenize_one(model, word)) {
            CHECK(token > 2);
        }
    }
}

// Even if merges produce one.
static void check_mergeable_control_tokens() {
    model_editor editor("tiny-f32");
    std::vector<std::string> tokens = read_tokens(editor);
    tokens[2] = "xq";
    editor.set_strs("tokenizer.ggml.tokens", tokens);
    const std::unique_ptr<token_classifier> model = load(editor);
    const std::vector<int32_t> expected = { 459, index_of(tokens, "x"), index_of(tokens, "q") };
    CHECK(tokenize_one(*model, u"xq") == expected);
}

static void check_no_space_prefix() {
    model_editor editor("tiny-f32");
    const std::vector<std::string> tokens = read_tokens(editor);
    gguf_set_val_bool(editor.gguf.get(), "tokenizer.ggml.add_space_prefix", false);
    const std::unique_ptr<token_classifier> model = load(editor);
    const std::vector<int32_t> expected = { index_of(tokens, "x"), index_of(tokens, "q") };
    CHECK(tokenize_one(*model, u"xq") == expected);
}

static void check_cancelling(const token_classifier & model) {
    std::atomic<bool> cancelled{ true };
    std::vector<uint32_t> bounds;
    for (int i = 0; i < 5000; ++i) {
        bounds.insert(bounds.end(), { 0, 3 });
    }
    CHECK_THROWS(VANER_ABORTED, tokenize(model, u"abc", bounds, &cancelled));
    cancelled = false;
    CHECK(tokenize(model, u"abc", bounds, &cancelled).offsets.size() == 5001);
}

// Cached words give the same tokens.
static void check_words_again(const token_classifier & model) {
    const std::u16string longest(1000, u'y');
    for (const std::u16string & word : { std::u16string(u"p53"), std::u16string(u"na\u00efve\u4e00"), longest }) {
        const std::vector<int32_t> first = tokenize_one(model, word);
        CHECK(tokenize_one(model, word) == first);
        text_with_bounds text;
        text.add(word);
        text.add(u"other");
        text.add(word);
        const word_tokens words = tokenize(model, text.text, text.bounds);
        CHECK(tokens_of(words, 0) == first && tokens_of(words, 2) == first);

        word_tokens known;
        const bool all = tokenize_cached_words(model.vocab(), model.words(), text.text.data(), text.text.size(),
            text.bounds.data(), text.bounds.size() / 2, known);
        CHECK(all == (word != longest));
        CHECK(!all || (known.tokens == words.tokens && known.offsets == words.offsets));
        text.add(u"unknown" + word);
        CHECK(!tokenize_cached_words(model.vocab(), model.words(), text.text.data(), text.text.size(),
            text.bounds.data(), text.bounds.size() / 2, known));
        const uint32_t outside[] = { 0, 1, 0, (uint32_t) text.text.size() + 1 };
        CHECK(!tokenize_cached_words(
            model.vocab(), model.words(), text.text.data(), text.text.size(), outside, 2, known));
    }
}

// Words in use stay cached, and the memory is bounded.
static void check_word_cache() {
    word_cache words;
    words.keep("often", { 1, 2 });
    for (int i = 0; i < 200000; ++i) {
        words.keep("w" + std::to_string(i), { i });
        std::vector<int32_t> tokens = { 7 };
        if (i % 10000 == 0) {
            CHECK(words.find("often", tokens) && tokens == std::vector<int32_t>({ 7, 1, 2 }));
        }
    }
    CHECK(words.size() <= word_cache::MAX_WORDS && words.size() >= word_cache::MAX_WORDS / 2);
    std::vector<int32_t> tokens;
    CHECK(words.find("w199999", tokens) && tokens == std::vector<int32_t>({ 199999 }));
    CHECK(!words.find("w0", tokens) && !words.find("", tokens) && tokens.size() == 1);
    words.keep(std::string(word_cache::MAX_BYTES + 1, 'y'), { 3 });
    CHECK(!words.find(std::string(word_cache::MAX_BYTES + 1, 'y'), tokens));
}

// find_all() gives the results of single look-ups, from both generations.
static void check_words_at_once() {
    word_cache words;
    auto spell = [](int i) { return "word" + std::to_string(i) + std::string(i % 50, 'x'); };
    auto tokens_for = [](int i) { return std::vector<int32_t>(1 + i % 7, i); };
    const int n = (int) word_cache::MAX_WORDS / 2 + 1000; // some of them older, some recent
    std::vector<std::string> spelled;
    for (int i = 0; i < n; ++i) {
        spelled.push_back(spell(i));
        words.keep(spelled.back(), tokens_for(i));
    }
    std::vector<std::string_view> text;
    std::vector<int32_t> expected = { 7 };
    std::vector<uint32_t> expected_ends = { 1 };
    for (int i = 0; i < n; i += 3) {
        text.push_back(spelled[i]);
        const std::vector<int32_t> own = tokens_for(i);
        expected.insert(expected.end(), own.begin(), own.end());
        expected_ends.push_back((uint32_t) expected.size());
        if (i % 2 == 0) {
            text.push_back("");
            expected_ends.push_back((uint32_t) expected.size());
        }
    }
    for (int again = 0; again < 3; ++again) {
        std::vector<int32_t> tokens = { 7 };
        std::vector<uint32_t> ends = { 1 };
        CHECK(words.find_all(text, tokens, ends) && tokens == expected && ends == expected_ends);
        CHECK(words.size() <= word_cache::MAX_WORDS);
    }
    text.push_back("unknown");
    std::vector<int32_t> tokens;
    std::vector<uint32_t> ends;
    CHECK(!words.find_all(text, tokens, ends));
    CHECK(words.find_all({}, tokens, ends) && word_cache().find_all({ "" }, tokens, ends));
    CHECK(!word_cache().find_all({ "word" }, tokens, ends));
}

int main() {
    for (const char * name : { "tiny-f32", "tiny-rope-factors-f32", "tiny-heads-f32" }) {
        const std::unique_ptr<token_classifier> model = fixture_model(name);
        check_reference(name, *model);
        check_empty_words(*model);
        check_surrogates(*model);
        check_bounds(*model);
        check_control_tokens(*model);
        check_cancelling(*model);
        check_words_again(*model);
        CHECK(model->bos_token() >= 0);
    }
    check_mergeable_control_tokens();
    check_no_space_prefix();
    check_word_cache();
    check_words_at_once();
    return test_result();
}
