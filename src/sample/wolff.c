/* Wolff: the cluster of a random site turns. A sweep is a number of clusters that is settled in the burn-in,
 * so that they visit n sites on average: in the burn-in itself clusters turn until they have visited n, and
 * those of its second half are counted. To stop so in the run would break balance: the states at such a stop
 * are no sample of pi, since the last cluster is one of the large ones; a fixed number of moves that each
 * leave pi leaves pi. Wolff, PRL 62 (1989) 361. */
#include "sample/cluster_chains.h"
#include "sample/sampling.h"

static heat_status plan(heat_context *ctx, heat_sampling *s)
{
    return heat_cluster_check_model(ctx, s->model, s->engine->name);
}

static int64_t turn_cluster(heat_chains *c, int64_t unit, int64_t chain)
{
    heat_cluster_store *s = c->store;
    const heat_cluster_model *m = s->model;
    int64_t visited;

    if (m->is_lattice)
        visited = s->kernel->wolff_lattice(&m->lattice, &s->rates[chain], &s->random[chain],
                                           &s->scratch[unit], s->bits + chain * m->lattice.n_words, c->n);
    else
        visited = s->kernel->wolff_graph(&m->graph, &s->rates[chain], &s->random[chain], &s->scratch[unit],
                                         s->rows + chain * c->n);
    s->visited[chain] += visited;
    return visited;
}

/* A sweep of the burn-in. */
static void sweep_and_count(heat_chains *c, int64_t unit, int64_t chain)
{
    heat_cluster_store *s = c->store;
    int64_t visited = 0, clusters = 0;

    for (; visited < c->n; clusters++)
        visited += turn_cluster(c, unit, chain);
    if (c->n_sweeps[unit] < c->burn_in / 2)
        return;
    s->seen_clusters[chain] += clusters;
    s->seen_sites[chain] += visited;
}

/* Clusters that visit n sites on average; 1 where no burn-in has told. */
static int64_t settled(const heat_chains *c, int64_t chain)
{
    const heat_cluster_store *s = c->store;
    int64_t n;

    if (s->seen_sites[chain] == 0)
        return 1;
    n = (int64_t)((double)s->seen_clusters[chain] * c->n / (double)s->seen_sites[chain] + 0.5);
    return n > 1 ? n : 1;
}

static heat_status sweep(heat_context *worker, heat_chains *c, int64_t unit)
{
    heat_cluster_store *s = c->store;
    int64_t first, last;

    (void)worker;
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t k = first; k < last; k++) {
        if (c->n_sweeps[unit] < c->burn_in) {
            sweep_and_count(c, unit, k);
            continue;
        }
        if (s->n_clusters[k] == 0)
            s->n_clusters[k] = settled(c, k);
        for (int64_t t = 0; t < s->n_clusters[k]; t++)
            turn_cluster(c, unit, k);
    }
    return HEAT_OK;
}

static int64_t visits(const heat_chains *c, int64_t chain)
{
    const heat_cluster_store *s = c->store;

    return s->visited[chain];
}

const heat_engine heat_engine_wolff = {.name = "wolff",
                                       .layout = &heat_layout_clusters,
                                       .sweep = sweep,
                                       .visits = visits,
                                       .plan = plan,
                                       .run = heat_sampling_run_chains};
