#include "test/damage.h"

#include "test/test.h"

#include <cstring>

damaged_file damage_header(const std::vector<char> & bytes, size_t n_header, std::mt19937 & rng) {
    std::vector<char> damaged = bytes;
    const size_t at = 4 + rng() % (n_header - 12); // after the magic
    const unsigned kind = rng() % 4;
    if (kind == 0) {
        damaged[at] ^= (char) (1 << rng() % 8);
    } else if (kind == 1) {
        damaged[at] = (char) rng();
    } else {
        memset(&damaged[at], kind == 2 ? 0xFF : 0, 1 + rng() % 8);
    }
    return { damaged, vaner_format("kind %u at %zu", kind, at) };
}

bool refuses(const std::function<void()> & use, const std::string & what) {
    printf("%s\n", what.c_str());
    try {
        use();
        return false;
    } catch (const vaner_error & e) {
        CHECK(!std::string(e.what()).empty());
        CHECK(e.status != VANER_INTERNAL);
    } catch (const std::exception & e) {
        report_failure(__FILE__, __LINE__, what + ": threw '" + e.what() + "', not a vaner_error");
    }
    return true;
}
