#include "test/fuzz/gguf_parts.h"

#include "ggml-impl.h" // gguf_type_size()
#include "gguf.h"

#include <cstring>

static const size_t ALIGNMENT = GGUF_DEFAULT_ALIGNMENT;
static const uint64_t MAX_COUNT = 1 << 20;
static const size_t MAX_DATA = 4 << 20;

struct byte_reader {
    const uint8_t * bytes;
    size_t size;
    size_t at = 0;
    bool failed = false;

    std::string take(uint64_t n) {
        if (failed || n > size - at) {
            failed = true;
            return "";
        }
        at += n;
        return std::string((const char *) bytes + at - n, n);
    }

    template <typename number> number get() {
        number value = 0;
        const std::string taken = take(sizeof(value));
        if (!failed) {
            memcpy(&value, taken.data(), sizeof(value));
        }
        return value;
    }

    std::string string() { return take(get<uint64_t>()); }

    uint64_t count() {
        const uint64_t n = get<uint64_t>();
        failed = failed || n > MAX_COUNT;
        return failed ? 0 : n;
    }
};

static void read_value(byte_reader & in, gguf_parts::entry & entry) {
    const bool array = entry.type == GGUF_TYPE_ARRAY;
    entry.element_type = array ? in.get<uint32_t>() : entry.type;
    const uint64_t n = array ? in.count() : 1;
    if (entry.element_type == GGUF_TYPE_STRING) {
        for (uint64_t i = 0; i < n && !in.failed; ++i) {
            entry.strings.push_back(in.string());
        }
        return;
    }
    const size_t size = gguf_type_size((gguf_type) entry.element_type);
    in.failed = in.failed || size == 0;
    entry.bytes = in.take(n * size);
}

std::optional<gguf_parts> gguf_parts::read(const uint8_t * bytes, size_t size) {
    byte_reader in{ bytes, size };
    gguf_parts parts;
    if (in.take(4) != GGUF_MAGIC) {
        return std::nullopt;
    }
    parts.version = in.get<uint32_t>();
    const uint64_t n_tensors = in.count();
    const uint64_t n_entries = in.count();
    for (uint64_t i = 0; i < n_entries && !in.failed; ++i) {
        entry & e = parts.entries.emplace_back();
        e.key = in.string();
        e.type = in.get<uint32_t>();
        read_value(in, e);
    }
    for (uint64_t i = 0; i < n_tensors && !in.failed; ++i) {
        tensor & t = parts.tensors.emplace_back();
        t.name = in.string();
        const uint32_t n_dims = in.get<uint32_t>();
        for (uint32_t d = 0; d < n_dims && !in.failed; ++d) {
            t.ne.push_back(in.get<uint64_t>());
        }
        t.type = in.get<uint32_t>();
        t.offset = in.get<uint64_t>();
    }
    if (in.failed) {
        return std::nullopt;
    }
    in.take((ALIGNMENT - in.at % ALIGNMENT) % ALIGNMENT);
    parts.data.assign((const char *) bytes + in.at, size - in.at);
    return parts;
}

template <typename number> static void put(std::string & out, number value) {
    out.append((const char *) &value, sizeof(value));
}

static void put_string(std::string & out, const std::string & text) {
    put<uint64_t>(out, text.size());
    out += text;
}

static void put_value(std::string & out, const gguf_parts::entry & e) {
    if (e.type == GGUF_TYPE_ARRAY) {
        put(out, e.element_type);
        const size_t size = gguf_type_size((gguf_type) e.element_type);
        put<uint64_t>(out, e.told_count.value_or(size == 0 ? e.strings.size() : e.bytes.size() / size));
    }
    for (const std::string & text : e.strings) {
        put_string(out, text);
    }
    out += e.bytes;
}

std::string gguf_parts::write() const {
    std::string out = GGUF_MAGIC;
    put(out, version);
    put<uint64_t>(out, tensors.size());
    put<uint64_t>(out, entries.size());
    for (const entry & e : entries) {
        put_string(out, e.key);
        put(out, e.type);
        put_value(out, e);
    }
    for (const tensor & t : tensors) {
        put_string(out, t.name);
        put<uint32_t>(out, (uint32_t) t.ne.size());
        for (const uint64_t n : t.ne) {
            put(out, n);
        }
        put(out, t.type);
        put(out, t.offset);
    }
    out.resize((out.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    return out + data;
}

void gguf_parts::lay_out() {
    std::string laid;
    for (tensor & t : tensors) {
        size_t n_bytes = t.type < GGML_TYPE_COUNT ? ggml_type_size((ggml_type) t.type) : 4;
        for (const uint64_t n : t.ne) {
            n_bytes = n == 0 || n_bytes > MAX_DATA / n ? MAX_DATA : n_bytes * n;
        }
        if (t.type < GGML_TYPE_COUNT && ggml_blck_size((ggml_type) t.type) > 0) {
            n_bytes /= ggml_blck_size((ggml_type) t.type);
        }
        const std::string old = t.offset < data.size() ? data.substr(t.offset, n_bytes) : "";
        t.offset = laid.size();
        if (laid.size() + n_bytes < MAX_DATA) {
            laid += old;
            laid.resize((t.offset + n_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        }
    }
    data = std::move(laid);
}
