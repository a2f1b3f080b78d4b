/* Custom models of real variables: the smooth view by rows of the user's callbacks. */
#include "base/context_private.h"
#include "base/memory.h"
#include "model/custom_private.h"
#include "model/smooth_rows.h"

#include <math.h>

enum { MOST_ROWS = 64, WORK = 8192 };

/* Rows handed over at a time. */
static int64_t count_rows(int32_t n)
{
    int64_t rows = WORK / (n + 1);

    return rows < HEAT_SMOOTH_LANES ? HEAT_SMOOTH_LANES : rows > MOST_ROWS ? MOST_ROWS : rows;
}

static heat_status real_evaluate(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const heat_model *model = self;
    const heat_custom *c = &((const heat_custom_model *)model->self)->c;
    const int32_t n = c->n_variables;
    const int64_t most = count_rows(n);
    double *rows = b->work, *gradients = rows + most * n;

    for (int64_t first = 0; first < b->n_chains; first += most) {
        int64_t count = b->n_chains - first < most ? b->n_chains - first : most;
        int code;
        heat_smooth_to_rows(n, count, b->stride, b->x + first, rows);
        if (b->gradients == NULL) {
            code = c->real_energy(c->user, count, rows, b->energies + first);
        } else {
            code = c->real_gradient(c->user, count, rows, b->energies + first, gradients);
            for (int64_t k = 0; k < count; k++)
                for (int32_t i = 0; i < n; i++)
                    b->gradients[i * b->stride + first + k] = gradients[k * n + i];
        }
        if (code != 0)
            return heat_custom_refuse(ctx, model, b->gradients == NULL ? "real_energy" : "real_gradient",
                                      code);
    }
    return HEAT_OK;
}

static bool real_smooth(const heat_model *model, const struct heat_isa *isa, heat_smooth *view)
{
    const heat_custom *c = &((const heat_custom_model *)model->self)->c;

    (void)isa;
    *view = (heat_smooth){
        .n = c->n_variables,
        .model = model,
        .self = model,
        .evaluate = real_evaluate,
        .has_gradient = c->real_gradient != NULL,
        .n_work = count_rows(c->n_variables) * 2 * c->n_variables,
        .lower = c->lower,
        .upper = c->upper,
        .own_lower = c->lower,
        .own_upper = c->upper,
        .start = c->start,
    };
    return true;
}

const heat_model_kind heat_custom_real_kind = {
    .name = "custom",
    .free = heat_custom_free,
    .energies = heat_smooth_energies,
    .smooth = real_smooth,
};

heat_status heat_custom_check_real(heat_context *ctx, const heat_custom *c)
{
    if (c->real_energy == NULL || c->n_variables < 1 || c->energy != NULL || c->delta != NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "custom model: real variables (n_states 0) need a real_energy callback, neither "
                         "energy nor delta, and n_variables >= 1");
    for (int32_t i = 0; i < c->n_variables; i++) {
        double lower = c->lower == NULL ? -(double)INFINITY : c->lower[i];
        double upper = c->upper == NULL ? (double)INFINITY : c->upper[i];
        if (!(lower < upper))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "custom model: variable %d has no room between its bounds, %g and %g", (int)i,
                             lower, upper);
        if (c->start != NULL && !(isfinite(c->start[i]) && c->start[i] >= lower && c->start[i] <= upper))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "custom model: variable %d starts at %g, which is not between its bounds",
                             (int)i, c->start[i]);
    }
    return HEAT_OK;
}
