#include "spare_memory.h"

#include <stdalign.h>
#include <stdatomic.h>

// An exception takes some 200 bytes.
enum { PIECES = 64, PIECE_SIZE = 512 };

static alignas(16) char pieces[PIECES][PIECE_SIZE];
static atomic_flag taken[PIECES];

void * vaner_take_spare_memory(size_t size) {
    for (int i = 0; i < PIECES && size <= PIECE_SIZE; ++i) {
        if (!atomic_flag_test_and_set(&taken[i])) {
            return pieces[i];
        }
    }
    return NULL;
}

int vaner_return_spare_memory(void * memory) {
    const char * p = memory;
    if (p < pieces[0] || p >= pieces[PIECES]) {
        return 0;
    }
    atomic_flag_clear(&taken[(p - pieces[0]) / PIECE_SIZE]);
    return 1;
}
