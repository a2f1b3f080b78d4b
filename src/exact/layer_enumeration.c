/* Enumeration of the smaller layer: log Z = log sum_y exp(beta c.y) prod_i (1 + exp(beta x_i)), in Gray's
 * order, where a flip is one multiplication a unit (kernel/layer_sum.h). Salakhutdinov and Murray, ICML
 * (2008), section 3, call it brute force. The energy's mean and variance are derivatives by beta, which go
 * along with the products. Moments take a second walk that knows log Z, so that its weights are
 * probabilities: units in the mean of each state, pairs by sums that are taken off and put back as bits go on
 * and off. Blocks of states are grouped into units of work, whose sums are added up in order. */
#include "exact/layer_enumeration.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/layer_table.h"
#include "kernel/scaled.h"

#include <math.h>
#include <string.h>

enum {
    BLOCKS_PER_UNIT = 4,
    MOST_UNITS = 64, /* held at once */
    MOST_BITS = 40
};

static const double batch_bytes = 1 << 26; /* of moments held at once, where one unit allows it */
static const double negligible = 0x1p-48;  /* probability of all states that are left out */
static const double ln2 = 0.69314718055994530942;

typedef struct layer_work {
    heat_layer_arrays arrays;
    const heat_layer_sum_kernel *kernel;
    int64_t n_blocks, n_units, first_unit, batch;
    bool wants_highest, wants_energy;
    heat_layer_tally tallies[MOST_UNITS];
    heat_layer_moments moments; /* of all */
    double *sums;               /* [batch][sums_size] of units under way; then of all */
    int64_t sums_size;          /* units, bits, pairs */
} layer_work;

double heat_layer_enumeration_count(const heat_layered *l)
{
    return ldexp(1, l->n_hidden <= l->n_visible ? l->n_hidden : l->n_visible);
}

double heat_layer_enumeration_visits(const heat_layered *l)
{
    return heat_layer_enumeration_count(l) * (l->n_hidden <= l->n_visible ? l->n_visible : l->n_hidden);
}

static int64_t batch_of(int64_t n_units, int64_t sums_size)
{
    double fit = batch_bytes / (8.0 * (double)sums_size);
    int64_t batch = fit > MOST_UNITS ? MOST_UNITS : fit < 8 ? 8 : (int64_t)fit;

    return batch < n_units ? batch : n_units;
}

double heat_layer_enumeration_bytes(const heat_layered *l)
{
    double n_bits = l->n_hidden <= l->n_visible ? l->n_hidden : l->n_visible;
    double n_units = 16.0 + (l->n_hidden <= l->n_visible ? l->n_visible : l->n_hidden);
    double sums = n_units * (n_bits + 1) + n_bits, blocks = ldexp(1, (int)n_bits - HEAT_LAYER_BLOCK_BITS);
    double most = fmin(ceil(blocks / BLOCKS_PER_UNIT), MOST_UNITS) * sums;

    return 8 * (3 * n_bits * n_units + 8 * n_units + fmin(most, fmax(batch_bytes / 8, 8 * sums)) + sums) +
           MOST_UNITS * sizeof(heat_layer_tally);
}

/* Where the three parts of a unit's moments lie. */
static heat_layer_moments moments_at(const layer_work *w, double *sums, double *block_mean)
{
    const heat_layer_table *t = &w->arrays.table;
    heat_layer_moments m = w->moments;

    m.unit_mean = sums;
    m.pair_mean = sums + t->n_units;
    m.bit_mean = m.pair_mean + (int64_t)t->n_bits * t->n_units;
    m.block_mean = block_mean;
    return m;
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    layer_work *w = arg;
    const heat_layer_table *t = &w->arrays.table;
    int64_t first = (w->first_unit + unit) * BLOCKS_PER_UNIT;
    double *work = NULL;
    heat_status status = heat_alloc(worker, 2 * (int64_t)t->n_units, sizeof *work, &work);

    for (int64_t b = first; b < first + BLOCKS_PER_UNIT && b < w->n_blocks && status == HEAT_OK; b++) {
        if (heat_halted(worker))
            break;
        if (w->sums == NULL) {
            w->kernel->sum(t, b, work, &w->tallies[unit]);
        } else {
            heat_layer_moments m = moments_at(w, w->sums + unit * w->sums_size, work + t->n_units);
            w->kernel->moments(t, b, work, &m);
        }
    }
    heat_free(work);
    return status;
}

static void merge_tally(heat_layer_tally *into, const heat_layer_tally *from)
{
    scaled_add_moments(into, from->sum, from->energy, from->square);
    if (from->highest > into->highest) {
        into->highest = from->highest;
        into->state = from->state;
    }
}

/* Runs all units, batch by batch, into `total` or, with sums, into `all`. */
static heat_status run_batches(heat_context *ctx, layer_work *w, int64_t threads, heat_layer_tally *total,
                               double *all)
{
    for (w->first_unit = 0; w->first_unit < w->n_units; w->first_unit += w->batch) {
        int64_t left = w->n_units - w->first_unit, count = left < w->batch ? left : w->batch;
        heat_status status;
        for (int64_t u = 0; u < count; u++)
            w->tallies[u] = (heat_layer_tally){.highest = -(double)INFINITY,
                                               .wants_highest = w->wants_highest,
                                               .wants_energy = w->wants_energy};
        if (w->sums != NULL)
            memset(w->sums, 0, (size_t)(count * w->sums_size) * sizeof *w->sums);
        status = heat_parallel_for(ctx, threads, count, run_unit, w);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        for (int64_t u = 0; u < count; u++) {
            merge_tally(total, &w->tallies[u]);
            for (int64_t k = 0; w->sums != NULL && k < w->sums_size; k++)
                all[k] += w->sums[u * w->sums_size + k];
        }
        heat_show_progress(ctx, (double)(w->first_unit + count) / (double)w->n_units, (double)NAN,
                           (double)NAN);
    }
    return HEAT_OK;
}

static heat_status work_init(heat_context *ctx, const heat_layered *l, double beta, bool direct,
                             const heat_layer_sum_kernel *kernel, layer_work *w)
{
    double states = heat_layer_enumeration_count(l);
    int32_t n_bits = l->n_hidden <= l->n_visible ? l->n_hidden : l->n_visible;

    if (!(beta >= 0 && beta < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an inverse temperature of %g: expected 0 or more", beta);
    if (n_bits > MOST_BITS)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "too many states of the smaller layer to visit them all: 2^%d, 2^%d are possible",
                         n_bits, MOST_BITS);
    w->kernel = kernel;
    w->n_blocks = ((int64_t)states + (1 << HEAT_LAYER_BLOCK_BITS) - 1) >> HEAT_LAYER_BLOCK_BITS;
    w->n_units = (w->n_blocks + BLOCKS_PER_UNIT - 1) / BLOCKS_PER_UNIT;
    w->batch = batch_of(w->n_units, 1);
    return heat_layer_arrays_init(ctx, l, beta, direct, &w->arrays);
}

/* The means of all sums, where they are wanted, and from them the mean energy. */
static void conclude(const heat_layered *l, const layer_work *w, const heat_layer_moments *m,
                     heat_layer_enumeration *r)
{
    bool hidden = w->arrays.bits_are_hidden;
    const double *visible_mean = hidden ? m->unit_mean : m->bit_mean;
    const double *hidden_mean = hidden ? m->bit_mean : m->unit_mean;
    double energy = l->offset;

    for (int64_t j = 0; j < l->n_hidden; j++) {
        energy -= l->hidden_bias[j] * hidden_mean[j];
        if (r->hidden_mean != NULL)
            r->hidden_mean[j] = hidden_mean[j];
    }
    for (int64_t i = 0; i < l->n_visible; i++) {
        double row = 0;
        for (int64_t j = 0; j < l->n_hidden; j++) {
            double mean =
                m->pair_mean[hidden ? j * w->arrays.table.n_units + i : i * w->arrays.table.n_units + j];
            row += l->weights[i * l->n_hidden + j] * mean;
            if (r->pair_mean != NULL)
                r->pair_mean[i * l->n_hidden + j] = mean;
        }
        energy -= l->scale * row + l->visible_bias[i] * visible_mean[i];
        if (r->visible_mean != NULL)
            r->visible_mean[i] = visible_mean[i];
    }
    r->mean_energy = energy;
}

static heat_status run_moments(heat_context *ctx, const heat_layered *l, layer_work *w, int64_t threads,
                               heat_scaled total, heat_layer_enumeration *r)
{
    const heat_layer_table *t = &w->arrays.table;
    heat_layer_tally unused = {.highest = 0};
    heat_layer_moments m;
    double *all = NULL;
    heat_status status;

    w->moments =
        (heat_layer_moments){.total = total, .negligible = negligible / heat_layer_enumeration_count(l)};
    w->sums_size = (int64_t)t->n_units * (t->n_bits + 1) + (t->n_bits + 7) / 8 * 8; /* whole vectors */
    w->batch = batch_of(w->n_units, w->sums_size);
    status = heat_alloc_unset(ctx, w->batch * w->sums_size, sizeof *w->sums, &w->sums);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, w->sums_size, sizeof *all, &all);
    if (status == HEAT_OK)
        status = run_batches(ctx, w, threads, &unused, all);
    if (status == HEAT_OK && !heat_halted(ctx)) {
        m = moments_at(w, all, NULL);
        conclude(l, w, &m, r);
    }
    heat_free(all);
    return status;
}

static void forget(const heat_layered *l, heat_layer_enumeration *r)
{
    r->log_z = r->mean_energy = r->energy_variance = (double)NAN;
    for (int64_t i = 0; i < l->n_visible && r->visible_mean != NULL; i++)
        r->visible_mean[i] = (double)NAN;
    for (int64_t j = 0; j < l->n_hidden && r->hidden_mean != NULL; j++)
        r->hidden_mean[j] = (double)NAN;
    for (int64_t k = 0; k < (int64_t)l->n_visible * l->n_hidden && r->pair_mean != NULL; k++)
        r->pair_mean[k] = (double)NAN;
}

static void work_free(layer_work *w)
{
    if (w == NULL)
        return;
    heat_layer_arrays_clear(&w->arrays);
    heat_free(w->sums);
    heat_free(w);
}

heat_status heat_layer_enumeration_run_by(heat_context *ctx, const heat_layered *l, double beta,
                                          int64_t threads, const heat_layer_sum_kernel *kernel,
                                          heat_layer_enumeration *r)
{
    heat_layer_tally total = {.highest = -(double)INFINITY};
    layer_work *w = NULL;
    bool wants_moments;
    heat_status status = heat_alloc(ctx, 1, sizeof *w, &w);

    forget(l, r);
    if (status == HEAT_OK)
        status = work_init(ctx, l, beta, false, kernel, w);
    if (status == HEAT_OK)
        w->wants_energy = r->wants_energy && w->arrays.table.is_multiplicative;
    if (status == HEAT_OK)
        status = run_batches(ctx, w, threads, &total, NULL);
    if (status != HEAT_OK || heat_halted(ctx))
        goto out;
    wants_moments = r->wants_moments || (r->wants_energy && !w->wants_energy);
    if (wants_moments)
        status = run_moments(ctx, l, w, threads, total.sum, r);
    if (w->wants_energy) {
        double energy = total.energy / total.sum.m;
        r->mean_energy = l->offset - energy;
        r->energy_variance = fmax(0, total.square / total.sum.m - energy * energy);
    }
    if (status == HEAT_OK && !(wants_moments && isnan(r->mean_energy)))
        r->log_z = log(total.sum.m) + (double)total.sum.e * ln2 + w->arrays.shift_sum - beta * l->offset;
out:
    work_free(w);
    return status;
}

heat_status heat_layer_enumeration_run(heat_context *ctx, const heat_layered *l, double beta, int64_t threads,
                                       heat_layer_enumeration *r)
{
    return heat_layer_enumeration_run_by(ctx, l, beta, threads, heat_isa_get("auto")->layer_sums, r);
}

/* The state of lowest energy with these bits, over 0 and 1. */
static void complete_state(const heat_layered *l, const heat_layer_arrays *a, uint64_t bits, int8_t *state)
{
    int8_t *own = a->bits_are_hidden ? state + l->n_visible : state;
    int8_t *other = a->bits_are_hidden ? state : state + l->n_visible;

    for (int32_t j = 0; j < a->table.n_bits; j++)
        own[j] = bits >> j & 1;
    for (int64_t i = 0; i < a->n_real; i++) {
        double x = a->bias[i];
        for (int64_t j = 0; j < a->table.n_bits; j++)
            x += own[j] ? a->weights[j * a->table.n_units + i] : 0;
        other[i] = x > 0;
    }
}

heat_status heat_layer_enumeration_run_minimum(heat_context *ctx, const heat_model *model, int64_t threads,
                                               double *energy, int8_t *state)
{
    heat_layer_tally total = {.highest = -(double)INFINITY};
    heat_layered l;
    heat_model_info info;
    layer_work *w = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *w, &w);

    *energy = (double)NAN;
    heat_model_describe(model, &info);
    if (status == HEAT_OK && !heat_model_get_layered(model, &l))
        status = heat_fail(ctx, HEAT_ERROR_UNABLE, "a %s model has no layers", info.kind);
    if (status == HEAT_OK)
        status = work_init(ctx, &l, 1, true, heat_isa_get("auto")->layer_sums, w);
    if (status != HEAT_OK)
        goto out;
    w->wants_highest = true;
    status = run_batches(ctx, w, threads, &total, NULL);
    if (status != HEAT_OK || heat_halted(ctx))
        goto out;
    complete_state(&l, &w->arrays, total.state, state);
    for (int32_t i = 0; i < info.n_variables && info.coding == HEAT_CODING_SPIN; i++)
        state[i] = (int8_t)(2 * state[i] - 1);
    status = heat_model_energies(ctx, model, 1, state, energy);
out:
    work_free(w);
    return status;
}
