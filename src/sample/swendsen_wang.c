/* Swendsen-Wang: a sweep draws all bonds and turns every cluster with probability 1/2. Swendsen and Wang, PRL
 * 58 (1987) 86. */
#include "sample/cluster_chains.h"
#include "sample/sampling.h"

static heat_status plan(heat_context *ctx, heat_sampling *s)
{
    return heat_cluster_check_model(ctx, s->model, s->engine->name);
}

static heat_status sweep(heat_context *worker, heat_chains *c, int64_t unit)
{
    heat_cluster_store *s = c->store;
    const heat_cluster_model *m = s->model;
    int64_t first, last;

    (void)worker;
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t k = first; k < last; k++)
        if (m->is_lattice)
            s->kernel->swendsen_wang_lattice(&m->lattice, &s->rates[k], &s->random[k], &s->scratch[unit],
                                             s->bits + k * m->lattice.n_words);
        else
            s->kernel->swendsen_wang_graph(&m->graph, &s->rates[k], &s->random[k], &s->scratch[unit],
                                           s->rows + k * c->n);
    return HEAT_OK;
}

const heat_engine heat_engine_swendsen_wang = {.name = "swendsen-wang",
                                               .layout = &heat_layout_clusters,
                                               .sweep = sweep,
                                               .plan = plan,
                                               .run = heat_sampling_run_chains};
