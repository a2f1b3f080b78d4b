/* Every state, once. The states are numbered: bit i of a pairwise graph's number is spin i, other models
 * count in base q, variable 0 the lowest digit. Blocks of consecutive numbers are the work: a block's
 * energies fill an array, of spins by doubling (spin_block.h), of q values as an odometer counts, beginning
 * from the definition in every block, so that roundings do not add up. What the array says is then added to
 * the unit's tally, and the tallies in order. Of spins without field half the states are the other half
 * turned round: the last spin stays down. */
#include "exact/enumeration.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/spin_block.h"
#include "kernel/elementary.h"
#include "stats/log_sum.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = HEAT_SPIN_BLOCK,
    BLOCKS_PER_UNIT = 16,
    UNITS_PER_BATCH = 64 /* tallies held at once */
};

static const double most_states = 1099511627776; /* 2^40 */

/* What a run of states adds up to. */
typedef struct tally {
    heat_log_sum sum;
    double variance; /* of the energy */
    double minimum, degeneracy;
    int64_t lowest;     /* the first state of lowest energy */
    double *value_sums; /* of weight times value, relative to sum.shift; NULL: not wanted */
} tally;

typedef struct enumeration_work {
    const heat_model *model;
    heat_pairwise graph;
    heat_categorical categorical;
    bool is_pairwise, is_categorical;
    bool is_half;           /* the states visited are one of two halves */
    heat_spin_table *table; /* of a pairwise graph */
    heat_model_info info;
    double beta;
    double slack; /* energies this close, and 1e-9 of the lowest, are one level */
    int64_t n_states, first_unit;
    tally tallies[UNITS_PER_BATCH];
    double *value_sums;
} enumeration_work;

/* One worker's block: states [start, start + count), their energies, then their weights. */
typedef struct state_block {
    int64_t start, count;
    double energies[BLOCK], weights[BLOCK];
    int8_t *rows; /* models without a pairwise graph: the states themselves */
} state_block;

double heat_enumeration_count(const heat_model *model)
{
    heat_model_info info;

    heat_model_describe(model, &info);
    return heat_model_is_real(&info) ? (double)INFINITY : pow(info.n_states, info.n_variables);
}

/* Adds `degeneracy` states at `minimum`, the first of them `lowest`. */
static void add_level(const enumeration_work *work, tally *t, double minimum, double degeneracy,
                      int64_t lowest)
{
    double width = work->slack + (work->info.exact ? 0 : 1e-9 * fabs(minimum));

    if (minimum < t->minimum - width || t->degeneracy == 0) {
        t->degeneracy = degeneracy;
    } else if (minimum <= t->minimum + width) {
        t->degeneracy += degeneracy;
    }
    if (minimum < t->minimum || t->lowest < 0) {
        t->minimum = minimum;
        t->lowest = lowest;
    }
}

/* Values and weights of spins: what bit b adds is the upper half minus the lower one; then the halves fold.
 */
static void add_spin_values(const enumeration_work *work, const state_block *block, double *weights,
                            double scale, double *value_sums)
{
    int64_t half = block->count;
    int32_t b = 0;

    while ((int64_t)1 << b < block->count)
        b++;
    for (int32_t i = b - 1; i >= 0; i--) {
        double up = 0, down = 0;
        half /= 2;
        for (int64_t k = 0; k < half; k++) {
            down += weights[k];
            up += weights[k + half];
            weights[k] += weights[k + half];
        }
        value_sums[i] += scale * (up - down);
    }
    for (int32_t i = b; i < work->graph.n; i++)
        value_sums[i] += block->start >> i & 1 ? scale * weights[0] : -scale * weights[0];
}

static void rescale(const enumeration_work *work, tally *t, double old_shift)
{
    double factor = t->sum.shift == old_shift ? 1 : exp(old_shift - t->sum.shift);

    for (int32_t i = 0; i < work->info.n_variables && t->value_sums != NULL; i++)
        t->value_sums[i] *= factor;
}

/* Weights and sums of a block whose energies are known; false if all of its states are forbidden. */
static bool weigh(const enumeration_work *work, state_block *block, heat_spin_sums *sums)
{
    const double *e = block->energies;
    double lowest = (double)INFINITY;

    for (int64_t k = 0; k < block->count; k++)
        lowest = e[k] < lowest ? e[k] : lowest;
    *sums = (heat_spin_sums){.lowest = lowest, .log_scale = -work->beta * lowest};
    if (!(lowest < (double)INFINITY))
        return false;
    for (int64_t k = 0; k < block->count; k++) {
        double d = e[k] - lowest, w = d < (double)INFINITY ? heat_exp_negative(-work->beta * d) : 0;
        sums->weight += w;
        sums->moment += w > 0 ? w * d : 0;
        sums->square += w > 0 ? w * d * d : 0;
        block->weights[k] = w;
    }
    return true;
}

/* Adds states to a sum and the spread of their energies to its own. */
static void add_states(tally *t, const heat_log_sum *states, double variance)
{
    double before = heat_log_sum_value(&t->sum), mean = heat_log_sum_mean(&t->sum), after, old, new, apart;
    bool is_first = t->sum.sum == 0;

    heat_log_sum_merge(&t->sum, states);
    after = heat_log_sum_value(&t->sum);
    old = exp(before - after);
    new = exp(heat_log_sum_value(states) - after);
    apart = heat_log_sum_mean(states) - mean;
    t->variance = is_first ? variance : old * t->variance + new *(variance + old * apart * apart);
}

/* Adds a block whose energies and weights are known. */
static void add_block(const enumeration_work *work, tally *t, state_block *block, const heat_spin_sums *sums)
{
    const double *e = block->energies, lowest = sums->lowest, old_shift = t->sum.shift;
    double degeneracy = 0, scale, width = work->slack + (work->info.exact ? 0 : 1e-9 * fabs(lowest));
    double above = sums->moment / sums->weight;
    heat_log_sum states = HEAT_LOG_SUM_EMPTY;
    int64_t first = -1;

    for (int64_t k = block->count - 1; k >= 0 && lowest <= t->minimum + width; k--) {
        degeneracy += e[k] <= lowest + width;
        first = e[k] == lowest ? k : first;
    }
    if (first >= 0)
        add_level(work, t, lowest, degeneracy, block->start + first);
    heat_log_sum_add(&states, sums->log_scale, sums->weight, lowest + above);
    add_states(t, &states, sums->square / sums->weight - above * above);
    if (t->value_sums == NULL)
        return;
    rescale(work, t, old_shift);
    scale = exp(sums->log_scale - t->sum.shift);
    if (work->is_pairwise) {
        add_spin_values(work, block, block->weights, scale, t->value_sums);
        return;
    }
    for (int64_t k = 0; k < block->count; k++)
        for (int32_t i = 0; i < work->info.n_variables; i++)
            t->value_sums[i] += scale * block->weights[k] * block->rows[k * work->info.n_variables + i];
}

static void merge(const enumeration_work *work, tally *into, tally *from)
{
    double old_shift = into->sum.shift, from_shift = from->sum.shift, scale;

    if (from->lowest < 0)
        return;
    add_level(work, into, from->minimum, from->degeneracy, from->lowest);
    add_states(into, &from->sum, from->variance);
    if (into->value_sums == NULL)
        return;
    rescale(work, into, old_shift);
    scale = exp(from_shift - into->sum.shift);
    for (int32_t i = 0; i < work->info.n_variables; i++)
        into->value_sums[i] += scale * from->value_sums[i];
}

/* h_i(a) + sum_j J_ij(a, a_j), over the neighbours behind i alone if `upper`. */
static double local_sum(const heat_categorical *graph, const int8_t *row, int32_t i, int32_t a, bool upper)
{
    int64_t q = graph->q;
    double sum = graph->field == NULL ? 0 : graph->field[i * q + a];

    for (int64_t e = graph->row[i + 1]; e > graph->row[i] && !(upper && graph->col[e - 1] < i); e--) {
        int8_t other = row[graph->col[e - 1]];
        if (graph->coupling != NULL)
            sum += a == other ? graph->coupling[e - 1] : 0;
        else
            sum += graph->tables[(graph->table[e - 1] * q + a) * q + other];
    }
    return sum;
}

/* Energies of a block of states of q values as an odometer counts them: the first from the definition, then
 * by the digits that turn, 1 + 1/(q - 1) a state. */
static void fill_odometer(const heat_categorical *graph, state_block *block)
{
    int64_t n = graph->n;
    double energy = graph->offset;

    for (int32_t i = 0; i < n; i++)
        energy -= local_sum(graph, block->rows, i, block->rows[i], true);
    block->energies[0] = energy;
    for (int64_t k = 1; k < block->count; k++) {
        int8_t *row = block->rows + k * n;
        memcpy(row, row - n, (size_t)n);
        for (int32_t i = 0; i < n; i++) {
            int8_t next = row[i] + 1 < graph->q ? (int8_t)(row[i] + 1) : 0;
            energy += local_sum(graph, row, i, row[i], false) - local_sum(graph, row, i, next, false);
            row[i] = next;
            if (next != 0)
                break;
        }
        block->energies[k] = energy;
    }
}

/* The row of state `number`, in the model's coding. */
static void row_of(const heat_model_info *info, int64_t number, int8_t *row)
{
    for (int32_t i = 0; i < info->n_variables; i++) {
        int8_t digit = (int8_t)(number % info->n_states);
        row[i] = info->coding == HEAT_CODING_SPIN ? (int8_t)(2 * digit - 1) : digit;
        number /= info->n_states;
    }
}

/* Energies of a block of rows. */
static heat_status fill_rows(heat_context *worker, const enumeration_work *work, state_block *block)
{
    if (work->is_categorical) {
        row_of(&work->info, block->start, block->rows);
        fill_odometer(&work->categorical, block);
        return HEAT_OK;
    }
    for (int64_t k = 0; k < block->count; k++)
        row_of(&work->info, block->start + k, block->rows + k * work->info.n_variables);
    return heat_model_energies(worker, work->model, block->count, block->rows, block->energies);
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    enumeration_work *work = arg;
    tally *t = &work->tallies[unit];
    int64_t first = (work->first_unit + unit) * BLOCKS_PER_UNIT * BLOCK;
    state_block *block = NULL;
    heat_status status = heat_alloc(worker, 1, sizeof *block, &block);

    if (status == HEAT_OK && !work->is_pairwise)
        status = heat_alloc(worker, (int64_t)BLOCK * work->info.n_variables, 1, &block->rows);
    for (int b = 0; b < BLOCKS_PER_UNIT && status == HEAT_OK; b++) {
        heat_spin_sums sums;
        bool allowed = true;
        block->start = first + (int64_t)b * BLOCK;
        if (block->start >= work->n_states || heat_halted(worker))
            break;
        block->count = work->n_states - block->start < BLOCK ? work->n_states - block->start : BLOCK;
        if (work->is_pairwise) {
            heat_spin_block_fill(work->table, block->start, block->energies, block->weights, &sums);
        } else {
            status = fill_rows(worker, work, block);
            allowed = status == HEAT_OK && weigh(work, block, &sums);
        }
        if (allowed)
            add_block(work, t, block, &sums);
    }
    if (block != NULL)
        heat_free(block->rows);
    heat_free(block);
    return status;
}

/* The sum over edges of their largest number's size. */
static double categorical_strength(const heat_categorical *graph)
{
    double strength = 0;
    int64_t size = (int64_t)graph->q * graph->q;

    for (int64_t e = 0; e < graph->row[graph->n]; e++) {
        double largest = graph->coupling != NULL ? fabs(graph->coupling[e]) : 0;
        for (int64_t k = 0; graph->coupling == NULL && k < size; k++)
            largest = fmax(largest, fabs(graph->tables[graph->table[e] * size + k]));
        strength += largest / 2;
    }
    return strength;
}

static heat_status work_init(heat_context *ctx, enumeration_work *work, const heat_model *model, double beta,
                             bool values)
{
    double strength = 0, states = heat_enumeration_count(model);

    work->model = model;
    work->beta = beta;
    heat_model_describe(model, &work->info);
    if (heat_model_is_real(&work->info))
        return heat_model_need_states(ctx, model, "enumeration");
    if (!(beta >= 0 && beta < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an inverse temperature of %g: expected 0 or more", beta);
    if (!(states <= most_states))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "too many states to visit them all: %d^%d, 2^40 are possible", work->info.n_states,
                         work->info.n_variables);
    work->n_states = (int64_t)states;
    work->is_pairwise = heat_model_get_pairwise(model, &work->graph);
    work->is_half =
        work->is_pairwise && !work->info.has_field && work->info.n_variables > HEAT_SPIN_BLOCK_BITS;
    work->n_states >>= work->is_half;
    work->is_categorical = !work->is_pairwise && heat_model_get_categorical(model, &work->categorical);
    for (int64_t e = 0; work->is_pairwise && e < work->graph.row[work->graph.n]; e++)
        strength += fabs(heat_pairwise_coupling(&work->graph, e)) / 2;
    if (work->is_categorical)
        strength = categorical_strength(&work->categorical);
    work->slack = work->info.exact ? 0 : 1e-13 * strength;
    if (work->is_pairwise) {
        heat_status status = heat_alloc(ctx, 1, sizeof *work->table, &work->table);
        if (status != HEAT_OK)
            return status;
        heat_spin_table_init(&work->graph, beta, work->table);
    }
    return values ? heat_alloc(ctx, (int64_t)UNITS_PER_BATCH * work->info.n_variables,
                               sizeof *work->value_sums, &work->value_sums)
                  : HEAT_OK;
}

static void tally_begin(tally *t, double *value_sums, int32_t n)
{
    *t = (tally){HEAT_LOG_SUM_EMPTY, 0, (double)INFINITY, 0, -1, value_sums};
    for (int32_t i = 0; i < n && value_sums != NULL; i++)
        value_sums[i] = 0;
}

/* All batches, their tallies merged in order into `total`. */
static heat_status run_batches(heat_context *ctx, enumeration_work *work, int64_t threads, tally *total)
{
    const int64_t unit = (int64_t)BLOCKS_PER_UNIT * BLOCK;
    int64_t n_units = (work->n_states + unit - 1) / unit;
    int32_t n = work->info.n_variables;

    if (!work->is_pairwise && !heat_model_is_thread_safe(work->model))
        threads = 1;
    for (; work->first_unit < n_units; work->first_unit += UNITS_PER_BATCH) {
        int64_t left = n_units - work->first_unit, count = left < UNITS_PER_BATCH ? left : UNITS_PER_BATCH;
        heat_status status;
        for (int64_t u = 0; u < count; u++)
            tally_begin(&work->tallies[u], work->value_sums == NULL ? NULL : work->value_sums + u * n, n);
        status = heat_parallel_for(ctx, threads, count, run_unit, work);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        for (int64_t u = 0; u < count; u++)
            merge(work, total, &work->tallies[u]);
        heat_show_progress(ctx, (double)(work->first_unit + count) / (double)n_units, (double)NAN,
                           total->minimum);
    }
    return HEAT_OK;
}

static void forget(int32_t n, heat_enumeration *result)
{
    result->log_z = result->mean_energy = result->energy_variance = result->minimum = result->degeneracy =
        (double)NAN;
    for (int32_t i = 0; i < n && result->value_mean != NULL; i++)
        result->value_mean[i] = (double)NAN;
}

/* The numbers of a finished tally; the lowest energy once more from the definition. */
static heat_status conclude(heat_context *ctx, const enumeration_work *work, const tally *total,
                            heat_enumeration *result)
{
    double weight = total->sum.sum + total->sum.sum_error;
    int8_t *row = NULL;
    heat_status status;

    if (total->lowest < 0)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "every state is forbidden (energy +infinity)");
    status = heat_alloc(ctx, work->info.n_variables, 1, &row);
    if (status != HEAT_OK)
        return status;
    row_of(&work->info, total->lowest, row);
    status = heat_model_energies(ctx, work->model, 1, row, &result->minimum);
    result->log_z = heat_log_sum_value(&total->sum) + (work->is_half ? log(2) : 0);
    result->mean_energy = heat_log_sum_mean(&total->sum);
    result->energy_variance = total->variance;
    result->degeneracy = (work->is_half ? 2 : 1) * total->degeneracy;
    for (int32_t i = 0; i < work->info.n_variables; i++) {
        if (result->state != NULL)
            result->state[i] = row[i];
        if (result->value_mean != NULL) {
            result->value_mean[i] = work->is_half ? 0 : total->value_sums[i] / weight;
            if (work->is_pairwise && work->info.coding == HEAT_CODING_INDEX)
                result->value_mean[i] = (1 + result->value_mean[i]) / 2;
        }
    }
    heat_free(row);
    return status;
}

heat_status heat_enumeration_run(heat_context *ctx, const heat_model *model, double beta, int64_t threads,
                                 heat_enumeration *result)
{
    enumeration_work *work = NULL;
    double *value_sums = NULL;
    int32_t n = 0;
    bool done = false;
    tally total;
    heat_status status = heat_alloc(ctx, 1, sizeof *work, &work);

    if (status != HEAT_OK)
        goto out;
    status = work_init(ctx, work, model, beta, result->value_mean != NULL);
    n = work->info.n_variables;
    if (status == HEAT_OK && result->value_mean != NULL)
        status = heat_alloc(ctx, n, sizeof *value_sums, &value_sums);
    if (status != HEAT_OK)
        goto out;
    tally_begin(&total, value_sums, n);
    status = run_batches(ctx, work, threads, &total);
    if (status != HEAT_OK || heat_halted(ctx))
        goto out;
    status = conclude(ctx, work, &total, result);
    done = status == HEAT_OK;
out:
    if (!done)
        forget(n, result);
    heat_free(value_sums);
    if (work != NULL) {
        heat_free(work->value_sums);
        heat_free(work->table);
    }
    heat_free(work);
    return status;
}
