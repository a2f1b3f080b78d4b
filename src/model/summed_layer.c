/* The smaller layer y of an RBM alone, the other, x, summed out: a model of the free energies at one
 * temperature,
 *
 *     F_T(y) = -T log sum_x exp(-E(x, y) / T) = offset - c.y - T sum_i log(1 + exp(f_i / T)),
 *     f_i = b_i + sum_j W_ij y_j,
 *
 * over 0 and 1, so that the sum of exp(-F_T / T) is the RBM's own. A path over y has fewer units to order,
 * and less noise in its weights. Every call sums fields anew: chains keep them (sample/summed_chains.c).
 * Salakhutdinov and Murray, ICML (2008), section 4. */
#include "base/memory.h"
#include "model/model_private.h"

#include <string.h>

static void summed_free(void *self)
{
    heat_free(self);
}

static int32_t count_summed(const heat_summed *s)
{
    return s->keeps_hidden ? s->layers.n_visible : s->layers.n_hidden;
}

/* Adds `factor` times what unit j of y adds to the fields of x. */
static void add_unit(const heat_summed *s, int64_t j, double factor, double *x)
{
    const heat_layered *l = &s->layers;
    int64_t stride = s->keeps_hidden ? l->n_hidden : 1, first = s->keeps_hidden ? j : j * l->n_hidden;

    for (int64_t i = 0; i < count_summed(s); i++)
        x[i] += factor * l->scale * l->weights[first + i * stride];
}

static const double *own_bias(const heat_summed *s)
{
    return s->keeps_hidden ? s->layers.hidden_bias : s->layers.visible_bias;
}

/* Fields of x; returns c.y. */
static double find_fields(const heat_summed *s, int64_t n, const int8_t *state, double *x)
{
    double own = 0;

    memcpy(x, s->keeps_hidden ? s->layers.visible_bias : s->layers.hidden_bias,
           (size_t)count_summed(s) * sizeof *x);
    for (int64_t j = 0; j < n; j++)
        if (state[j] != 0) {
            own += own_bias(s)[j];
            add_unit(s, j, 1, x);
        }
    return own;
}

static heat_status summed_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                   const void *rows, double *energies)
{
    const int8_t *states = rows;
    const heat_summed *s = model->self;
    int64_t n = model->info.n_variables;
    double *x = NULL;
    heat_status status = heat_alloc_unset(ctx, count_summed(s), sizeof *x, &x);

    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        double own = find_fields(s, n, states + r * n, x);
        energies[r] = s->layers.offset - own - heat_sum_softplus(count_summed(s), x, s->beta) / s->beta;
    }
    heat_free(x);
    return status;
}

static heat_status summed_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                 const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const heat_summed *s = model->self;
    int64_t n = model->info.n_variables, n_summed = count_summed(s);
    double *x = NULL;
    heat_status status = heat_alloc_unset(ctx, n_summed, sizeof *x, &x);

    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        double change = proposed[r] - states[r * n + site], before;
        find_fields(s, n, states + r * n, x);
        before = heat_sum_softplus(n_summed, x, s->beta);
        add_unit(s, site, change, x);
        deltas[r] =
            -change * own_bias(s)[site] - (heat_sum_softplus(n_summed, x, s->beta) - before) / s->beta;
    }
    heat_free(x);
    return status;
}

static bool summed_view(const void *self, heat_summed *view)
{
    *view = *(const heat_summed *)self;
    return true;
}

static const heat_model_kind summed_kind = {
    .name = "summed",
    .free = summed_free,
    .energies = summed_energies,
    .deltas = summed_deltas,
    .summed = summed_view,
};

heat_status heat_model_create_summed(heat_context *ctx, const heat_model *model, double temperature,
                                     heat_model **out)
{
    heat_summed *s = NULL, view = {.beta = 1 / temperature};
    heat_status status = HEAT_OK;

    *out = NULL;
    if (!heat_model_get_layered(model, &view.layers))
        return HEAT_OK;
    view.keeps_hidden = view.layers.n_hidden <= view.layers.n_visible;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    *s = view;
    status = heat_model_create(ctx, &summed_kind, s, model->name, out);
    if (status != HEAT_OK)
        return status;
    (*out)->info.n_variables = view.keeps_hidden ? view.layers.n_hidden : view.layers.n_visible;
    (*out)->info.n_edges = (int64_t)view.layers.n_visible * view.layers.n_hidden;
    (*out)->info.n_states = 2;
    (*out)->info.coding = HEAT_CODING_INDEX;
    (*out)->info.has_field = true;
    return HEAT_OK;
}
