// Invalid and damaged adapter files: each is refused with a message that names the cause, or loads and runs.

#include "engine/engine.h"
#include "test/damage.h"
#include "test/fixtures.h"
#include "test/model_editor.h"
#include "test/test.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

static std::shared_ptr<token_classifier> load(const std::string & adapter) {
    token_classifier_params params;
    params.adapter = adapter;
    return token_classifier::load(fixture_model_path("tiny-f32"), params);
}

using edit = model_editor &;

struct broken_adapter {
    vaner_status status;
    const char * named; // has to occur in the message
    std::function<void(edit)> change;
};

static std::function<void(edit)> with_str(const char * key, const char * value) {
    return [=](edit m) { gguf_set_val_str(m.gguf.get(), key, value); };
}

static std::function<void(edit)> with_f32(const char * key, float value) {
    return [=](edit m) { gguf_set_val_f32(m.gguf.get(), key, value); };
}

static std::function<void(edit)> with_tensor(const char * name, ggml_type type, std::vector<int64_t> ne) {
    return [=](edit m) { m.put_tensor(name, type, ne); };
}

static std::function<void(edit)> with_pair(const std::string & matrix, std::vector<int64_t> a, std::vector<int64_t> b) {
    return [=](edit m) {
        m.put_tensor(matrix + ".lora_a", GGML_TYPE_F32, a);
        m.put_tensor(matrix + ".lora_b", GGML_TYPE_F32, b);
    };
}

static std::function<void(edit)> without_tensor(const char * name) {
    return [=](edit m) { m.remove_tensor(name); };
}

static std::function<void(edit)> with_value(const char * name, float value) {
    return [=](edit m) { ((float *) m.tensor(name)->data)[5] = value; };
}

static const float INFINITE = std::numeric_limits<float>::infinity();
static const float NOT_A_NUMBER = std::numeric_limits<float>::quiet_NaN();
static const char * const Q_A = "blk.1.attn_q.weight.lora_a";
static const char * const Q_B = "blk.1.attn_q.weight.lora_b";

// tiny-own-heads: attn_q and attn_v of 2 layers in rank 4, two heads
static const std::vector<broken_adapter> BROKEN = {
    { VANER_MODEL_ARCHITECTURE, "'model'", with_str("general.type", "model") },
    { VANER_MODEL_ARCHITECTURE, "general.type", [](edit m) { m.remove_key("general.type"); } },
    { VANER_MODEL_FORMAT, "adapter's metadata key 'general.type'",
        [](edit m) { gguf_set_val_u32(m.gguf.get(), "general.type", 1); } },
    { VANER_MODEL_ARCHITECTURE, "'llama'", with_str("general.architecture", "llama") },
    { VANER_MODEL_ARCHITECTURE, "'control_vector'", with_str("adapter.type", "control_vector") },
    { VANER_MODEL_ARCHITECTURE, "activated",
        [](edit m) {
            const uint32_t tokens[] = { 1, 2 };
            gguf_set_arr_data(m.gguf.get(), "adapter.alora.invocation_tokens", GGUF_TYPE_UINT32, tokens, 2);
        } },
    { VANER_MODEL_FORMAT, "adapter.lora.alpha", with_f32("adapter.lora.alpha", NOT_A_NUMBER) },
    { VANER_MODEL_FORMAT, "adapter.lora.alpha", with_f32("adapter.lora.alpha", -INFINITE) },
    { VANER_MODEL_FORMAT, "adapter.lora.alpha", with_str("adapter.lora.alpha", "8") },

    { VANER_MODEL_CORRUPT, Q_A, without_tensor(Q_A) },
    { VANER_MODEL_CORRUPT, Q_B, without_tensor(Q_B) },
    { VANER_MODEL_CORRUPT, "rank", with_tensor(Q_A, GGML_TYPE_F32, { 64, 5 }) },
    { VANER_MODEL_CORRUPT, "rank", with_tensor(Q_B, GGML_TYPE_F32, { 64, 4 }) }, // transposed
    { VANER_MODEL_CORRUPT, Q_A, with_tensor(Q_A, GGML_TYPE_F32, { 64, 4, 2 }) },
    { VANER_MODEL_CORRUPT, Q_A, with_tensor(Q_A, GGML_TYPE_I32, { 64, 4 }) },
    { VANER_MODEL_CORRUPT, Q_B, with_tensor(Q_B, GGML_TYPE_F64, { 4, 64 }) },
    { VANER_MODEL_ARCHITECTURE, "another model", with_pair("blk.1.attn_q.weight", { 32, 4 }, { 4, 64 }) },
    { VANER_MODEL_ARCHITECTURE, "another model", with_pair("blk.1.attn_q.weight", { 64, 4 }, { 4, 128 }) },
    { VANER_MODEL_ARCHITECTURE, "blk.2.attn_q", with_pair("blk.2.attn_q.weight", { 64, 4 }, { 4, 64 }) },
    { VANER_MODEL_ARCHITECTURE, "token_embd", with_pair("token_embd.weight", { 64, 4 }, { 4, 585 }) },
    { VANER_MODEL_ARCHITECTURE, "attn_norm", with_pair("blk.0.attn_norm.weight", { 64, 4 }, { 4, 1 }) },
    { VANER_MODEL_ARCHITECTURE, "blk.0.attn_q.weight", with_tensor("blk.0.attn_q.weight", GGML_TYPE_F32, { 64, 64 }) },
    { VANER_MODEL_ARCHITECTURE, "attn_norm", with_tensor("blk.0.attn_norm.weight", GGML_TYPE_F32, { 64 }) },

    { VANER_MODEL_HEAD, "cls.output.1.weight", without_tensor("cls.output.1.weight") },
    { VANER_MODEL_HEAD, "adapter", without_tensor("cls.output.1.weight") },
    { VANER_MODEL_HEAD, "cls.0.0.weight", with_tensor("cls.0.0.weight", GGML_TYPE_F32, { 32, 48 }) },
    { VANER_MODEL_HEAD, "cls.output.0.weight", with_tensor("cls.output.0.weight", GGML_TYPE_F16, { 48, 3 }) },
    { VANER_MODEL_ARCHITECTURE, "cls.output.0.weight",
        [](edit m) {
            m.set_strs("vaner.heads", { "Gene" });
            m.put_tensor("cls.output.weight", GGML_TYPE_F32, { 48, 3 });
        } },
    { VANER_MODEL_FORMAT, "vaner.heads", [](edit m) { m.set_strs("vaner.heads", {}); } },
    { VANER_MODEL_FORMAT, "vaner.format", [](edit m) { m.remove_key("vaner.format"); } },
    { VANER_MODEL_FORMAT, "format 6", [](edit m) { gguf_set_val_u32(m.gguf.get(), "vaner.format", 6); } },
    { VANER_MODEL_FORMAT, "vaner.max_tokens", [](edit m) { gguf_set_val_u32(m.gguf.get(), "vaner.max_tokens", 513); } },
    { VANER_MODEL_FORMAT, "output_labels", [](edit m) { m.remove_key("llama-embed.classifier.output_labels"); } },

    { VANER_MODEL_WEIGHTS, Q_A, with_value(Q_A, NOT_A_NUMBER) },
    { VANER_MODEL_WEIGHTS, Q_B, with_value(Q_B, INFINITE) },
    { VANER_MODEL_WEIGHTS, "cls.output.0.bias",
        [](edit m) { ((float *) m.tensor("cls.output.0.bias")->data)[0] = NOT_A_NUMBER; } },
    { VANER_MODEL_WEIGHTS, Q_A,
        [](edit m) {
            memset(m.put_tensor(Q_A, GGML_TYPE_F16, { 64, 4 })->data, 0xFF, 4);
        } },
    { VANER_MODEL_WEIGHTS, Q_A,
        [](edit m) {
            memset(m.put_tensor(Q_A, GGML_TYPE_Q8_0, { 64, 4 })->data, 0xFF, 4);
        } },
};

static void check_broken(const temporary_folder & folder) {
    const std::string path = folder.file("broken.gguf");
    for (const broken_adapter & broken : BROKEN) {
        printf("%s %s\n", vaner_status_code(broken.status), broken.named);
        model_editor m = model_editor::of_adapter("tiny-own-heads");
        broken.change(m);
        m.write(path);
        const std::string message = CHECK_THROWS(broken.status, load(path));
        if (message.find(broken.named) == std::string::npos) {
            report_failure(__FILE__, __LINE__, "'" + message + "' does not name " + broken.named);
        }
    }
    // neither pairs nor heads
    model_editor m = model_editor::of_adapter("tiny-qv");
    m.tensors.clear();
    m.write(path);
    CHECK_THROWS(VANER_MODEL_FORMAT, load(path));
    // overflows in the engine's first sequence
    m = model_editor::of_adapter("tiny-qv");
    for (ggml_tensor * t : m.tensors) {
        std::fill_n((float *) t->data, ggml_nelements(t), 1e30f);
    }
    m.write(path);
    const std::string message = CHECK_THROWS(VANER_MODEL_WEIGHTS, engine(load(path), engine_params()));
    CHECK(message.find("adapter") != std::string::npos);
}

static void check_wrong_kind(const temporary_folder & folder) {
    std::string message = CHECK_THROWS(VANER_MODEL_NOT_FOUND, load(folder.file("missing.gguf")));
    CHECK(message.find("no adapter file") != std::string::npos);
    write_bytes(folder.file("other.gguf"), { 'P', 'K', 3, 4, 5 });
    CHECK_THROWS(VANER_MODEL_NOT_GGUF, load(folder.file("other.gguf")));
    CHECK_THROWS(VANER_MODEL_NOT_FOUND, load(folder.path));
    message = CHECK_THROWS(VANER_MODEL_ARCHITECTURE, load(fixture_model_path("tiny-f32")));
    CHECK(message.find("not an adapter") != std::string::npos);
    message = CHECK_THROWS(
        VANER_MODEL_ARCHITECTURE, token_classifier::load(fixture_adapter_path("tiny-qv"), token_classifier_params()));
    CHECK(message.find("is an adapter") != std::string::npos);
}

// Duplicate names of tensors and keys: names of equal length are overwritten in the file.
static void check_duplicates(const std::vector<char> & bytes, const temporary_folder & folder) {
    const std::string from = "blk.1.attn_q.weight.lora_a";
    const std::string to = "blk.0.attn_q.weight.lora_a";
    std::vector<char> damaged = bytes;
    std::copy(to.begin(), to.end(), std::search(damaged.begin(), damaged.end(), from.begin(), from.end()));
    write_bytes(folder.file("twice.gguf"), damaged);
    CHECK_THROWS(VANER_MODEL_CORRUPT, load(folder.file("twice.gguf")));
}

// A matrix of no rows in its third dimension, which ggml's number of dimensions leaves out: it divides by it.
static void check_empty_dimension(const temporary_folder & folder) {
    model_editor m = model_editor::of_adapter("tiny-own-heads");
    m.remove_tensor(Q_A); // moves to the end, so that no offset depends on its size
    m.put_tensor(Q_A, GGML_TYPE_F32, { 64, 4, 2 });
    const std::string path = folder.file("empty.gguf");
    m.write(path);
    std::vector<char> bytes = read_bytes(path);
    const std::string name = Q_A;
    const auto at = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
    memset(&*at + name.size() + sizeof(uint32_t) + 2 * sizeof(int64_t), 0, sizeof(int64_t));
    write_bytes(path, bytes);
    const std::string message = CHECK_THROWS(VANER_MODEL_CORRUPT, load(path));
    CHECK(message.find("not a matrix") != std::string::npos);
}

static bool refused(const std::string & path, const std::string & what) {
    return refuses([&] { engine(load(path), engine_params()); }, what);
}

static void check_mutated(const std::vector<char> & bytes, size_t n_header, const temporary_folder & folder) {
    const std::string path = folder.file("mutated.gguf");
    for (size_t i = 0; i < 60; ++i) {
        const size_t size = i < 30 ? n_header * i / 30 : bytes.size() - 32 - (i - 30) * 1000;
        write_bytes(path, std::vector<char>(bytes.begin(), bytes.begin() + size));
        CHECK(refused(path, vaner_format("cut at %zu", size)));
    }
    int n_refused = 0;
    const int n = 600;
    std::mt19937 rng(1);
    for (int i = 0; i < n; ++i) {
        const damaged_file damaged = damage_header(bytes, n_header, rng);
        write_bytes(path, damaged.bytes);
        n_refused += refused(path, damaged.what);
    }
    printf("%d of %d refused\n", n_refused, n);
    CHECK(n_refused > n / 4);
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0); // the last line names the file that crashed us
    const temporary_folder folder;
    check_wrong_kind(folder);
    check_broken(folder);
    const std::string path = fixture_adapter_path("tiny-own-heads");
    const std::vector<char> bytes = read_bytes(path);
    const gguf_context_ptr gguf(gguf_init_from_file(path.c_str(), { /*.no_alloc =*/true, /*.ctx =*/nullptr }));
    check_duplicates(bytes, folder);
    check_empty_dimension(folder);
    check_mutated(bytes, gguf_get_data_offset(gguf.get()), folder);
    return test_result();
}
