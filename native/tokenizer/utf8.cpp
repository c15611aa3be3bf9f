#include "tokenizer/utf8.h"

static void append_utf8(std::string & out, uint32_t cp) {
    if (cp < 0x80) {
        out += (char) cp;
    } else if (cp < 0x800) {
        out += (char) (0xC0 | (cp >> 6));
        out += (char) (0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        out += (char) (0xE0 | (cp >> 12));
        out += (char) (0x80 | ((cp >> 6) & 0x3F));
        out += (char) (0x80 | (cp & 0x3F));
    } else {
        out += (char) (0xF0 | (cp >> 18));
        out += (char) (0x80 | ((cp >> 12) & 0x3F));
        out += (char) (0x80 | ((cp >> 6) & 0x3F));
        out += (char) (0x80 | (cp & 0x3F));
    }
}

void append_utf16(std::string & out, const char16_t * text, size_t start, size_t end, std::vector<uint32_t> * units) {
    for (size_t i = start; i < end; ++i) {
        const size_t first = i;
        uint32_t cp = text[i];
        if (cp >= 0xD800 && cp < 0xE000) {
            const bool pair = cp < 0xDC00 && i + 1 < end && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000;
            cp = pair ? 0x10000 + ((cp - 0xD800) << 10) + (text[++i] - 0xDC00) : 0xFFFD;
        }
        append_utf8(out, cp);
        if (units) {
            units->resize(out.size(), (uint32_t) first);
        }
    }
}
