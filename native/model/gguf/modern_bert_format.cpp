#include "model/gguf/modern_bert_format.h"

#include "error.h"

// Whether each layer of ModernBERT has local attention: an array, or the distance between layers that have not.
static std::vector<bool> read_local_layers(const gguf_file & file, uint32_t n_layer) {
    const std::string key = file.arch_key("attention.sliding_window_pattern");
    const int64_t id = gguf_find_key(file.gguf.get(), key.c_str());
    std::vector<bool> local(n_layer);
    if (id < 0 || gguf_get_kv_type(file.gguf.get(), id) != GGUF_TYPE_ARRAY) {
        const uint32_t distance = id < 0 ? 3 : file.need_u32(key); // llama.cpp's
        for (uint32_t il = 0; il < n_layer; ++il) {
            local[il] = distance == 0 || il % distance != 0;
        }
        return local;
    }
    const gguf_type type = gguf_get_arr_type(file.gguf.get(), id);
    const bool flags = type == GGUF_TYPE_BOOL;
    const bool numbers = type == GGUF_TYPE_UINT32 || type == GGUF_TYPE_INT32;
    if ((!flags && !numbers) || gguf_get_arr_n(file.gguf.get(), id) != n_layer) {
        throw vaner_error(VANER_MODEL_FORMAT,
            vaner_format("'%s' has to be an integer, or an array of %u booleans or 32-bit integers, one for each layer",
                key.c_str(), n_layer));
    }
    const void * values = gguf_get_arr_data(file.gguf.get(), id);
    for (uint32_t il = 0; il < n_layer; ++il) {
        local[il] = flags ? ((const int8_t *) values)[il] != 0 : ((const int32_t *) values)[il] != 0;
    }
    return local;
}

void modern_bert_format_read(const gguf_file & file, model_format & format) {
    const std::string activation = file.get_str(file.arch_key("hidden_activation"), "gelu");
    if (activation != "gelu") {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            "'" + file.arch_key("hidden_activation") + "' is '" + activation + "': only 'gelu' is supported");
    }
    file.need_positive(file.arch_key("rope.freq_base"), true);
    const std::string window = file.arch_key("attention.sliding_window");
    if (file.get_u32(window, 0) != 0) {
        format.reach = file.need_u32(window, 1, 1 << 29) / 2; // as in transformers, beside the token itself
        format.local = read_local_layers(file, format.n_layer);
        file.need_positive(file.arch_key("rope.freq_base_swa"), true);
    }
    if (format.n_head_kv != format.n_head || format.n_embd_head * format.n_head != format.n_embd) {
        throw vaner_error(VANER_MODEL_ARCHITECTURE,
            vaner_format("'%s' has %u heads of %u and %u key-value heads for an embedding length of %u: heads that do "
                         "not share the embedding alike are not supported",
                file.path.c_str(), format.n_head, format.n_embd_head, format.n_head_kv, format.n_embd));
    }
}
