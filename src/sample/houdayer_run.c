/* The engine `houdayer`: parallel tempering of pairs of ladders, whose chains at the same temperature also
 * trade clusters of the spins in which they differ (kernel/houdayer.h).
 *
 * Without a field the pair is first turned so that at most half of the spins differ, and each replica is
 * turned at random afterwards: the move then acts on states up to their global flip, where it is symmetric,
 * and the signs are as free as before. Clusters are traded in one sweep of so many, and after the burn-in
 * only at the temperatures where those of the burn-in were small: Zhu, Ochoa, Katzgraber, PRL 115 (2015)
 * 077201. */
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/houdayer.h"
#include "sample/sampling.h"

enum { SWEEPS_A_TRADE = 10 };

/* A mean cluster beyond this part of all spins percolates. */
static const double most_cluster = 0.25;

static void to_spins(const heat_sampling *s, int8_t *row)
{
    if (s->info.coding != HEAT_CODING_SPIN)
        for (int64_t i = 0; i < s->info.n_variables; i++)
            row[i] = (int8_t)(2 * row[i] - 1);
}

/* One trade between two rows of spins. */
static int64_t trade_rows(heat_sampling *s, heat_stream *stream, heat_houdayer_scratch *scratch, int8_t *a,
                          int8_t *b)
{
    int64_t n = s->info.n_variables, size;
    double energies[2] = {0, 0};

    if (s->chains->is_symmetric)
        heat_houdayer_face(n, a, b);
    size = heat_houdayer_move(&s->pairs, stream, scratch, a, b, energies);
    if (s->chains->is_symmetric) {
        uint64_t bits = heat_stream_bits(stream);
        heat_houdayer_turn(n, a, bits & 1 ? 1 : -1);
        heat_houdayer_turn(n, b, bits & 2 ? 1 : -1);
    }
    return size;
}

static heat_status trade(heat_context *worker, heat_sampling *s, int64_t unit, int64_t ladder, int32_t rung)
{
    heat_exchange *x = &s->exchange;
    int64_t n = s->info.n_variables, at = ladder * x->n_rungs + rung;
    int64_t chains[2] = {x->chain_at[at], x->chain_at[at + x->n_rungs]};
    heat_houdayer_scratch scratch = {x->queue + unit * n, x->marks + unit * n};
    int8_t *rows[2];
    heat_status status = HEAT_OK;

    for (int k = 0; k < 2; k++) {
        rows[k] = s->recorder.row + chains[k] * s->recorder.n;
        heat_chains_get_state(s->chains, chains[k], rows[k]);
        to_spins(s, rows[k]);
    }
    x->cluster_sum[at] += trade_rows(s, &x->clusters[ladder], &scratch, rows[0], rows[1]);
    x->n_clusters[at]++;
    for (int k = 0; k < 2 && status == HEAT_OK; k++) {
        heat_states_from_spins(&s->info, 1, rows[k]);
        status = heat_chains_put_state(worker, s->chains, chains[k], rows[k]);
    }
    return status;
}

/* After the burn-in the counts stand still, and with them the choice of temperatures. */
static bool is_traded(const heat_sampling *s, int64_t unit, int64_t ladder, int32_t rung)
{
    int64_t at = ladder * s->exchange.n_rungs + rung;
    double mean = (double)s->exchange.cluster_sum[at] / (double)s->exchange.n_clusters[at];

    return s->chains->n_sweeps[unit] <= s->opt.burn_in || mean <= most_cluster * s->info.n_variables;
}

static heat_status trade_ladders(heat_context *worker, heat_sampling *s, int64_t unit)
{
    heat_exchange *x = &s->exchange;
    bool is_burning = s->chains->n_sweeps[unit] <= s->opt.burn_in;
    int64_t first, last;

    heat_chains_get_unit(s->chains, unit, &first, &last);
    for (int64_t ladder = first / x->n_rungs; ladder < last / x->n_rungs; ladder += 2)
        for (int32_t rung = 0; rung < x->n_rungs; rung++) {
            int64_t at = ladder * x->n_rungs + rung, sum = x->cluster_sum[at], count = x->n_clusters[at];
            heat_status status;
            if (!is_traded(s, unit, ladder, rung))
                continue;
            status = trade(worker, s, unit, ladder, rung);
            if (status != HEAT_OK)
                return status;
            if (!is_burning) {
                x->cluster_sum[at] = sum;
                x->n_clusters[at] = count;
            }
        }
    heat_chains_sum_energies(worker, s->chains, unit);
    return HEAT_OK;
}

static heat_status trade_and_exchange(heat_context *worker, heat_sampling *s, int64_t unit)
{
    heat_status status = HEAT_OK;

    if (s->chains->n_sweeps[unit] % SWEEPS_A_TRADE == 0)
        status = trade_ladders(worker, s, unit);
    return status == HEAT_OK ? heat_sampling_exchange(worker, s, unit) : status;
}

static heat_status plan_pairs(heat_context *ctx, heat_sampling *s)
{
    if (!heat_model_get_pairwise(s->model, &s->pairs))
        return heat_fail_option(ctx, "engine", s->engine->name, "needs a model of pairs of spins, %s is %s",
                                s->info.name, s->info.kind);
    return HEAT_OK;
}

const heat_engine heat_engine_houdayer = {.name = "houdayer",
                                          .rule = &heat_rule_heat_bath,
                                          .after_sweep = trade_and_exchange,
                                          .n_paired = 2,
                                          .is_ladder = true,
                                          .plan = plan_pairs,
                                          .run = heat_sampling_run_chains};
