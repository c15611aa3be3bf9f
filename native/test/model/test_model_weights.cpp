// Weights of valid files: types, values that are not finite, optional parts.

#include "engine/engine.h"
#include "graph/encoder.h"
#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"

#include <limits>
#include <vector>

// Weights that are not finite load, and are rejected by the engine's first sequence.
static void check_weights(const temporary_folder & folder) {
    for (const char * name : { "token_embd.weight", "output_norm.weight", "cls.output.weight", "cls.output.bias",
             "blk.0.attn_q.weight", "blk.0.attn_k.weight", "blk.1.attn_v.weight", "blk.1.ffn_down.weight" }) {
        for (const float value : { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() }) {
            printf("%s of %g\n", name, value);
            model_editor m("tiny-f32");
            ggml_tensor * t = m.tensor(name);
            for (int64_t i = 0; i < ggml_nelements(t); ++i) {
                ((float *) t->data)[i] = value;
            }
            const std::string path = folder.file("weights.gguf");
            m.write(path);
            const std::shared_ptr<const token_classifier> model =
                token_classifier::load(path, token_classifier_params());
            CHECK_THROWS(VANER_MODEL_WEIGHTS, engine(model, engine_params()));
        }
    }
}

// Quantizing on request does not hide a single one of them.
static void check_quantized(const temporary_folder & folder) {
    for (const float value : { std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity() }) {
        for (const int64_t where : { 0, 31, 1000 }) {
            model_editor m("tiny-f32");
            ((float *) m.tensor("blk.1.ffn_up.weight")->data)[where] = value;
            const std::string path = folder.file("weights.gguf");
            m.write(path);
            token_classifier_params params;
            params.int8 = int8_use::all;
            CHECK_THROWS(VANER_MODEL_WEIGHTS, engine(token_classifier::load(path, params), engine_params()));
        }
    }
}

// Optional parts of the format: every type of weights, a head without bias, a missing name.
static void check_accepted(const temporary_folder & folder) {
    auto encode = [&](const model_editor & m) {
        const std::string path = folder.file("accepted.gguf");
        m.write(path);
        const std::unique_ptr<token_classifier> model = token_classifier::load(path, token_classifier_params());
        for (const bool generic_ops : { false, true }) {
            encoder_params params;
            params.generic_ops = generic_ops;
            const auto enc = encoder::create(*model, params);
            encoder_batch batch;
            const int32_t tokens[] = { 1, 300 };
            const int32_t rows[] = { 1 };
            batch.add(tokens, 2, rows, 1);
            CHECK_AT_MOST(std::fabs(enc->encode(batch)[0] - 1.0 / 3), 1e-3); // all weights are zero
        }
        token_classifier_params int8; // every type can be quantized
        int8.int8 = int8_use::all;
        CHECK(token_classifier::load(path, int8) != nullptr);
    };
    for (int type = 0; type < GGML_TYPE_COUNT; ++type) {
        if (!ggml_is_quantized((ggml_type) type) || type == GGML_TYPE_Q8_1 || type == GGML_TYPE_Q8_K ||
            type == GGML_TYPE_NVFP4) {
            continue;
        }
        printf("weights of type %s\n", ggml_type_name((ggml_type) type));
        model_editor m("tiny-f32");
        m.resize(256, 256);
        for (ggml_tensor * t : std::vector<ggml_tensor *>(m.tensors)) {
            if (t->ne[1] > 3) {
                m.put_tensor(t->name, (ggml_type) type, { t->ne[0], t->ne[1] });
            }
        }
        encode(m);
    }
    model_editor m("tiny-f32");
    m.resize(64, 64);
    m.remove_key("general.name");
    m.remove_key("llama-embed.attention.head_count_kv");
    m.put_tensor("blk.0.attn_k.weight", GGML_TYPE_F16, { 64, 64 });
    m.put_tensor("blk.0.attn_v.weight", GGML_TYPE_BF16, { 64, 64 });
    encode(m);
}

// A RoPE scaling factor counts unless the scaling type is "none".
static void check_rope_scaling(const temporary_folder & folder) {
    auto encode = [&](const char * type, float factor) {
        model_editor m("tiny-f32");
        if (type) {
            gguf_set_val_str(m.gguf.get(), "llama-embed.rope.scaling.type", type);
        }
        gguf_set_val_f32(m.gguf.get(), "llama-embed.rope.scaling.factor", factor);
        const std::string path = folder.file("rope.gguf");
        m.write(path);
        const std::unique_ptr<token_classifier> model = token_classifier::load(path, token_classifier_params());
        const auto enc = encoder::create(*model, encoder_params());
        encoder_batch batch;
        const int32_t tokens[] = { 1, 300, 400, 500, 300, 10 };
        const int32_t rows[] = { 5 };
        batch.add(tokens, 6, rows, 1);
        return enc->encode(batch);
    };
    const std::vector<float> unscaled = encode("linear", 1.0f);
    CHECK(encode("none", 4.0f) == unscaled);
    CHECK(encode("linear", 4.0f) != unscaled);
    CHECK(encode(nullptr, 4.0f) == encode("linear", 4.0f));
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0); // the last line names the file that crashed us
    const temporary_folder folder;
    check_weights(folder);
    check_quantized(folder);
    check_accepted(folder);
    check_rope_scaling(folder);
    return test_result();
}
