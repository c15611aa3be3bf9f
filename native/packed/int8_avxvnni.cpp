#include "packed/packed_path.h"

#if defined(__AVXVNNI__) && defined(__FMA__)

    #include "packed/vnni_256_paths.h"

const packed_path * int8_avxvnni_path() {
    return vnni_256_blocks();
}

const packed_path * rowwise_avxvnni_path() {
    return vnni_256_rows();
}

#else

const packed_path * int8_avxvnni_path() {
    return nullptr;
}

const packed_path * rowwise_avxvnni_path() {
    return nullptr;
}

#endif
