#include "encoder/packed_ops.h"

#include "packed/packed_matrix.h"

#include <algorithm>

static const int PANEL = 32; // outputs that are computed together

static float * float_row(const ggml_tensor * t, int64_t row) {
    return (float *) ((char *) t->data + row * t->nb[1]);
}

static void * quantized_row(const ggml_tensor * t, int64_t row) {
    return (char *) t->data + row * t->nb[1];
}

// A thread's share of n units of work.
static void share(int64_t n, int ith, int nth, int64_t & first, int64_t & last) {
    first = n * ith / nth;
    last = n * (ith + 1) / nth;
}

static ggml_tensor * build(ggml_context * ctx, int64_t n_in, int64_t n_rows, ggml_tensor ** args, int n_args,
    ggml_custom_op_t run, void * data) {
    return ggml_custom_4d(ctx, GGML_TYPE_I8, (int64_t) activation_row_size((int) n_in), n_rows, 1, 1, args, n_args, run,
        GGML_N_TASKS_MAX, data);
}

static void run_quantize(ggml_tensor * dst, int ith, int nth, void *) {
    const ggml_tensor * x = dst->src[0];
    int64_t first, last;
    share(x->ne[1], ith, nth, first, last);
    for (int64_t row = first; row < last; ++row) {
        quantize_activations(float_row(x, row), (int) x->ne[0], quantized_row(dst, row));
    }
}

ggml_tensor * packed_build_quantize(ggml_context * ctx, ggml_tensor * x) {
    return build(ctx, x->ne[0], x->ne[1], &x, 1, run_quantize, nullptr);
}

static void run_norm_quantize(ggml_tensor * dst, int ith, int nth, void * eps) {
    const ggml_tensor * x = dst->src[0];
    const float * weight = (const float *) dst->src[1]->data;
    int64_t first, last;
    share(x->ne[1], ith, nth, first, last);
    for (int64_t row = first; row < last; ++row) {
        quantize_rms_norm(float_row(x, row), weight, *(const float *) eps, (int) x->ne[0], quantized_row(dst, row));
    }
}

ggml_tensor * packed_build_norm_quantize(ggml_context * ctx, ggml_tensor * x, ggml_tensor * weight, const float * eps) {
    ggml_tensor * args[] = { x, weight };
    return build(ctx, x->ne[0], x->ne[1], args, 2, run_norm_quantize, (void *) eps);
}

static void run_swiglu_quantize(ggml_tensor * dst, int ith, int nth, void *) {
    const ggml_tensor * gate = dst->src[0];
    const ggml_tensor * up = dst->src[1];
    int64_t first, last;
    share(gate->ne[1], ith, nth, first, last);
    for (int64_t row = first; row < last; ++row) {
        quantize_swiglu(float_row(gate, row), float_row(up, row), (int) gate->ne[0], quantized_row(dst, row));
    }
}

ggml_tensor * packed_build_swiglu_quantize(ggml_context * ctx, ggml_tensor * gate, ggml_tensor * up) {
    ggml_tensor * args[] = { gate, up };
    return build(ctx, gate->ne[0], gate->ne[1], args, 2, run_swiglu_quantize, nullptr);
}

static void run_multiply(ggml_tensor * dst, int ith, int nth, void * data) {
    const packed_matrix & w = *(const packed_matrix *) data;
    const ggml_tensor * x = dst->src[0];
    const ggml_tensor * add = dst->src[1];
    int64_t first, last;
    share((w.n_out + PANEL - 1) / PANEL, ith, nth, first, last);
    if (first < last) {
        const int64_t column = first * PANEL;
        w.multiply(x->data, (int) x->ne[1], (int) column, std::min((int) last * PANEL, w.n_out),
            (float *) dst->data + column, dst->nb[1] / sizeof(float),
            add ? (const float *) add->data + column : nullptr, add ? add->nb[1] / sizeof(float) : 0);
    }
}

ggml_tensor * packed_build_multiply(
    ggml_context * ctx, const packed_matrix & w, ggml_tensor * activations, ggml_tensor * add) {
    ggml_tensor * args[] = { activations, add };
    return ggml_custom_4d(ctx, GGML_TYPE_F32, w.n_out, activations->ne[1], 1, 1, args, add ? 2 : 1, run_multiply,
        GGML_N_TASKS_MAX, (void *) &w);
}

static void run_gated(ggml_tensor * dst, int ith, int nth, void * data) {
    const classifier_layer & layer = *(const classifier_layer *) data;
    const ggml_tensor * x = dst->src[0];
    int64_t first, last;
    share(layer.gate.packed->n_out / PANEL, ith, nth, first, last);
    if (first < last) {
        packed_gated_product(*layer.gate.packed, *layer.up.packed, x->data, (int) x->ne[1], (int) first * PANEL,
            (int) last * PANEL, dst->data);
    }
}

ggml_tensor * packed_build_gated(ggml_context * ctx, const classifier_layer & layer, ggml_tensor * activations) {
    return build(ctx, layer.gate.packed->n_out, activations->ne[1], &activations, 1, run_gated, (void *) &layer);
}
