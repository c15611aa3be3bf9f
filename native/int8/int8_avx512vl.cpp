#include "int8/int8_path.h"

#if defined(__AVX512VNNI__) && defined(__AVX512VL__) && defined(__FMA__)

    #include "int8/int8_avx2.h"
    #include "int8/int8_vnni.h"
    #include "int8/int8_vnni_256.h"

using product = vnni_product<vector_256>;

const int8_path * int8_avx512vl_path() {
    static const int8_path path = { "AVX-VNNI", int8_row_kind::bytes, 48, vnni_panels_size<product::OUTPUTS>,
        vnni_pack_panels<product::OUTPUTS>, product::multiply, int8_avx2_quantize, int8_avx2_rms_norm_quantize,
        int8_avx2_swiglu_quantize };
    return &path;
}

#else

const int8_path * int8_avx512vl_path() {
    return nullptr;
}

#endif
