/* A Gaussian layer of fields f_i(x) at rest and precisions a_i is worth -sum_i f_i^2 / 2 a_i, a quadratic
 * form: with f_i = b_i + sum_m W_im phi_m,
 *
 *     E'(x) = offset - sum_i b_i^2/2a_i - sum_m (c_m + sum_i b_i W_im / a_i) phi_m - sum_ml J_ml phi_m phi_l
 * / 2, J_ml = sum_i W_im W_il / a_i.
 *
 * Any other layer is summed, or set at its best, state by state: the black box. */
#include "model/marginal.h"
#include "base/memory.h"
#include "model/model_private.h"

#include <math.h>

static bool is_real(const heat_unit_layer *l)
{
    return heat_unit_layer_states(l) == 0;
}

bool heat_marginal_fits(const heat_model *model)
{
    heat_unit_layers u;

    return heat_model_get_units(model, &u) && is_real(&u.visible) != is_real(&u.hidden) &&
           (is_real(&u.visible) ? &u.hidden : &u.visible)->n > 0;
}

static const heat_unit_layer *stays(const heat_marginal *m)
{
    return m->keeps_visible ? &m->layers.visible : &m->layers.hidden;
}

static const heat_unit_layer *goes(const heat_marginal *m)
{
    return m->keeps_visible ? &m->layers.hidden : &m->layers.visible;
}

/* The fields of the layer that goes, of values of the one that stays. */
static void find_fields(const heat_marginal *m, const double *values, double *field)
{
    if (m->keeps_visible)
        heat_units_find_hidden_fields(&m->layers, values, field);
    else
        heat_units_find_visible_fields(&m->layers, values, field);
}

/* --- the graph --- */

/* W of number a of the layer that goes and m of the one that stays. */
static double weight(const heat_marginal *g, int64_t a, int64_t m)
{
    int64_t width = heat_unit_layer_width(&g->layers.hidden);

    return g->layers.weights[g->keeps_visible ? m * width + a : a * width + m];
}

/* J [width][width] and the fields [width] of the quadratic form; returns its constant. */
static double find_form(const heat_marginal *g, double *couplings, double *field)
{
    const heat_unit_layer *own = stays(g), *other = goes(g);
    int64_t width = heat_unit_layer_width(own);
    double offset = g->layers.offset;

    for (int64_t m = 0; m < width; m++)
        field[m] = own->bias[m];
    for (int32_t i = 0; i < other->n; i++) {
        double a = other->precision[i], b = other->bias[i];
        offset -= b * b / (2 * a);
        for (int64_t m = 0; m < width; m++) {
            double w = weight(g, i, m) / a;
            field[m] += b * w;
            for (int64_t l = 0; l <= m && w != 0; l++)
                couplings[m * width + l] += w * weight(g, i, l);
        }
    }
    return offset;
}

typedef struct pairs {
    int32_t *i, *j;
    int64_t count;
} pairs;

static heat_status list_pairs(heat_context *ctx, int32_t n, pairs *p)
{
    heat_status status;

    p->count = (int64_t)n * (n - 1) / 2;
    status = heat_alloc_unset(ctx, p->count, sizeof *p->i, &p->i);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, p->count, sizeof *p->j, &p->j);
    p->count = 0;
    for (int32_t i = 1; i < n && status == HEAT_OK; i++)
        for (int32_t j = 0; j < i; j++) {
            p->i[p->count] = i;
            p->j[p->count++] = j;
        }
    return status;
}

/* Of units of two values, a pair at a time. */
static heat_status make_ising(heat_context *ctx, heat_marginal *g, double offset, const double *couplings,
                              double *field, const pairs *p)
{
    const heat_unit_layer *own = stays(g);
    double *j = NULL;
    heat_status status = heat_alloc_unset(ctx, p->count, sizeof *j, &j);

    for (int64_t e = 0; e < p->count && status == HEAT_OK; e++)
        j[e] = couplings[(int64_t)p->i[e] * own->n + p->j[e]];
    for (int64_t m = 0; m < own->n; m++)
        if (own->kind->layer == HEAT_LAYER_SPIN)
            offset -= couplings[m * own->n + m] / 2;
        else
            field[m] += couplings[m * own->n + m] / 2;
    if (status == HEAT_OK && own->kind->layer == HEAT_LAYER_SPIN) {
        status = heat_model_create_ising(ctx, own->n, p->count, p->i, p->j, j, field, offset, &g->model);
    } else if (status == HEAT_OK) {
        heat_boltzmann machine;
        heat_boltzmann_init(&machine);
        machine.n_visible = own->n;
        machine.n_edges = p->count;
        machine.i = p->i;
        machine.j = p->j;
        machine.weights = j;
        machine.biases = field;
        machine.offset = offset;
        status = heat_model_create_boltzmann(ctx, &machine, &g->model);
    }
    heat_free(j);
    return status;
}

static heat_status make_potts(heat_context *ctx, heat_marginal *g, double offset, const double *couplings,
                              double *field, const pairs *p)
{
    const heat_unit_layer *own = stays(g);
    int64_t q = own->q, width = heat_unit_layer_width(own);
    heat_potts potts;
    double *tables = NULL;
    heat_status status = heat_alloc_unset(ctx, p->count * q * q, sizeof *tables, &tables);

    for (int64_t e = 0; e < p->count && status == HEAT_OK; e++)
        for (int64_t a = 0; a < q; a++)
            for (int64_t b = 0; b < q; b++)
                tables[(e * q + a) * q + b] = couplings[(p->i[e] * q + a) * width + p->j[e] * q + b];
    for (int64_t m = 0; m < width; m++)
        field[m] += couplings[m * width + m] / 2;
    heat_potts_init(&potts);
    potts.n_variables = own->n;
    potts.n_states = own->q;
    potts.n_edges = potts.n_tables = p->count;
    potts.i = p->i;
    potts.j = p->j;
    potts.tables = tables;
    potts.fields = field;
    potts.offset = offset;
    if (status == HEAT_OK)
        status = heat_model_create_potts(ctx, &potts, &g->model);
    heat_free(tables);
    return status;
}

static heat_status make_graph(heat_context *ctx, heat_marginal *g)
{
    int64_t width = heat_unit_layer_width(stays(g));
    double *couplings = NULL, *field = NULL, offset;
    pairs p = {0};
    heat_status status = heat_alloc(ctx, width * width, sizeof *couplings, &couplings);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, width, sizeof *field, &field);
    if (status == HEAT_OK)
        status = list_pairs(ctx, stays(g)->n, &p);
    if (status == HEAT_OK) {
        offset = find_form(g, couplings, field);
        status = (stays(g)->q > 1 ? make_potts : make_ising)(ctx, g, offset, couplings, field, &p);
    }
    heat_free(couplings);
    heat_free(field);
    heat_free(p.i);
    heat_free(p.j);
    return status;
}

/* --- the black box --- */

typedef struct box {
    heat_marginal of;
    double temperature; /* 0: at best */
} box;

static heat_status box_energies(heat_context *ctx, const heat_model *model, int64_t n_rows, const void *rows,
                                double *energies)
{
    const int8_t *states = rows;
    const box *b = model->self;
    const heat_unit_layer *own = stays(&b->of), *other = goes(&b->of);
    double *values = NULL, *field = NULL;
    heat_status status = heat_alloc_unset(ctx, own->n, sizeof *values, &values);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, heat_unit_layer_width(other), sizeof *field, &field);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        double part;
        for (int32_t i = 0; i < own->n; i++)
            values[i] = states[r * own->n + i];
        find_fields(&b->of, values, field);
        part = b->temperature > 0 ? b->temperature * other->kind->log_sum(other, 1 / b->temperature, field)
                                  : other->kind->best(other, field, NULL);
        energies[r] = b->of.layers.offset - heat_unit_layer_own(own, values) - part;
    }
    heat_free(values);
    heat_free(field);
    return status;
}

static heat_status box_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                              const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    int32_t n = model->info.n_variables;
    int8_t *moved = NULL;
    double *now = NULL;
    heat_status status = heat_alloc_unset(ctx, n_rows * n, 1, &moved);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n_rows, sizeof *now, &now);
    if (status == HEAT_OK)
        status = box_energies(ctx, model, n_rows, states, now);
    for (int64_t k = 0; k < n_rows * n && status == HEAT_OK; k++)
        moved[k] = k % n == site ? proposed[k / n] : states[k];
    if (status == HEAT_OK)
        status = box_energies(ctx, model, n_rows, moved, deltas);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++)
        deltas[r] -= now[r];
    heat_free(moved);
    heat_free(now);
    return status;
}

static void box_free(void *self)
{
    heat_free(self);
}

static const heat_model_kind box_kind = {
    .name = "marginal", .free = box_free, .energies = box_energies, .deltas = box_deltas};

static heat_status make_box(heat_context *ctx, const heat_model *model, heat_marginal *g, double temperature)
{
    box *b = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *b, &b);

    if (status != HEAT_OK)
        return status;
    *b = (box){*g, temperature};
    status = heat_model_create(ctx, &box_kind, b, model->name, &g->model);
    if (status != HEAT_OK)
        return status;
    g->model->info.n_variables = stays(g)->n;
    g->model->info.n_states = heat_unit_layer_states(stays(g));
    g->model->info.coding = stays(g)->kind->layer == HEAT_LAYER_SPIN ? HEAT_CODING_SPIN : HEAT_CODING_INDEX;
    g->model->info.format = "memory";
    g->model->info.has_field = true;
    return HEAT_OK;
}

heat_status heat_marginal_create(heat_context *ctx, const heat_model *model, double temperature,
                                 heat_marginal *g)
{
    const heat_unit_layer *other;

    *g = (heat_marginal){.model = NULL};
    heat_model_get_units(model, &g->layers);
    g->keeps_visible = is_real(&g->layers.hidden);
    other = goes(g);
    if (other->kind->layer != HEAT_LAYER_GAUSSIAN)
        return make_box(ctx, model, g, temperature);
    g->is_graph = true;
    g->n_real = other->n;
    for (int32_t i = 0; i < other->n; i++)
        g->log_volume += (log(6.28318530717958647693) - log(other->precision[i])) / 2;
    return make_graph(ctx, g);
}

void heat_marginal_clear(heat_marginal *g)
{
    heat_model_free(g->model);
    *g = (heat_marginal){.model = NULL};
}

heat_status heat_marginal_complete(heat_context *ctx, const heat_marginal *g, const int8_t *state,
                                   double *values)
{
    const heat_unit_layer *own = stays(g), *other = goes(g);
    double *kept = values + (g->keeps_visible ? 0 : g->layers.visible.n), *field = NULL;
    heat_status status = heat_alloc_unset(ctx, heat_unit_layer_width(other), sizeof *field, &field);

    if (status != HEAT_OK)
        return status;
    for (int32_t i = 0; i < own->n; i++)
        kept[i] = state[i];
    find_fields(g, kept, field);
    other->kind->best(other, field, values + (g->keeps_visible ? g->layers.visible.n : 0));
    heat_free(field);
    return HEAT_OK;
}
