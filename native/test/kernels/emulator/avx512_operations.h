// The operations of AVX-512 and AVX-VNNI that the kernels use, in AVX2, FMA and F16C, after Intel's Intrinsics Guide.
// Approximations are exact here, and denormal F32 numbers are kept, where the instructions for BF16 flush them to zero.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <immintrin.h>

namespace emulator {

using i64x8 = int64_t __attribute__((vector_size(64)));
using i32x16 = int32_t __attribute__((vector_size(64)));
using i16x32 = int16_t __attribute__((vector_size(64)));
using u16x32 = uint16_t __attribute__((vector_size(64)));

template <typename half> static inline half half_of(const void * vector, int i) {
    half result;
    memcpy(&result, (const char *) vector + i * sizeof(half), sizeof(half));
    return result;
}

template <typename vector, typename half> static inline vector vector_of(half low, half high) {
    const half both[2] = { low, high };
    vector result;
    memcpy(&result, both, sizeof(result));
    return result;
}

// Half 0 or 1 of a vector.
static inline __m256 part(__m512 v, int i) {
    return half_of<__m256>(&v, i);
}

static inline __m256i part(__m512i v, int i) {
    return half_of<__m256i>(&v, i);
}

static inline __m256d part(__m512d v, int i) {
    return half_of<__m256d>(&v, i);
}

static inline __m512 join(__m256 low, __m256 high) {
    return vector_of<__m512>(low, high);
}

static inline __m512i join(__m256i low, __m256i high) {
    return vector_of<__m512i>(low, high);
}

static inline __m512d join(__m256d low, __m256d high) {
    return vector_of<__m512d>(low, high);
}

// Lanes of `taken` where the mask has a bit, else of `other`.
template <typename lanes, typename vector> static inline vector select(uint64_t mask, vector taken, vector other) {
    lanes result = (lanes) other;
    for (size_t i = 0; i < sizeof(lanes) / sizeof(result[0]); ++i) {
        result[i] = mask >> i & 1 ? ((lanes) taken)[i] : result[i];
    }
    return (vector) result;
}

// Lanes without a bit are not read.
static inline __m512 load_some(__m512 other, uint64_t mask, const void * from) {
    for (int i = 0; i < 16; ++i) {
        other[i] = mask >> i & 1 ? ((const float *) from)[i] : other[i];
    }
    return other;
}

// Lanes without a bit are not written.
template <typename lane> static inline void store_some(void * to, uint64_t mask, const void * from) {
    for (size_t i = 0; i < 64 / sizeof(lane); ++i) {
        if (mask >> i & 1) {
            memcpy((lane *) to + i, (const lane *) from + i, sizeof(lane));
        }
    }
}

// Looks up words in a table of 64 bytes or, where the index has the next bit, 128.
template <typename lanes> static inline __m512i look_up(lanes index, __m512i first, __m512i second) {
    const int n = sizeof(lanes) / sizeof(index[0]);
    lanes result;
    for (int i = 0; i < n; ++i) {
        const int at = (int) index[i] & (2 * n - 1);
        result[i] = at < n ? ((lanes) first)[at] : ((lanes) second)[at - n];
    }
    return (__m512i) result;
}

template <typename lane> static inline lane saturate(int64_t value, int64_t low, int64_t high) {
    return (lane) (value < low ? low : value > high ? high : value);
}

template <int rounding> static inline float round(float x) {
    static_assert(rounding >> 4 == 0 && (rounding & 4) == 0, "whole numbers only, in a direction of its own");
    switch (rounding & 3) {
    case _MM_FROUND_TO_NEAREST_INT: return std::nearbyintf(x);
    case _MM_FROUND_TO_NEG_INF: return std::floor(x);
    case _MM_FROUND_TO_POS_INF: return std::ceil(x);
    default: return std::trunc(x);
    }
}

// x times 2 to the power of y, rounded down
static inline float scale(float x, float y) {
    if (std::isnan(x) || std::isnan(y)) {
        return x + y;
    }
    const float power = std::floor(y);
    return power > 1000.0f ? x * INFINITY : power < -1000.0f ? x * 0.0f : std::ldexp(x, (int) power);
}

// Rounds to the nearest, ties to even.
static inline uint16_t bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return std::isnan(x) ? (uint16_t) (bits >> 16 | 0x40) : (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float from_bf16(uint16_t x) {
    const uint32_t bits = (uint32_t) x << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// Operations on each half.
#define EMULATE_2(name, type, by)                                                                                      \
    static inline type name(type a, type b) { return join(by(part(a, 0), part(b, 0)), by(part(a, 1), part(b, 1))); }
#define EMULATE_3(name, type, by)                                                                                      \
    static inline type name(type a, type b, type c) {                                                                  \
        return join(by(part(a, 0), part(b, 0), part(c, 0)), by(part(a, 1), part(b, 1), part(c, 1)));                   \
    }

EMULATE_2(add_ps, __m512, _mm256_add_ps)
EMULATE_2(sub_ps, __m512, _mm256_sub_ps)
EMULATE_2(mul_ps, __m512, _mm256_mul_ps)
EMULATE_2(div_ps, __m512, _mm256_div_ps)
EMULATE_2(max_ps, __m512, _mm256_max_ps)
EMULATE_2(min_ps, __m512, _mm256_min_ps)
EMULATE_2(unpacklo_ps, __m512, _mm256_unpacklo_ps)
EMULATE_2(unpackhi_ps, __m512, _mm256_unpackhi_ps)
EMULATE_3(fmadd_ps, __m512, _mm256_fmadd_ps)
EMULATE_3(fmsub_ps, __m512, _mm256_fmsub_ps)
EMULATE_3(fnmadd_ps, __m512, _mm256_fnmadd_ps)
EMULATE_3(fmaddsub_ps, __m512, _mm256_fmaddsub_ps)

EMULATE_2(add_pd, __m512d, _mm256_add_pd)
EMULATE_2(unpacklo_pd, __m512d, _mm256_unpacklo_pd)
EMULATE_2(unpackhi_pd, __m512d, _mm256_unpackhi_pd)
EMULATE_3(fmadd_pd, __m512d, _mm256_fmadd_pd)

EMULATE_2(add_epi32, __m512i, _mm256_add_epi32)
EMULATE_2(max_epi32, __m512i, _mm256_max_epi32)
EMULATE_2(and_si512, __m512i, _mm256_and_si256)
EMULATE_2(xor_si512, __m512i, _mm256_xor_si256)
EMULATE_2(packs_epi32, __m512i, _mm256_packs_epi32)
EMULATE_2(packs_epi16, __m512i, _mm256_packs_epi16)

#undef EMULATE_2
#undef EMULATE_3

static inline __m512i slli_epi32(__m512i a, unsigned n) {
    return join(_mm256_slli_epi32(part(a, 0), (int) n), _mm256_slli_epi32(part(a, 1), (int) n));
}

// conversions

static inline __m512 cvtepi32_ps(__m512i a) {
    return join(_mm256_cvtepi32_ps(part(a, 0)), _mm256_cvtepi32_ps(part(a, 1)));
}

static inline __m512i cvtps_epi32(__m512 a) {
    return join(_mm256_cvtps_epi32(part(a, 0)), _mm256_cvtps_epi32(part(a, 1)));
}

static inline __m512d cvtps_pd(__m256 a) {
    return join(_mm256_cvtps_pd(_mm256_castps256_ps128(a)), _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)));
}

static inline __m512 cvtph_ps(__m256i a) {
    return join(_mm256_cvtph_ps(_mm256_castsi256_si128(a)), _mm256_cvtph_ps(_mm256_extracti128_si256(a, 1)));
}

static inline __m512i cvtepi8_epi32(__m128i a) {
    return join(_mm256_cvtepi8_epi32(a), _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(a, a)));
}

static inline __m512i cvtepu16_epi32(__m256i a) {
    return join(
        _mm256_cvtepu16_epi32(_mm256_castsi256_si128(a)), _mm256_cvtepu16_epi32(_mm256_extracti128_si256(a, 1)));
}

static inline __m128i cvtusepi32_epi8(__m512i a) {
    uint8_t bytes[16];
    for (int i = 0; i < 16; ++i) {
        bytes[i] = saturate<uint8_t>((uint32_t) ((i32x16) a)[i], 0, 255);
    }
    return _mm_loadu_si128((const __m128i *) bytes);
}

static inline __m128i cvtsepi32_epi8(__m512i a) {
    int8_t bytes[16];
    for (int i = 0; i < 16; ++i) {
        bytes[i] = saturate<int8_t>(((i32x16) a)[i], -128, 127);
    }
    return _mm_loadu_si128((const __m128i *) bytes);
}

static inline __m256i cvtsepi16_epi8(__m512i a) {
    int8_t bytes[32];
    for (int i = 0; i < 32; ++i) {
        bytes[i] = saturate<int8_t>(((i16x32) a)[i], -128, 127);
    }
    return _mm256_loadu_si256((const __m256i *) bytes);
}

// permutations

template <int which> static inline __m512 permute_ps(__m512 a) {
    return join(_mm256_permute_ps(part(a, 0), which), _mm256_permute_ps(part(a, 1), which));
}

template <int which> static inline __m512 shuffle_f32x4(__m512 a, __m512 b) {
    __m512 result;
    for (int i = 0; i < 4; ++i) {
        memcpy((char *) &result + i * 16, (const char *) (i < 2 ? &a : &b) + (which >> 2 * i & 3) * 16, 16);
    }
    return result;
}

static inline __m512 insertf32x8(__m512 a, __m256 b, int half) {
    return half ? join(part(a, 0), b) : join(b, part(a, 1));
}

static inline __m512i permutexvar_epi16(__m512i index, __m512i a) {
    return look_up((i16x32) index, a, a);
}

static inline __m512i permutexvar_epi32(__m512i index, __m512i a) {
    return look_up((i32x16) index, a, a);
}

static inline __m512i permutexvar_epi64(__m512i index, __m512i a) {
    return look_up((i64x8) index, a, a);
}

static inline __m512 permutexvar_ps(__m512i index, __m512 a) {
    return (__m512) permutexvar_epi32(index, (__m512i) a);
}

static inline __m512i permutex2var_epi16(__m512i a, __m512i index, __m512i b) {
    return look_up((i16x32) index, a, b);
}

// reductions

static inline float reduce_add_ps(__m512 a) {
    const __m256 h = _mm256_add_ps(part(a, 0), part(a, 1));
    const __m128 q = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    return (q[0] + q[2]) + (q[1] + q[3]);
}

static inline float reduce_max_ps(__m512 a) {
    float most = a[0];
    for (int i = 1; i < 16; ++i) {
        most = a[i] > most ? a[i] : most;
    }
    return most;
}

static inline double reduce_add_pd(__m512d a) {
    const __m256d h = _mm256_add_pd(part(a, 0), part(a, 1));
    return (h[0] + h[2]) + (h[1] + h[3]);
}

static inline int32_t reduce_add_epi32(__m512i a) {
    uint32_t sum = 0;
    for (int i = 0; i < 16; ++i) {
        sum += (uint32_t) ((i32x16) a)[i];
    }
    return (int32_t) sum;
}

static inline int32_t reduce_max_epi32(__m512i a) {
    int32_t most = INT32_MIN;
    for (int i = 0; i < 16; ++i) {
        most = ((i32x16) a)[i] > most ? ((i32x16) a)[i] : most;
    }
    return most;
}

// arithmetic that AVX2 lacks

template <int predicate> static inline uint16_t cmp_ps_mask(__m512 a, __m512 b) {
    const int low = _mm256_movemask_ps(_mm256_cmp_ps(part(a, 0), part(b, 0), predicate));
    const int high = _mm256_movemask_ps(_mm256_cmp_ps(part(a, 1), part(b, 1), predicate));
    return (uint16_t) (low | high << 8);
}

static inline __m512 rcp14_ps(__m512 a) {
    return join(_mm256_div_ps(_mm256_set1_ps(1.0f), part(a, 0)), _mm256_div_ps(_mm256_set1_ps(1.0f), part(a, 1)));
}

static inline __m512 scalef_ps(__m512 a, __m512 b) {
    for (int i = 0; i < 16; ++i) {
        a[i] = scale(a[i], b[i]);
    }
    return a;
}

template <int rounding> static inline __m512 roundscale_ps(__m512 a) {
    for (int i = 0; i < 16; ++i) {
        a[i] = round<rounding & ~_MM_FROUND_NO_EXC>(a[i]);
    }
    return a;
}

template <int rounding> static inline __m512 reduce_ps(__m512 a) {
    for (int i = 0; i < 16; ++i) {
        a[i] = std::isinf(a[i]) ? 0.0f : a[i] - round<rounding & ~_MM_FROUND_NO_EXC>(a[i]);
    }
    return a;
}

// Adds four products of an unsigned and a signed byte to each sum of 32 bits.
static inline __m256i dpbusd_256(__m256i sum, __m256i x, __m256i w) {
    const __m256i low = _mm256_madd_epi16(
        _mm256_cvtepu8_epi16(_mm256_castsi256_si128(x)), _mm256_cvtepi8_epi16(_mm256_castsi256_si128(w)));
    const __m256i high = _mm256_madd_epi16(
        _mm256_cvtepu8_epi16(_mm256_extracti128_si256(x, 1)), _mm256_cvtepi8_epi16(_mm256_extracti128_si256(w, 1)));
    return _mm256_add_epi32(sum, _mm256_permute4x64_epi64(_mm256_hadd_epi32(low, high), 0xd8));
}

static inline __m512i dpbusd_epi32(__m512i sum, __m512i x, __m512i w) {
    return join(dpbusd_256(part(sum, 0), part(x, 0), part(w, 0)), dpbusd_256(part(sum, 1), part(x, 1), part(w, 1)));
}

static inline __m512bh cvtne2ps_pbh(__m512 high, __m512 low) {
    u16x32 result;
    for (int i = 0; i < 16; ++i) {
        result[i] = bf16(low[i]);
        result[16 + i] = bf16(high[i]);
    }
    return (__m512bh) result;
}

static inline __m512 dpbf16_ps(__m512 sum, __m512bh a, __m512bh b) {
    for (int i = 0; i < 16; ++i) {
        for (int j = 1; j >= 0; --j) {
            const float x = from_bf16(((u16x32) a)[2 * i + j]);
            sum[i] = std::fma(x, from_bf16(((u16x32) b)[2 * i + j]), sum[i]);
        }
    }
    return sum;
}

} // namespace emulator
