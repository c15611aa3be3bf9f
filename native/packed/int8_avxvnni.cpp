#include "packed/packed_path.h"

#if defined(__AVXVNNI__) && defined(__FMA__)

    #include "packed/int8_avx2.h"
    #include "packed/int8_vnni.h"
    #include "packed/int8_vnni_256.h"

using product = vnni_product<vector_256>;

const packed_path * int8_avxvnni_path() {
    static const packed_path path = { "AVX-VNNI", activation_kind::bytes, 48, vnni_panels_size<product::OUTPUTS>,
        vnni_pack_panels<product::OUTPUTS>, product::multiply, int8_avx2_quantize, int8_avx2_rms_norm_quantize,
        int8_avx2_swiglu_quantize, nullptr, nullptr, nullptr };
    return &path;
}

#else

const packed_path * int8_avxvnni_path() {
    return nullptr;
}

#endif
