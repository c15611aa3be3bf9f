// Included before everything else, so that kernels for AVX-512 (F, DQ, BW, VL, VNNI and BF16), AVX-VNNI and AMX are
// tested on CPUs that have only AVX2, FMA and F16C: defines the macros of all these instruction sets and redefines
// their intrinsics.
#pragma once

#include "avx512_operations.h"

#define __AVX512F__ 1
#define __AVX512DQ__ 1
#define __AVX512BW__ 1
#define __AVX512VL__ 1
#define __AVX512VNNI__ 1
#define __AVX512BF16__ 1
#define __AVXVNNI__ 1
#define __AMX_TILE__ 1
#define __AMX_BF16__ 1
#define __AMX_INT8__ 1

// Some of these are macros, some functions.
#undef _mm256_dpbusd_epi32
#undef _mm512_cmp_ps_mask
#undef _mm512_extractf32x8_ps
#undef _mm512_insertf32x8
#undef _mm512_permute_ps
#undef _mm512_reduce_ps
#undef _mm512_roundscale_ps
#undef _mm512_setr_epi32
#undef _mm512_setr_epi64
#undef _mm512_shuffle_f32x4
#undef _mm512_slli_epi32

#define _mm256_dpbusd_avx_epi32 emulator::dpbusd_256
#define _mm256_dpbusd_epi32 emulator::dpbusd_256
#define _mm256_mask_add_epi8(other, mask, a, b)                                                                        \
    emulator::select<int8_t __attribute__((vector_size(32)))>(mask, _mm256_add_epi8(a, b), other)

#define _mm512_add_epi32 emulator::add_epi32
#define _mm512_add_pd emulator::add_pd
#define _mm512_add_ps emulator::add_ps
#define _mm512_and_si512 emulator::and_si512
#define _mm512_broadcastss_ps(a) _mm512_set1_ps(_mm_cvtss_f32(a))
#define _mm512_castpd_ps(a) ((__m512) (a))
#define _mm512_castps_pd(a) ((__m512d) (a))
#define _mm512_castps_si512(a) ((__m512i) (a))
#define _mm512_castps256_ps512(a) emulator::join(a, _mm256_setzero_ps())
#define _mm512_castps512_ps128(a) _mm256_castps256_ps128(emulator::part(a, 0))
#define _mm512_castps512_ps256(a) emulator::part(a, 0)
#define _mm512_castsi512_ps(a) ((__m512) (a))
#define _mm512_cmp_ps_mask(a, b, predicate) emulator::cmp_ps_mask<predicate>(a, b)
#define _mm512_cvtepi32_ps emulator::cvtepi32_ps
#define _mm512_cvtepi8_epi32 emulator::cvtepi8_epi32
#define _mm512_cvtepu16_epi32 emulator::cvtepu16_epi32
#define _mm512_cvtne2ps_pbh emulator::cvtne2ps_pbh
#define _mm512_cvtph_ps emulator::cvtph_ps
#define _mm512_cvtps_epi32 emulator::cvtps_epi32
#define _mm512_cvtps_pd emulator::cvtps_pd
#define _mm512_cvtsepi16_epi8 emulator::cvtsepi16_epi8
#define _mm512_cvtsepi32_epi8 emulator::cvtsepi32_epi8
#define _mm512_cvtss_f32(a) ((a)[0])
#define _mm512_cvtusepi32_epi8 emulator::cvtusepi32_epi8
#define _mm512_div_ps emulator::div_ps
#define _mm512_dpbf16_ps emulator::dpbf16_ps
#define _mm512_dpbusd_epi32 emulator::dpbusd_epi32
#define _mm512_extractf32x8_ps emulator::part
#define _mm512_fmadd_pd emulator::fmadd_pd
#define _mm512_fmadd_ps emulator::fmadd_ps
#define _mm512_fmaddsub_ps emulator::fmaddsub_ps
#define _mm512_fmsub_ps emulator::fmsub_ps
#define _mm512_fnmadd_ps emulator::fnmadd_ps
#define _mm512_insertf32x8 emulator::insertf32x8
#define _mm512_load_ps(from) (*(const __m512 *) (from))
#define _mm512_load_si512(from) (*(const __m512i *) (from))
#define _mm512_loadu_ps(from) (*(const __m512_u *) (from))
#define _mm512_loadu_si512(from) (*(const __m512i_u *) (from))
#define _mm512_mask_add_epi32(other, mask, a, b)                                                                       \
    emulator::select<emulator::i32x16>(mask, emulator::add_epi32(a, b), other)
#define _mm512_mask_load_ps emulator::load_some
#define _mm512_mask_loadu_ps emulator::load_some
#define _mm512_mask_mul_ps(other, mask, a, b) emulator::select<__m512>(mask, emulator::mul_ps(a, b), other)
#define _mm512_mask_storeu_epi16(to, mask, a)                                                                          \
    do {                                                                                                               \
        const __m512i stored = (a);                                                                                    \
        emulator::store_some<uint16_t>(to, mask, &stored);                                                             \
    } while (0)
#define _mm512_mask_storeu_ps(to, mask, a)                                                                             \
    do {                                                                                                               \
        const __m512 stored = (a);                                                                                     \
        emulator::store_some<float>(to, mask, &stored);                                                                \
    } while (0)
#define _mm512_maskz_load_ps(mask, from) emulator::load_some(_mm512_setzero_ps(), mask, from)
#define _mm512_maskz_loadu_ps(mask, from) emulator::load_some(_mm512_setzero_ps(), mask, from)
#define _mm512_maskz_mov_ps(mask, a) emulator::select<__m512>(mask, a, _mm512_setzero_ps())
#define _mm512_max_epi32 emulator::max_epi32
#define _mm512_max_ps emulator::max_ps
#define _mm512_min_ps emulator::min_ps
#define _mm512_mul_ps emulator::mul_ps
#define _mm512_packs_epi16 emulator::packs_epi16
#define _mm512_packs_epi32 emulator::packs_epi32
#define _mm512_permute_ps(a, which) emulator::permute_ps<which>(a)
#define _mm512_permutex2var_epi16 emulator::permutex2var_epi16
#define _mm512_permutexvar_epi16 emulator::permutexvar_epi16
#define _mm512_permutexvar_epi32 emulator::permutexvar_epi32
#define _mm512_permutexvar_epi64 emulator::permutexvar_epi64
#define _mm512_permutexvar_ps emulator::permutexvar_ps
#define _mm512_rcp14_ps emulator::rcp14_ps
#define _mm512_reduce_add_epi32 emulator::reduce_add_epi32
#define _mm512_reduce_add_pd emulator::reduce_add_pd
#define _mm512_reduce_add_ps emulator::reduce_add_ps
#define _mm512_reduce_max_epi32 emulator::reduce_max_epi32
#define _mm512_reduce_max_ps emulator::reduce_max_ps
#define _mm512_reduce_ps(a, rounding) emulator::reduce_ps<rounding>(a)
#define _mm512_roundscale_ps(a, rounding) emulator::roundscale_ps<rounding>(a)
#define _mm512_scalef_ps emulator::scalef_ps
#define _mm512_set1_epi32(a) emulator::join(_mm256_set1_epi32(a), _mm256_set1_epi32(a))
#define _mm512_set1_epi8(a) emulator::join(_mm256_set1_epi8(a), _mm256_set1_epi8(a))
#define _mm512_set1_ps(a) emulator::join(_mm256_set1_ps(a), _mm256_set1_ps(a))
#define _mm512_setr_epi32(...) ((__m512i) emulator::i32x16{ __VA_ARGS__ })
#define _mm512_setr_epi64(...) ((__m512i) emulator::i64x8{ __VA_ARGS__ })
#define _mm512_setzero_pd() emulator::join(_mm256_setzero_pd(), _mm256_setzero_pd())
#define _mm512_setzero_ps() emulator::join(_mm256_setzero_ps(), _mm256_setzero_ps())
#define _mm512_setzero_si512() emulator::join(_mm256_setzero_si256(), _mm256_setzero_si256())
#define _mm512_shuffle_f32x4(a, b, which) emulator::shuffle_f32x4<which>(a, b)
#define _mm512_slli_epi32 emulator::slli_epi32
#define _mm512_store_ps(to, a) (*(__m512 *) (to) = (a))
#define _mm512_store_si512(to, a) (*(__m512i *) (to) = (a))
#define _mm512_storeu_ps(to, a) (*(__m512_u *) (to) = (a))
#define _mm512_storeu_si512(to, a) (*(__m512i_u *) (to) = (a))
#define _mm512_sub_ps emulator::sub_ps
#define _mm512_unpackhi_pd emulator::unpackhi_pd
#define _mm512_unpackhi_ps emulator::unpackhi_ps
#define _mm512_unpacklo_pd emulator::unpacklo_pd
#define _mm512_unpacklo_ps emulator::unpacklo_ps
#define _mm512_xor_si512 emulator::xor_si512
