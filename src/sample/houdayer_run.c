/* The engine `houdayer`: parallel tempering of pairs of ladders, whose chains at the same temperature also
 * trade clusters of the spins in which they differ (kernel/houdayer.h).
 *
 * Clusters are traded in one sweep of so many, in the colder half of the ladder, where single spins are
 * stuck, and there, after the burn-in, only at the temperatures where those of the burn-in were small: Zhu,
 * Ochoa, Katzgraber, PRL 115 (2015) 077201. */
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/houdayer.h"
#include "sample/sampling.h"

enum { SWEEPS_A_TRADE = 3 };

/* A mean cluster beyond this part of all spins percolates. */
static const double most_cluster = 0.25;

static heat_status trade(heat_context *worker, heat_sampling *s, int64_t unit, int64_t ladder, int32_t rung)
{
    heat_exchange *x = &s->exchange;
    int64_t n = s->info.n_variables, at = ladder * x->n_rungs + rung, size;
    const int64_t pair[2] = {x->chain_at[at], x->chain_at[at + x->n_rungs]};
    int8_t *row = heat_row_edit(&s->recorder.form, s->recorder.row, pair[0]);
    int32_t *queue = x->queue + unit * (n + 1);
    uint8_t *unlike = x->unlike + unit * n;

    heat_chains_compare(s->chains, pair, row, unlike);
    size = heat_houdayer_draw(&s->pairs, s->chains->is_symmetric, &x->clusters[ladder], unlike, queue);
    x->cluster_sum[at] += size;
    x->n_clusters[at]++;
    return heat_chains_flip(worker, s->chains, pair, row, size, queue);
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
        for (int32_t rung = 0; rung < (x->n_rungs + 1) / 2; rung++) {
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
