// Importance matrices in both formats, valid and damaged.

#include "quantize/importance_matrix.h"
#include "test/model_editor.h"
#include "test/test.h"

#include <cstring>
#include <limits>

struct legacy_file {
    std::vector<char> bytes;

    legacy_file & i32(int32_t value) { return raw(&value, sizeof(value)); }
    legacy_file & f32(float value) { return raw(&value, sizeof(value)); }
    legacy_file & text(const std::string & value) {
        i32((int32_t) value.size());
        return raw(value.data(), value.size());
    }
    legacy_file & raw(const void * data, size_t n) {
        bytes.insert(bytes.end(), (const char *) data, (const char *) data + n);
        return *this;
    }
};

static legacy_file sound() {
    legacy_file file;
    file.i32(2);
    file.text("blk.0.attn_q.weight").i32(2).i32(3).f32(8).f32(2).f32(0);
    file.text("blk.0.attn_k.weight").i32(1).i32(1).f32(0);
    return file;
}

static void write_gguf(const std::string & path, const std::vector<float> & sums, const std::vector<float> & counts) {
    ggml_context_ptr ctx(ggml_init({ 1 << 20, nullptr, false }));
    gguf_context_ptr out(gguf_init_empty());
    auto add = [&](const char * name, const std::vector<float> & values) {
        ggml_tensor * t = ggml_new_tensor_1d(ctx.get(), GGML_TYPE_F32, (int64_t) values.size());
        ggml_set_name(t, name);
        memcpy(t->data, values.data(), values.size() * sizeof(float));
        gguf_add_tensor(out.get(), t);
    };
    add("blk.0.attn_q.weight.in_sum2", sums);
    if (!counts.empty()) {
        add("blk.0.attn_q.weight.counts", counts);
    }
    gguf_write_to_file(out.get(), path.c_str(), false);
}

int main() {
    setvbuf(stdout, nullptr, _IONBF, 0);
    const temporary_folder folder;
    const std::string path = folder.file("imatrix");
    const std::vector<float> expected = { 0.5f, 0.125f, 0 }; // 4, 1, 0 scaled by a power of two

    const legacy_file whole = sound();
    write_bytes(path, whole.bytes);
    const importance_matrix legacy = importance_matrix_read(path);
    CHECK(legacy.size() == 2);
    CHECK(legacy.at("blk.0.attn_q.weight") == expected);
    CHECK(legacy.at("blk.0.attn_k.weight") == std::vector<float>({ 0 }));

    write_gguf(path, { 8, 2, 0 }, { 2 });
    CHECK(importance_matrix_read(path).at("blk.0.attn_q.weight") == expected);
    write_gguf(path, { 8, 2, 0 }, { 0 }); // no samples
    CHECK(importance_matrix_read(path).at("blk.0.attn_q.weight") == std::vector<float>({ 0.5f, 0.5f, 0.5f }));

    const float inf = std::numeric_limits<float>::infinity();
    CHECK_THROWS(VANER_INVALID_ARGUMENT, (write_gguf(path, { 1 }, {}), importance_matrix_read(path)));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, (write_gguf(path, { 1 }, { 1, 1 }), importance_matrix_read(path)));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, (write_gguf(path, { inf }, { 1 }), importance_matrix_read(path)));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, (write_gguf(path, { -1 }, { 1 }), importance_matrix_read(path)));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, (write_gguf(path, { 1e30f }, { 1e-30f }), importance_matrix_read(path)));

    for (size_t n = 0; n < whole.bytes.size(); ++n) {
        write_bytes(path, std::vector<char>(whole.bytes.begin(), whole.bytes.begin() + n));
        CHECK_THROWS(VANER_INVALID_ARGUMENT, importance_matrix_read(path));
    }
    for (const int32_t n : { 0, -1, INT32_MAX, INT32_MIN }) {
        write_bytes(path, legacy_file().i32(n).raw(whole.bytes.data() + 4, whole.bytes.size() - 4).bytes);
        CHECK_THROWS(VANER_INVALID_ARGUMENT, importance_matrix_read(path));
        write_bytes(path, legacy_file().i32(1).text("x").i32(1).i32(n).f32(1).bytes);
        CHECK_THROWS(VANER_INVALID_ARGUMENT, importance_matrix_read(path));
    }
    CHECK_THROWS(VANER_INVALID_ARGUMENT, importance_matrix_read(folder.file("none")));
    CHECK_THROWS(VANER_INVALID_ARGUMENT, importance_matrix_read(folder.path));
    return test_result();
}
