/* Series, kept states and block sums. */
#include "sample/recorder.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Chains whose block means disagree more than this have not found the same mean. Sixteen blocks a chain
 * scatter R-hat by a few hundredths; four honest chains exceed 1.2 about twice in a hundred thousand entries.
 */
#define MOST_BLOCK_RHAT 1.2

static double sums_bytes(double n_chains, double length)
{
    return n_chains * length * 3 * sizeof(double);
}

static int64_t draws_of(const heat_recorder_plan *plan)
{
    int64_t n_sweeps = plan->n_kept_of > 0 ? plan->n_kept_of : plan->n_sweeps;

    return plan->keep_states ? (n_sweeps + plan->thin - 1) / plan->thin : 0;
}

double heat_recorder_bytes(const heat_recorder_plan *plan)
{
    const heat_model_info *info = &plan->scalars.info;
    const heat_row_form form = heat_model_row_form(info);
    double chains = (double)plan->n_chains, series = 0, row = (double)heat_row_bytes(&form), bytes;

    for (int id = 0; id < HEAT_N_SERIES; id++)
        series += plan->scalars.wants[id] ? sizeof(double) : 0;
    series += plan->scalars.n_coordinates * (double)sizeof(double);
    bytes = chains * ((double)plan->n_sweeps * series + row);
    bytes += chains * (double)draws_of(plan) * (row + (double)sizeof(double));
    if (plan->spins)
        bytes += sums_bytes(chains, info->n_variables);
    if (plan->edges)
        bytes += sums_bytes(chains, (double)info->n_edges);
    return bytes;
}

static heat_status init_sums(heat_context *ctx, heat_block_sums *sums, int64_t n_chains, int64_t length)
{
    heat_status status = heat_alloc(ctx, n_chains * length, sizeof *sums->now, &sums->now);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_chains * length, sizeof *sums->sum, &sums->sum);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_chains * length, sizeof *sums->squares, &sums->squares);
    sums->length = length;
    return status;
}

heat_status heat_recorder_init(heat_context *ctx, heat_recorder *r, const heat_recorder_plan *plan)
{
    const heat_model_info *info = &plan->scalars.info;
    heat_status status = HEAT_OK;

    *r = (heat_recorder){.n_chains = plan->n_chains,
                         .n_sweeps = plan->n_sweeps,
                         .thin = plan->thin,
                         .n_draws = draws_of(plan),
                         .n_coordinates = plan->scalars.n_coordinates,
                         .graph = plan->scalars.graph,
                         .needs_state = heat_scalars_need_state(&plan->scalars),
                         .form = heat_model_row_form(info)};
    r->block = plan->n_sweeps / HEAT_RECORD_BLOCKS > 0 ? plan->n_sweeps / HEAT_RECORD_BLOCKS : 1;
    for (int id = 0; id < HEAT_N_SERIES && status == HEAT_OK; id++)
        if (plan->scalars.wants[id])
            status = heat_alloc(ctx, plan->n_chains * plan->n_sweeps, sizeof *r->series[id], &r->series[id]);
    if (status == HEAT_OK && r->n_coordinates > 0)
        status = heat_alloc(ctx, r->n_coordinates * plan->n_chains * plan->n_sweeps, sizeof *r->coordinates,
                            &r->coordinates);
    if (status == HEAT_OK)
        status = heat_rows_alloc(ctx, &r->form, plan->n_chains, &r->row);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan->n_chains, sizeof *r->n_blocks, &r->n_blocks);
    if (status == HEAT_OK && plan->keep_states)
        status = heat_rows_alloc(ctx, &r->form, plan->n_chains * r->n_draws, &r->states);
    if (status == HEAT_OK && plan->keep_states)
        status = heat_alloc(ctx, plan->n_chains * r->n_draws, sizeof *r->energies, &r->energies);
    if (status == HEAT_OK && plan->spins)
        status = init_sums(ctx, &r->spins, plan->n_chains, r->form.n);
    if (status == HEAT_OK && plan->edges)
        status = init_sums(ctx, &r->edges, plan->n_chains, info->n_edges);
    if (status != HEAT_OK)
        heat_recorder_clear(r);
    return status;
}

static void clear_sums(heat_block_sums *sums)
{
    heat_free(sums->now);
    heat_free(sums->sum);
    heat_free(sums->squares);
}

void heat_recorder_clear(heat_recorder *r)
{
    for (int id = 0; id < HEAT_N_SERIES; id++)
        heat_free(r->series[id]);
    heat_free(r->coordinates);
    heat_free(r->states);
    heat_free(r->energies);
    heat_free(r->row);
    heat_free(r->n_blocks);
    clear_sums(&r->spins);
    clear_sums(&r->edges);
    *r = (heat_recorder){0};
}

static heat_status add_sums(heat_context *ctx, const heat_recorder *r, const char *name, heat_block_sums *s,
                            heat_parts *p)
{
    int64_t n = r->n_chains * s->length;
    char part[32];
    heat_status status;

    snprintf(part, sizeof part, "recorder/%s", name);
    status = heat_parts_add(ctx, p, part, 0, s->now, n * (int64_t)sizeof *s->now);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, part, 1, s->sum, n * (int64_t)sizeof *s->sum);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, part, 2, s->squares, n * (int64_t)sizeof *s->squares);
    return status;
}

heat_status heat_recorder_add_parts(heat_context *ctx, heat_recorder *r, heat_parts *p)
{
    int64_t n = r->n_chains;
    heat_status status = HEAT_OK;

    for (int id = 0; id < HEAT_N_SERIES && status == HEAT_OK; id++)
        status = heat_parts_add(ctx, p, "recorder/series", id, r->series[id],
                                n * r->n_sweeps * (int64_t)sizeof *r->series[id]);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "recorder/coordinates", -1, r->coordinates,
                                r->n_coordinates * n * r->n_sweeps * (int64_t)sizeof *r->coordinates);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "recorder/states", -1, r->states,
                                n * r->n_draws * heat_row_bytes(&r->form));
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "recorder/energies", -1, r->energies,
                                n * r->n_draws * (int64_t)sizeof *r->energies);
    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "recorder/n_blocks", -1, r->n_blocks, n * (int64_t)sizeof *r->n_blocks);
    if (status == HEAT_OK)
        status = add_sums(ctx, r, "spins", &r->spins, p);
    if (status == HEAT_OK)
        status = add_sums(ctx, r, "edges", &r->edges, p);
    return status;
}

bool heat_recorder_adds_states(const heat_recorder *r)
{
    return r->needs_state || r->spins.length > 0 || r->edges.length > 0;
}

bool heat_recorder_keeps(const heat_recorder *r, int64_t sweep)
{
    return r->states != NULL && sweep >= 0 && sweep % r->thin == 0;
}

bool heat_recorder_wants_state(const heat_recorder *r, int64_t sweep)
{
    return heat_recorder_adds_states(r) || heat_recorder_keeps(r, sweep);
}

static void close_block(heat_block_sums *s, int64_t chain, int64_t block)
{
    int64_t begin = chain * s->length;

    for (int64_t k = begin; k < begin + s->length; k++) {
        double mean = s->now[k] / (double)block;
        s->sum[k] += mean;
        s->squares[k] += mean * mean;
        s->now[k] = 0;
    }
}

static void add_edges(heat_recorder *r, int64_t chain, const int8_t *state)
{
    const heat_pairwise *g = &r->graph;
    double *now = r->edges.now + chain * r->edges.length;
    int64_t e = 0;

    for (int32_t i = 0; i < g->n; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (g->col[k] > i)
                now[e++] += state[i] * state[g->col[k]];
}

static void add_values(const heat_recorder *r, const void *state, double *now)
{
    for (int64_t i = 0; i < r->form.n; i++)
        now[i] += heat_row_get(&r->form, state, i);
}

void heat_recorder_keep(heat_recorder *r, int64_t chain, int64_t sweep, const void *state, double energy)
{
    int64_t draw = chain * r->n_draws + sweep / r->thin;

    heat_rows_copy(&r->form, 1, state, heat_row_edit(&r->form, r->states, draw));
    r->energies[draw] = energy;
}

void heat_recorder_record(heat_recorder *r, int64_t chain, int64_t sweep, const void *state,
                          const double *values)
{
    heat_recorder_add(r, chain, sweep, state, values);
    if (heat_recorder_keeps(r, sweep))
        heat_recorder_keep(r, chain, sweep, state, values[HEAT_SERIES_ENERGY]);
}

void heat_recorder_add(heat_recorder *r, int64_t chain, int64_t sweep, const void *state,
                       const double *values)
{
    for (int id = 0; id < HEAT_N_SERIES; id++)
        if (r->series[id] != NULL)
            r->series[id][chain * r->n_sweeps + sweep] = values[id];
    for (int64_t i = 0; i < r->n_coordinates; i++)
        r->coordinates[(i * r->n_chains + chain) * r->n_sweeps + sweep] = heat_row_get(&r->form, state, i);
    if (r->spins.length > 0)
        add_values(r, state, r->spins.now + chain * r->form.n);
    if (r->edges.length > 0)
        add_edges(r, chain, state);
    if ((sweep + 1) % r->block == 0) {
        close_block(&r->spins, chain, r->block);
        close_block(&r->edges, chain, r->block);
        r->n_blocks[chain]++;
    }
}

void heat_block_sums_get(const heat_recorder *r, const heat_block_sums *s, int64_t first, int64_t last,
                         int64_t k, double *mean, double *error)
{
    double n = 0, total = 0, within = 0, freedom = 0, between = 0, chains = 0, rhat_square;

    *mean = *error = (double)NAN;
    for (int64_t chain = first; chain < last; chain++) {
        double blocks = (double)r->n_blocks[chain], sum = s->sum[chain * s->length + k];
        n += blocks;
        total += sum;
        within += fmax(0, s->squares[chain * s->length + k] - sum * sum / blocks);
        freedom += blocks - 1;
    }
    if (!(freedom > 0))
        return;
    within /= freedom;
    for (int64_t chain = first; chain < last; chain++) {
        double off = s->sum[chain * s->length + k] / (double)r->n_blocks[chain] - total / n;
        between += off * off;
        chains++;
    }
    between /= chains > 1 ? chains - 1 : 1;
    rhat_square = 1 - chains / n + (between > 0 ? between / within : 0);
    if (!(rhat_square <= MOST_BLOCK_RHAT * MOST_BLOCK_RHAT))
        return;
    *mean = total / n;
    *error = sqrt(fmax(within / n, between / chains));
}
