/* Chains as rows of values: the layout that holds every discrete model. The chains of a unit move side by
 * side, one batch of energy changes a site and value. */
#include "sample/row_chains.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

static void choose_width(heat_chains *c)
{
    int32_t least = c->n_chains <= 8 ? 1 : 8; /* few chains make narrow units, so that threads can share */

    c->width = (least + c->group - 1) / c->group * c->group;
}

static heat_status rows_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_row_store *s = NULL;
    int64_t padded;
    heat_status status = heat_alloc(ctx, 1, sizeof *s, &s);

    if (status != HEAT_OK)
        return status;
    c->store = s;
    *fits = true;
    choose_width(c);
    padded = (c->n_chains + c->width - 1) / c->width * c->width;
    status = heat_alloc(ctx, c->n_chains * c->n, 1, &s->rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->energy, &s->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->streams, &s->streams);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, padded * c->info.n_states, sizeof *s->scratch, &s->scratch);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, padded, 1, &s->proposed);
    if (status == HEAT_OK && plan->track_best)
        status = heat_alloc(ctx, c->n_chains * c->n, 1, &s->best_rows);
    if (status == HEAT_OK && plan->track_best)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->best_energy, &s->best_energy);
    return status;
}

static void rows_free(heat_chains *c)
{
    heat_row_store *s = c->store;

    if (s == NULL)
        return;
    heat_free(s->rows);
    heat_free(s->energy);
    heat_free(s->streams);
    heat_free(s->scratch);
    heat_free(s->proposed);
    heat_free(s->best_rows);
    heat_free(s->best_energy);
    heat_free(s);
}

static double rows_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    double a_chain = (plan->track_best ? 2.0 : 1.0) * info->n_variables + sizeof(heat_stream) +
                     (info->n_states + 2) * (double)sizeof(double);

    (void)model;
    return ((double)plan->n_chains + 8) * a_chain;
}

static void rows_set_beta(heat_chains *c, int64_t chain, double beta)
{
    (void)c;
    (void)chain;
    (void)beta; /* the sweep reads chains->beta */
}

static int8_t *row_of(const heat_chains *c, int64_t chain)
{
    const heat_row_store *s = c->store;

    return s->rows + chain * c->n;
}

static heat_status rows_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *state)
{
    heat_row_store *s = c->store;

    memcpy(row_of(c, chain), state, (size_t)c->n);
    return heat_model_energies(worker, c->model, 1, row_of(c, chain), &s->energy[chain]);
}

static heat_status rows_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *from,
                              uint64_t stream)
{
    const int8_t *state = from;
    heat_row_store *s = c->store;
    int8_t *row = row_of(c, chain);
    heat_stream initial;

    heat_stream_init(&initial, c->seed, HEAT_PURPOSE_INITIAL, stream);
    for (int64_t i = 0; i < c->n; i++)
        row[i] = state != NULL ? state[i] : heat_model_random_value(c->model, (int32_t)i, &initial);
    heat_stream_init(&s->streams[chain], c->seed, HEAT_PURPOSE_SWEEP, stream);
    if (s->best_energy != NULL)
        s->best_energy[chain] = (double)INFINITY;
    return heat_model_energies(ctx, c->model, 1, row, &s->energy[chain]);
}

static int8_t value_of(const heat_chains *c, int32_t index)
{
    return (int8_t)(c->info.coding == HEAT_CODING_SPIN ? 2 * index - 1 : index);
}

static int32_t index_of(const heat_chains *c, int8_t value)
{
    return c->info.coding == HEAT_CODING_SPIN ? (value + 1) / 2 : value;
}

/* The energy changes of one site for every value it may take, chains of the unit side by side:
 * delta[a * width + r] for value index a and the unit's row r. */
static heat_status site_deltas(heat_context *worker, heat_chains *c, int64_t unit, int32_t site,
                               double *delta)
{
    heat_row_store *s = c->store;
    int64_t first, last;
    int8_t *proposed = s->proposed + unit * c->width;

    heat_chains_get_unit(c, unit, &first, &last);
    if (c->info.n_states == 2) { /* one other value: one batch */
        for (int64_t r = 0; r < last - first; r++)
            proposed[r] = value_of(c, 1 - index_of(c, row_of(c, first + r)[site]));
        return heat_model_deltas(worker, c->model, last - first, row_of(c, first), site, proposed, delta);
    }
    for (int32_t a = 0; a < heat_model_count_values(c->model, site); a++) {
        heat_status status;
        for (int64_t r = 0; r < last - first; r++)
            proposed[r] = value_of(c, a);
        status = heat_model_deltas(worker, c->model, last - first, row_of(c, first), site, proposed,
                                   delta + a * c->width);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

/* Draws the site's next value in one chain; r is its row in the unit. */
static void move_site(heat_chains *c, int64_t chain, int64_t r, int32_t site, heat_rule_fn rule,
                      const double *delta)
{
    heat_row_store *s = c->store;
    double x[128], p[128], u;
    int8_t *value = &row_of(c, chain)[site];
    int32_t current = index_of(c, *value), next = 0;
    int32_t q = heat_model_count_values(c->model, site);

    for (int32_t a = 0; a < q; a++)
        x[a] = a == current ? 0 : -c->beta[chain] * delta[c->info.n_states == 2 ? r : a * c->width + r];
    if (c->reference != NULL)
        x[1 - current] +=
            (1 - 2 * current) * heat_chains_reference_part(c, c->beta[chain]) * c->reference[site];
    rule(q, current, x, p);
    u = heat_stream_uniform(&s->streams[chain]);
    while (next < q - 1 && !(u < p[next]))
        u -= p[next++];
    if (next == current)
        return;
    *value = value_of(c, next);
    c->n_moves[chain]++;
}

static heat_status rows_sweep(heat_context *worker, heat_chains *c, int64_t unit, const heat_site_rule *rule)
{
    heat_row_store *s = c->store;
    double *delta = s->scratch + unit * c->width * c->info.n_states;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int32_t site = 0; site < c->n; site++) {
        heat_status status = site_deltas(worker, c, unit, site, delta);
        if (status != HEAT_OK)
            return status;
        for (int64_t chain = first; chain < last; chain++)
            move_site(c, chain, chain - first, site, rule->probabilities, delta);
    }
    c->n_counted[unit]++;
    return heat_model_energies(worker, c->model, last - first, row_of(c, first), s->energy + first);
}

static void rows_get_state(const heat_chains *c, int64_t chain, void *state)
{
    memcpy(state, row_of(c, chain), (size_t)c->n);
}

static double rows_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_row_store *s = c->store;

    return s->energy[chain];
}

static int64_t rows_get_total(const heat_chains *c, int64_t chain)
{
    const int8_t *row = row_of(c, chain);
    int64_t total = 0;

    for (int64_t i = 0; i < c->n; i++)
        total += row[i];
    return total;
}

static void rows_keep_best(heat_chains *c, int64_t unit)
{
    heat_row_store *s = c->store;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++)
        if (s->energy[chain] < s->best_energy[chain]) {
            s->best_energy[chain] = s->energy[chain];
            memcpy(s->best_rows + chain * c->n, row_of(c, chain), (size_t)c->n);
        }
}

static double rows_get_best(const heat_chains *c, int64_t chain, void *state)
{
    const heat_row_store *s = c->store;

    if (state != NULL)
        memcpy(state, s->best_rows + chain * c->n, (size_t)c->n);
    return s->best_energy[chain];
}

static heat_status rows_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_row_store *s = c->store;
    int64_t n = c->n_chains;
    heat_status status = heat_parts_add(ctx, p, "rows/rows", -1, s->rows, n * c->n);

    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "rows/energy", -1, s->energy, n * (int64_t)sizeof *s->energy);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "rows/streams", -1, s->streams, n * (int64_t)sizeof *s->streams);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "rows/best_rows", -1, s->best_rows, n * c->n);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "rows/best_energy", -1, s->best_energy,
                                n * (int64_t)sizeof *s->best_energy);
    return status;
}

static double rows_sum_reference(const heat_chains *c, int64_t chain)
{
    const int8_t *row = row_of(c, chain);
    double sum = 0;

    for (int32_t i = 0; i < c->n; i++)
        sum += row[i] > 0 ? c->reference[i] : 0;
    return sum;
}

static double rows_sweep_cost(const heat_chains *c)
{
    return 50.0 * ((double)c->n * c->n + 10.0 * c->n) * c->width; /* a custom energy may read all variables */
}

const heat_layout heat_layout_rows = {
    .name = "rows",
    .price = {.lanes = 1, .visit = 4 * HEAT_ROW_NS, .neighbour = HEAT_ROW_NS},
    .bytes = rows_bytes,
    .open = rows_open,
    .free = rows_free,
    .set_beta = rows_set_beta,
    .start = rows_start,
    .set_state = rows_set_state,
    .sweep = rows_sweep,
    .add_parts = rows_add_parts,
    .get_state = rows_get_state,
    .get_energy = rows_get_energy,
    .get_walk_energy = rows_get_energy,
    .sum_reference = rows_sum_reference,
    .get_total = rows_get_total,
    .keep_best = rows_keep_best,
    .get_best = rows_get_best,
    .sweep_cost = rows_sweep_cost};
