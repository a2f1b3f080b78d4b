/* Swaps between rungs. Geyer, Computing Science and Statistics 23 (1991) 156; Hukushima and Nemoto, J. Phys.
 * Soc. Jpn. 65 (1996) 1604. Even and odd pairs take turns, which carries chains along the ladder faster than
 * random pairs do: Syed, Bouchard-Cote, Deligiannidis, Doucet, J. R. Stat. Soc. B 84 (2022) 321. */
#include "sample/exchange.h"
#include "base/memory.h"
#include "kernel/elementary.h"

#include <math.h>
#include <string.h>

heat_status heat_exchange_init(heat_context *ctx, heat_exchange *x, const heat_chains *c)
{
    heat_status status;

    *x = (heat_exchange){.n_ladders = c->n_chains / c->n_rungs, .n_rungs = c->n_rungs};
    status = heat_alloc(ctx, c->n_chains, sizeof *x->chain_at, &x->chain_at);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, x->n_ladders, sizeof *x->streams, &x->streams);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *x->tried, &x->tried);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *x->accepted, &x->accepted);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *x->was_hot, &x->was_hot);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, x->n_ladders, sizeof *x->round_trips, &x->round_trips);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, x->n_ladders, sizeof *x->clusters, &x->clusters);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *x->cluster_sum, &x->cluster_sum);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *x->n_clusters, &x->n_clusters);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units * (c->n + 1), sizeof *x->queue, &x->queue);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units * c->n, sizeof *x->unlike, &x->unlike);
    if (status != HEAT_OK) {
        heat_exchange_clear(x);
        return status;
    }
    for (int64_t k = 0; k < c->n_chains; k++)
        x->chain_at[k] = k;
    for (int64_t l = 0; l < x->n_ladders; l++) {
        heat_stream_init(&x->streams[l], c->seed, HEAT_PURPOSE_EXCHANGE, c->first_stream + (uint64_t)l);
        heat_stream_init(&x->clusters[l], c->seed, HEAT_PURPOSE_CLUSTER, c->first_stream + (uint64_t)l);
    }
    return HEAT_OK;
}

void heat_exchange_clear(heat_exchange *x)
{
    heat_free(x->chain_at);
    heat_free(x->streams);
    heat_free(x->tried);
    heat_free(x->accepted);
    heat_free(x->was_hot);
    heat_free(x->round_trips);
    heat_free(x->clusters);
    heat_free(x->cluster_sum);
    heat_free(x->n_clusters);
    heat_free(x->queue);
    heat_free(x->unlike);
    *x = (heat_exchange){0};
}

/* Notes where a chain has come to. */
static void note_place(heat_exchange *x, int64_t ladder, int64_t chain, int32_t rung)
{
    if (rung == x->n_rungs - 1) {
        x->was_hot[chain] = true;
    } else if (rung == 0 && x->was_hot[chain]) {
        x->was_hot[chain] = false;
        x->round_trips[ladder]++;
    }
}

static void swap(heat_exchange *x, heat_chains *c, int64_t ladder, int32_t rung)
{
    int64_t *at = x->chain_at + ladder * x->n_rungs + rung, lower = at[0];

    at[0] = at[1];
    at[1] = lower;
    for (int32_t k = 0; k < 2; k++) {
        heat_chains_set_rung(c, at[k], rung + k);
        note_place(x, ladder, at[k], rung + k);
    }
}

double heat_exchange_probability(double beta_k, double beta_l, double e_k, double e_l)
{
    double log_ratio = (beta_k - beta_l) * (e_k - e_l);

    return log_ratio >= 0 ? 1 : heat_exp_negative(log_ratio);
}

void heat_exchange_step(heat_exchange *x, heat_chains *c, int64_t ladder, int32_t first)
{
    const int64_t *at = x->chain_at + ladder * x->n_rungs;

    for (int32_t k = first; k + 1 < x->n_rungs; k += 2) {
        double p =
            heat_exchange_probability(c->betas[k], c->betas[k + 1], heat_chains_get_path_energy(c, at[k]),
                                      heat_chains_get_path_energy(c, at[k + 1]));
        double u = heat_stream_uniform(&x->streams[ladder]);
        x->tried[ladder * x->n_rungs + k]++;
        if (!(u < p))
            continue;
        x->accepted[ladder * x->n_rungs + k]++;
        swap(x, c, ladder, k);
    }
}

void heat_exchange_reset(heat_exchange *x, int64_t ladder)
{
    size_t n = (size_t)x->n_rungs;
    int64_t first = ladder * x->n_rungs;

    memset(x->tried + first, 0, n * sizeof *x->tried);
    memset(x->accepted + first, 0, n * sizeof *x->accepted);
    memset(x->was_hot + first, 0, n * sizeof *x->was_hot);
    x->round_trips[ladder] = 0;
}

heat_status heat_exchange_add_parts(heat_context *ctx, heat_exchange *x, heat_parts *p)
{
    int64_t n = x->n_ladders * x->n_rungs;
    heat_status status =
        heat_parts_add(ctx, p, "exchange/chain_at", -1, x->chain_at, n * (int64_t)sizeof *x->chain_at);

    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "exchange/streams", -1, x->streams,
                                x->n_ladders * (int64_t)sizeof *x->streams);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "exchange/tried", -1, x->tried, n * (int64_t)sizeof *x->tried);
    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "exchange/accepted", -1, x->accepted, n * (int64_t)sizeof *x->accepted);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "exchange/was_hot", -1, x->was_hot, n * (int64_t)sizeof *x->was_hot);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "exchange/round_trips", -1, x->round_trips,
                                x->n_ladders * (int64_t)sizeof *x->round_trips);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "exchange/clusters", -1, x->clusters,
                                x->n_ladders * (int64_t)sizeof *x->clusters);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "exchange/cluster_sum", -1, x->cluster_sum,
                                n * (int64_t)sizeof *x->cluster_sum);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "exchange/n_clusters", -1, x->n_clusters,
                                n * (int64_t)sizeof *x->n_clusters);
    return status;
}

double heat_exchange_get_acceptance(const heat_exchange *x, int32_t rung)
{
    double tried = 0, accepted = 0;

    for (int64_t l = 0; l < x->n_ladders; l++) {
        tried += (double)x->tried[l * x->n_rungs + rung];
        accepted += (double)x->accepted[l * x->n_rungs + rung];
    }
    return accepted / tried;
}

int64_t heat_exchange_get_round_trips(const heat_exchange *x)
{
    int64_t sum = 0;

    for (int64_t l = 0; l < x->n_ladders; l++)
        sum += x->round_trips[l];
    return sum;
}
