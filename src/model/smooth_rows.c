/* What a view gives back is looked at once, here, so that no engine meets a NaN. */
#include "model/smooth_rows.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernel/isa.h"
#include "model/model_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 64, SHOWN = 6 };
static const double beyond_measure = 1e300; /* no chain is there, and gradients overflow before energies do */

/* "x = 1, y = 2": the first coordinates of a chain. */
static void write_place(const heat_smooth *view, const heat_smooth_block *b, int64_t c, char *text,
                        size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int32_t i = 0; i < view->n && i < SHOWN && used < size; i++) {
        const char *label = heat_model_get_label(view->model, i);
        char number[32], name[16];
        snprintf(name, sizeof name, "x%d", (int)i + 1);
        if (isfinite(b->x[i * b->stride + c]))
            heat_text_real(b->x[i * b->stride + c], number, sizeof number);
        else
            snprintf(number, sizeof number, "%g", b->x[i * b->stride + c]);
        used += (size_t)snprintf(text + used, size - used, "%s%.40s = %s", i == 0 ? "" : ", ",
                                 label == NULL ? name : label, number);
    }
    if (view->n > SHOWN && used < size)
        snprintf(text + used, size - used, ", ...");
}

static heat_status refuse(heat_context *ctx, const heat_smooth *view, const heat_smooth_block *b, int64_t c,
                          const char *what, double value)
{
    char place[HEAT_MESSAGE_SIZE / 2];

    write_place(view, b, c, place, sizeof place);
    return heat_fail(ctx, HEAT_ERROR_CALLBACK, "%s: %s is %s at %s", view->model->name, what,
                     isnan(value) ? "NaN" : "-infinity", place);
}

/* Fails at the first chain, in order, that has something amiss. */
static heat_status find_fault(heat_context *ctx, const heat_smooth *view, const heat_smooth_block *b)
{
    for (int64_t c = 0; c < b->n_chains; c++) {
        if (!(b->energies[c] > -(double)INFINITY))
            return refuse(ctx, view, b, c, "the energy", b->energies[c]);
        for (int32_t i = 0; i < view->n && b->gradients != NULL && b->energies[c] < beyond_measure; i++)
            if (isnan(b->gradients[i * b->stride + c]))
                return refuse(ctx, view, b, c, "the energy's gradient", b->gradients[i * b->stride + c]);
    }
    return HEAT_OK;
}

/* Adds x 0 to the sums: 0 where x is finite, else NaN. Eight sums keep the additions apart. */
static void add_suspicion(int64_t n, const double *x, double sum[8])
{
    int64_t k = 0;

    for (; k + 8 <= n; k += 8)
        for (int l = 0; l < 8; l++)
            sum[l] += x[k + l] * 0;
    for (; k < n; k++)
        sum[0] += x[k] * 0;
}

heat_status heat_smooth_evaluate(heat_context *ctx, const heat_smooth *view, const heat_smooth_block *block)
{
    heat_status status = view->evaluate(ctx, view->self, block);
    double sum[8] = {0}, suspicion = 0;

    if (status != HEAT_OK)
        return status;
    add_suspicion(block->n_chains, block->energies, sum);
    for (int32_t i = 0; i < view->n && block->gradients != NULL; i++)
        add_suspicion(block->n_chains, block->gradients + i * block->stride, sum);
    for (int l = 0; l < 8; l++)
        suspicion += sum[l];
    return suspicion == 0 ? HEAT_OK : find_fault(ctx, view, block);
}

int64_t heat_smooth_stride(int64_t n_chains)
{
    return (n_chains + HEAT_SMOOTH_LANES - 1) / HEAT_SMOOTH_LANES * HEAT_SMOOTH_LANES;
}

void heat_smooth_from_rows(int32_t n, int64_t n_chains, int64_t stride, const double *rows, double *x)
{
    for (int64_t c = 0; c < stride; c++)
        for (int32_t i = 0; i < n; i++)
            x[i * stride + c] = rows[(c < n_chains ? c : n_chains - 1) * n + i];
}

void heat_smooth_to_rows(int32_t n, int64_t n_chains, int64_t stride, const double *x, double *rows)
{
    for (int64_t c = 0; c < n_chains; c++)
        for (int32_t i = 0; i < n; i++)
            rows[c * n + i] = x[i * stride + c];
}

/* Chains beyond the bounds are put on them, and marked. */
static void bring_inside(const heat_smooth *view, int64_t count, int64_t stride, double *x, bool *is_outside)
{
    memset(is_outside, 0, (size_t)count * sizeof *is_outside);
    for (int32_t i = 0; i < view->n; i++)
        for (int64_t c = 0; c < count; c++) {
            double *at = &x[i * stride + c];
            double lower = view->lower == NULL ? *at : view->lower[i];
            double upper = view->upper == NULL ? *at : view->upper[i];
            is_outside[c] |= *at < lower || *at > upper;
            *at = *at < lower ? lower : *at > upper ? upper : *at;
        }
}

heat_status heat_smooth_evaluate_rows(heat_context *ctx, const heat_smooth *view, int64_t n_rows,
                                      const double *rows, double *energies, double *gradients)
{
    double *x = NULL, *g = NULL, *e = NULL, *work = NULL;
    heat_status status = heat_alloc(ctx, (int64_t)view->n * ROWS, sizeof *x, &x);

    if (status == HEAT_OK && gradients != NULL)
        status = heat_alloc(ctx, (int64_t)view->n * ROWS, sizeof *g, &g);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, ROWS, sizeof *e, &e);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, view->n_work, sizeof *work, &work);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r += ROWS) {
        int64_t count = n_rows - r < ROWS ? n_rows - r : ROWS, stride = heat_smooth_stride(count);
        heat_smooth_block b = {
            .n_chains = count, .stride = stride, .x = x, .energies = e, .gradients = g, .work = work};
        bool is_outside[ROWS];
        heat_smooth_from_rows(view->n, count, stride, rows + r * view->n, x);
        bring_inside(view, stride, stride, x, is_outside);
        status = heat_smooth_evaluate(ctx, view, &b);
        if (status != HEAT_OK)
            break;
        for (int64_t c = 0; c < count; c++)
            energies[r + c] = is_outside[c] ? (double)INFINITY : e[c];
        if (gradients != NULL)
            heat_smooth_to_rows(view->n, count, stride, g, gradients + r * view->n);
    }
    heat_free(x);
    heat_free(g);
    heat_free(e);
    heat_free(work);
    return status;
}

heat_status heat_smooth_energies(heat_context *ctx, const heat_model *model, int64_t n_rows, const void *rows,
                                 double *energies)
{
    heat_smooth view;

    heat_model_get_smooth(model, heat_isa_get("auto"), &view);
    return heat_smooth_evaluate_rows(ctx, &view, n_rows, rows, energies, NULL);
}

heat_status heat_model_get_energy_of(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                     const double *rows, double *energies, double *gradients)
{
    heat_smooth view;
    bool is_smooth;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || n_rows < 0 || (n_rows > 0 && (rows == NULL || energies == NULL)))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_get_energy_of: no model, rows or energies");
    is_smooth = heat_model_get_smooth(model, heat_isa_get("auto"), &view);
    if (model->info.n_states != 0 || (gradients != NULL && !(is_smooth && view.has_gradient)))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s: %s", model->name,
                         model->info.n_states != 0 ? "its variables have few values, not real ones"
                                                   : "its energy has no gradient");
    if (is_smooth)
        return heat_smooth_evaluate_rows(ctx, &view, n_rows, rows, energies, gradients);
    return heat_model_energies(ctx, model, n_rows, rows, energies);
}

void heat_model_get_bounds(const heat_model *model, int32_t i, double *lower, double *upper)
{
    heat_smooth view;

    *lower = -(double)INFINITY;
    *upper = (double)INFINITY;
    if (i < 0 || i >= model->info.n_variables || !heat_model_get_smooth(model, heat_isa_get("auto"), &view))
        return;
    *lower = view.lower == NULL ? *lower : view.lower[i];
    *upper = view.upper == NULL ? *upper : view.upper[i];
}
