#include "graph/operations/elementwise_ops.h"

#include "kernels/elementwise/elementwise.h"

static float * row_of(const ggml_tensor * t, int64_t row) {
    return (float *) ((char *) t->data + row * t->nb[1]);
}

template <typename function> static void each_row(const ggml_tensor * t, int ith, int nth, function f) {
    const int64_t last = t->ne[1] * (ith + 1) / nth;
    for (int64_t row = t->ne[1] * ith / nth; row < last; ++row) {
        f(row);
    }
}

static void run_gelu(ggml_tensor * dst, int ith, int nth, void *) {
    each_row(dst, ith, nth, [&](int64_t row) { gelu(row_of(dst, row), (int) dst->ne[0]); });
}

ggml_tensor * build_gelu(ggml_context * ctx, ggml_tensor * x) {
    return ggml_custom_inplace(ctx, x, nullptr, 0, run_gelu, GGML_N_TASKS_MAX, nullptr);
}

static void run_gelu_gate(ggml_tensor * dst, int ith, int nth, void *) {
    each_row(
        dst, ith, nth, [&](int64_t row) { gelu_gate(row_of(dst, row), row_of(dst->src[1], row), (int) dst->ne[0]); });
}

ggml_tensor * build_gelu_gate(ggml_context * ctx, ggml_tensor * gate, ggml_tensor * up) {
    return ggml_custom_inplace(ctx, gate, &up, 1, run_gelu_gate, GGML_N_TASKS_MAX, nullptr);
}

static void run_layer_norm(ggml_tensor * dst, int ith, int nth, void * model) {
    each_row(dst, ith, nth, [&](int64_t row) {
        sum_norm_params p = {};
        p.x = row_of(dst->src[0], row);
        p.weight = (const float *) dst->src[1]->data;
        p.out = row_of(dst, row);
        p.eps = ((const model_weights *) model)->norm_eps;
        p.n = (int) dst->ne[0];
        sum_norm(p);
    });
}

ggml_tensor * build_layer_norm(ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * weight) {
    ggml_tensor * args[] = { x, weight };
    return ggml_custom_4d(
        ctx, GGML_TYPE_F32, x->ne[0], x->ne[1], 1, 1, args, 2, run_layer_norm, GGML_N_TASKS_MAX, (void *) &model);
}

static void run_dot(ggml_tensor * dst, int ith, int nth, void * data) {
    const linear & l = *(const linear *) data;
    const ggml_tensor * x = dst->src[0];
    const int64_t first = dst->ne[1] * ith / nth;
    const int64_t last = dst->ne[1] * (ith + 1) / nth;
    dot_params p = {};
    p.x = row_of(x, first);
    p.x_stride = x->nb[1] / sizeof(float);
    p.w = (const float *) l.w->data;
    p.bias = l.b ? (const float *) l.b->data : nullptr;
    p.out = row_of(dst, first);
    p.out_stride = dst->nb[1] / sizeof(float);
    p.n_rows = (int) (last - first);
    p.n_in = (int) x->ne[0];
    p.n_out = (int) dst->ne[0];
    dot(p);
}

ggml_tensor * build_dot(ggml_context * ctx, const linear & l, ggml_tensor * x) {
    return ggml_custom_4d(
        ctx, GGML_TYPE_F32, l.w->ne[1], x->ne[1], 1, 1, &x, 1, run_dot, GGML_N_TASKS_MAX, (void *) &l);
}

// Sources behind x, which the result is a view of.
enum { ADD = 1, WEIGHT, SHIFT, BIAS };

static void run_sum_norm(ggml_tensor * dst, int ith, int nth, void * model) {
    each_row(dst, ith, nth, [&](int64_t row) {
        sum_norm_params p;
        p.x = row_of(dst, row);
        p.out = row_of(dst, row);
        p.bias = dst->src[BIAS] ? (const float *) dst->src[BIAS]->data : nullptr;
        p.add = row_of(dst->src[ADD], row);
        p.weight = (const float *) dst->src[WEIGHT]->data;
        p.shift = (const float *) dst->src[SHIFT]->data;
        p.eps = ((const model_weights *) model)->norm_eps;
        p.n = (int) dst->ne[0];
        sum_norm(p);
    });
}

ggml_tensor * build_sum_norm(ggml_context * ctx, const model_weights & model, ggml_tensor * x, ggml_tensor * bias,
    ggml_tensor * add, const layer_norm & norm) {
    ggml_tensor * args[] = { add, norm.w, norm.b, bias };
    return ggml_custom_inplace(ctx, x, args, bias ? 4 : 3, run_sum_norm, GGML_N_TASKS_MAX, (void *) &model);
}
