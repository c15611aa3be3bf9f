#include "graph/operations/matmul_ops.h"

#include "kernels/matmul/activations.h"
#include "kernels/matmul/prepacked_matrix.h"

#include <algorithm>

static const int PANEL = 32; // outputs that a kernel computes together

static float * float_row(const ggml_tensor * t, int64_t row) {
    return (float *) ((char *) t->data + row * t->nb[1]);
}

static void * opaque_row(const ggml_tensor * t, int64_t row) {
    return (char *) t->data + row * t->nb[1];
}

// A thread's share of n units of work.
static void share(int64_t n, int ith, int nth, int64_t & first, int64_t & last) {
    first = n * ith / nth;
    last = n * (ith + 1) / nth;
}

static ggml_tensor * build(ggml_context * ctx, size_t row_size, int64_t n_rows, ggml_tensor ** args, int n_args,
    ggml_custom_op_t run, const void * data) {
    return ggml_custom_4d(
        ctx, GGML_TYPE_I8, (int64_t) row_size, n_rows, 1, 1, args, n_args, run, GGML_N_TASKS_MAX, (void *) data);
}

static int8_scales scales_of(const void * model) {
    return ((const model_weights *) model)->format.scales;
}

static void run_quantize(ggml_tensor * dst, int ith, int nth, void * model) {
    const ggml_tensor * x = dst->src[0];
    int64_t first, last;
    share(x->ne[1], ith, nth, first, last);
    for (int64_t row = first; row < last; ++row) {
        if (x->type == GGML_TYPE_BF16) {
            quantize_from_bf16(
                scales_of(model), (const uint16_t *) opaque_row(x, row), (int) x->ne[0], opaque_row(dst, row));
        } else {
            quantize_from_f32(scales_of(model), float_row(x, row), (int) x->ne[0], opaque_row(dst, row));
        }
    }
}

ggml_tensor * build_quantize(ggml_context * ctx, const model_weights & model, ggml_tensor * x) {
    const size_t row_size = activation_row_size(model.format.scales, (int) x->ne[0]);
    return build(ctx, row_size, x->ne[1], &x, 1, run_quantize, &model);
}

static void run_quantize_norm(ggml_tensor * dst, int ith, int nth, void * model) {
    const ggml_tensor * x = dst->src[0];
    const float * weight = (const float *) dst->src[1]->data;
    const float eps = ((const model_weights *) model)->norm_eps;
    int64_t first, last;
    share(x->ne[1], ith, nth, first, last);
    for (int64_t row = first; row < last; ++row) {
        quantize_from_rms_norm(scales_of(model), float_row(x, row), weight, eps, (int) x->ne[0], opaque_row(dst, row));
    }
}

ggml_tensor * build_quantize_norm(
    ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * weight) {
    ggml_tensor * args[] = { x, weight };
    const size_t row_size = activation_row_size(model.format.scales, (int) x->ne[0]);
    return build(ctx, row_size, x->ne[1], args, 2, run_quantize_norm, &model);
}

static void run_quantize_gated(ggml_tensor * dst, int ith, int nth, void * data) {
    const model_weights & model = *(const model_weights *) data;
    const ggml_tensor * gated = dst->src[0];
    int64_t first, last;
    share(gated->ne[1], ith, nth, first, last);
    for (int64_t row = first; row < last; ++row) {
        quantize_from_bf16(model.format.scales, (const uint16_t *) opaque_row(gated, row), (int) model.format.n_ff,
            opaque_row(dst, row));
    }
}

// Second step of SwiGLU, for kernels that can only quantize a whole row.
static ggml_tensor * quantize_gated(ggml_context * ctx, const model_weights & model, ggml_tensor * gated) {
    const int n_ff = (int) model.format.n_ff;
    if (swiglu_row_is_quantized(model.format.scales, n_ff)) {
        return gated;
    }
    const size_t row_size = activation_row_size(model.format.scales, n_ff);
    return build(ctx, row_size, gated->ne[1], &gated, 1, run_quantize_gated, &model);
}

static void run_quantize_swiglu(ggml_tensor * dst, int ith, int nth, void * model) {
    const ggml_tensor * gate = dst->src[0];
    const ggml_tensor * up = dst->src[1];
    int64_t first, last;
    share(gate->ne[1], ith, nth, first, last);
    for (int64_t row = first; row < last; ++row) {
        swiglu_row(scales_of(model), float_row(gate, row), float_row(up, row), (int) gate->ne[0], opaque_row(dst, row));
    }
}

ggml_tensor * build_quantize_swiglu(
    ggml_context * ctx, const model_weights & model, ggml_tensor * gate, ggml_tensor * up) {
    ggml_tensor * args[] = { gate, up };
    const size_t row_size = swiglu_row_size(model.format.scales, (int) gate->ne[0]);
    return quantize_gated(ctx, model, build(ctx, row_size, gate->ne[1], args, 2, run_quantize_swiglu, &model));
}

static void run_multiply(ggml_tensor * dst, int ith, int nth, void * data) {
    const prepacked_matrix & w = *(const prepacked_matrix *) data;
    const ggml_tensor * x = dst->view_src ? dst->src[1] : dst->src[0];
    int64_t first, last;
    share((w.n_out + PANEL - 1) / PANEL, ith, nth, first, last);
    if (first < last) {
        const int64_t column = first * PANEL;
        float * out = (float *) dst->data + column;
        const size_t stride = dst->nb[1] / sizeof(float);
        w.multiply(x->data, (int) x->ne[1], (int) column, std::min((int) last * PANEL, w.n_out), out, stride,
            dst->view_src ? out : nullptr, stride);
    }
}

// The bias is the same row for all tokens: the stride from row to row is 0.
static void run_multiply_biased(ggml_tensor * dst, int ith, int nth, void * data) {
    const prepacked_matrix & w = *(const prepacked_matrix *) data;
    const ggml_tensor * x = dst->src[0];
    int64_t first, last;
    share((w.n_out + PANEL - 1) / PANEL, ith, nth, first, last);
    if (first < last) {
        const int64_t column = first * PANEL;
        w.multiply(x->data, (int) x->ne[1], (int) column, std::min((int) last * PANEL, w.n_out),
            (float *) dst->data + column, dst->nb[1] / sizeof(float), (const float *) dst->src[1]->data + column, 0);
    }
}

ggml_tensor * build_multiply_biased(
    ggml_context * ctx, const prepacked_matrix & w, ggml_tensor * x, ggml_tensor * bias) {
    ggml_tensor * args[] = { x, bias };
    return ggml_custom_4d(
        ctx, GGML_TYPE_F32, w.n_out, x->ne[1], 1, 1, args, 2, run_multiply_biased, GGML_N_TASKS_MAX, (void *) &w);
}

ggml_tensor * build_multiply(ggml_context * ctx, const prepacked_matrix & w, ggml_tensor * x, ggml_tensor * add) {
    if (add) {
        return ggml_custom_inplace(ctx, add, &x, 1, run_multiply, GGML_N_TASKS_MAX, (void *) &w);
    }
    return ggml_custom_4d(
        ctx, GGML_TYPE_F32, w.n_out, x->ne[1], 1, 1, &x, 1, run_multiply, GGML_N_TASKS_MAX, (void *) &w);
}

static void run_multiply_to_bf16(ggml_tensor * dst, int ith, int nth, void * data) {
    const bf16_projection & p = *(const bf16_projection *) data;
    const ggml_tensor * x = dst->src[0];
    int64_t first, last;
    share((p.w->n_out + PANEL - 1) / PANEL, ith, nth, first, last);
    if (first < last) {
        const int column = (int) first * PANEL;
        const rotary_angles angles = p.rotary ? p.rotary->angles((const int32_t *) dst->src[1]->data) : rotary_angles();
        p.w->multiply_to_bf16(x->data, (int) x->ne[1], column, std::min((int) last * PANEL, p.w->n_out),
            (uint16_t *) dst->data + column, dst->nb[1] / sizeof(uint16_t), p.rotary ? &angles : nullptr);
    }
}

ggml_tensor * build_multiply_to_bf16(
    ggml_context * ctx, const bf16_projection & p, ggml_tensor * x, ggml_tensor * positions) {
    ggml_tensor * args[] = { x, positions };
    return ggml_custom_4d(
        ctx, GGML_TYPE_BF16, p.w->n_out, x->ne[1], 1, 1, args, 2, run_multiply_to_bf16, GGML_N_TASKS_MAX, (void *) &p);
}

static void run_swiglu(ggml_tensor * dst, int ith, int nth, void * data) {
    const classifier_layer & layer = *(const classifier_layer *) data;
    const ggml_tensor * x = dst->src[0];
    int64_t first, last;
    share(layer.gate.prepacked->n_out / PANEL, ith, nth, first, last);
    if (first < last) {
        multiply_swiglu(*layer.gate.prepacked, *layer.up.prepacked, x->data, (int) x->ne[1], (int) first * PANEL,
            (int) last * PANEL, dst->data);
    }
}

ggml_tensor * build_swiglu(
    ggml_context * ctx, const model_weights & model, const classifier_layer & layer, ggml_tensor * x) {
    const size_t row_size = swiglu_row_size(model.format.scales, layer.gate.prepacked->n_out);
    return quantize_gated(ctx, model, build(ctx, row_size, x->ne[1], &x, 1, run_swiglu, &layer));
}
