/* The cluster layout: how chains that move by clusters keep their states. Lattices of one coupling strength
 * are bits, other pairwise graphs and plain Potts models are bytes. */
#include "sample/cluster_chains.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum { MOST_UNITS = 64, SCRATCH_A_SITE = 8 };

static bool has_clusters(const heat_model *model, heat_pairwise *pairs, heat_categorical *potts)
{
    if (heat_model_get_pairwise(model, pairs))
        return true;
    if (!heat_model_get_categorical(model, potts) || potts->coupling == NULL || potts->field != NULL)
        return false;
    for (int64_t k = 0; k < potts->row[potts->n]; k++)
        if (!(potts->coupling[k] >= 0))
            return false;
    return true;
}

heat_status heat_cluster_check_model(heat_context *ctx, const heat_model *model, const char *engine)
{
    heat_pairwise pairs;
    heat_categorical potts;
    heat_model_info info;

    if (has_clusters(model, &pairs, &potts))
        return HEAT_OK;
    heat_model_describe(model, &info);
    return heat_fail_option(
        ctx, "engine", engine,
        "%s moves clusters of spins, or of Potts values without field or tables and with J >= 0; %s has "
        "none (kind %s): heat-bath moves every model",
        engine, info.name, info.kind);
}

static heat_status open_model(heat_context *ctx, const heat_chains *c, heat_cluster_model **out)
{
    heat_pairwise pairs;
    heat_categorical potts;

    if (!has_clusters(c->model, &pairs, &potts))
        return HEAT_OK;
    if (heat_model_get_pairwise(c->model, &pairs))
        return heat_cluster_model_create(ctx, &pairs, c->info.n_dimensions, c->info.extent, out);
    return heat_cluster_model_create_potts(ctx, &potts, out);
}

static int64_t table_size(const heat_cluster_model *m)
{
    return 2 * m->n_bonds + m->graph.n;
}

static heat_status alloc_tables(heat_context *ctx, heat_cluster_store *s, const heat_chains_plan *plan)
{
    heat_status status;

    if (s->model->is_even)
        return HEAT_OK;
    status = heat_alloc(ctx, plan->n_rungs * table_size(s->model), sizeof *s->tables, &s->tables);
    for (int32_t t = 0; t < plan->n_rungs && status == HEAT_OK; t++) {
        int32_t *bonds = s->tables + t * table_size(s->model);
        heat_cluster_model_get_rates(s->model, plan->betas[t], bonds, bonds + 2 * s->model->n_bonds);
    }
    return status;
}

static heat_status alloc_chains(heat_context *ctx, const heat_chains *c, heat_cluster_store *s)
{
    const int64_t n = c->n_chains;
    heat_status status = heat_alloc(ctx, n, sizeof *s->random, &s->random);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->rates, &s->rates);
    if (status == HEAT_OK && s->model->is_lattice)
        status = heat_alloc(ctx, n * s->model->lattice.n_words, sizeof *s->bits, &s->bits);
    if (status == HEAT_OK && !s->model->is_lattice)
        status = heat_alloc(ctx, n * c->n, 1, &s->rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->energy, &s->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->total, &s->total);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->n_clusters, &s->n_clusters);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->seen_clusters, &s->seen_clusters);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->seen_sites, &s->seen_sites);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->visited, &s->visited);
    return status;
}

/* A unit has a work space of its own: many chains share a few of them. */
static heat_status alloc_units(heat_context *ctx, heat_chains *c, heat_cluster_store *s)
{
    int64_t groups = (c->n_chains + c->group - 1) / c->group, n_units;
    heat_status status;

    c->width = (int32_t)((groups + MOST_UNITS - 1) / MOST_UNITS * c->group);
    n_units = (c->n_chains + c->width - 1) / c->width;
    status = heat_alloc(ctx, n_units * c->n, 1, &s->row);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units, sizeof *s->scratch, &s->scratch);
    for (int64_t u = 0; u < n_units && status == HEAT_OK; u++)
        status = heat_cluster_scratch_init(ctx, s->model, &s->scratch[u]);
    return status;
}

static heat_status clusters_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_cluster_store *s = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *s, &s);

    if (status != HEAT_OK)
        return status;
    c->store = s;
    s->kernel = heat_isa_get(plan->isa)->clusters;
    status = open_model(ctx, c, &s->model);
    if (status != HEAT_OK || s->model == NULL || plan->track_best)
        return status;
    *fits = true;
    s->counts_energy = s->model->is_lattice && c->info.exact;
    status = alloc_tables(ctx, s, plan);
    if (status == HEAT_OK)
        status = alloc_chains(ctx, c, s);
    return status == HEAT_OK ? alloc_units(ctx, c, s) : status;
}

static void clusters_free(heat_chains *c)
{
    heat_cluster_store *s = c->store;

    if (s == NULL)
        return;
    for (int64_t u = 0; s->scratch != NULL && u < (c->n_chains + c->width - 1) / c->width; u++)
        heat_cluster_scratch_clear(&s->scratch[u]);
    heat_cluster_model_free(s->model);
    heat_free(s->random);
    heat_free(s->rates);
    heat_free(s->tables);
    heat_free(s->bits);
    heat_free(s->rows);
    heat_free(s->scratch);
    heat_free(s->row);
    heat_free(s->energy);
    heat_free(s->total);
    heat_free(s->n_clusters);
    heat_free(s->seen_clusters);
    heat_free(s->seen_sites);
    heat_free(s->visited);
    heat_free(s);
}

static double clusters_bytes(const heat_model *model, const heat_model_info *info,
                             const heat_chains_plan *plan)
{
    const double n = info->n_variables, ends = 2.0 * (double)info->n_edges;
    double units = (double)(plan->n_chains < 2 * MOST_UNITS ? plan->n_chains : 2 * MOST_UNITS);
    heat_pairwise pairs;
    heat_categorical potts;

    if (!has_clusters(model, &pairs, &potts))
        return -1;
    return (double)plan->n_chains * (n + sizeof(heat_cluster_random) + sizeof(heat_cluster_rates)) +
           units * SCRATCH_A_SITE * n + ends / 2 * sizeof(int32_t) + n * sizeof(int64_t) +
           (ends + n) * (sizeof(double) + 1 + plan->n_rungs * (double)sizeof(int32_t));
}

static void clusters_set_beta(heat_chains *c, int64_t chain, double beta)
{
    heat_cluster_store *s = c->store;
    int32_t *bonds;

    if (s->model->is_even) { /* without tables */
        s->rates[chain] = heat_cluster_model_get_rates(s->model, beta, NULL, NULL);
        return;
    }
    assert(beta == c->betas[c->rung[chain]]); /* tables are made for rungs */
    bonds = s->tables + c->rung[chain] * table_size(s->model);
    s->rates[chain] = (heat_cluster_rates){.bonds = bonds, .fields = bonds + 2 * s->model->n_bonds};
}

static int8_t *row_of(const heat_chains *c, int64_t chain)
{
    const heat_cluster_store *s = c->store;

    return s->rows + chain * c->n;
}

static uint64_t *bits_of(const heat_chains *c, int64_t chain)
{
    const heat_cluster_store *s = c->store;

    return s->bits + chain * s->model->lattice.n_words;
}

/* Spins are -1 and +1 in here, whatever the model's coding. */
static bool is_coded(const heat_chains *c)
{
    const heat_cluster_store *s = c->store;

    return !s->model->graph.is_potts && c->info.coding != HEAT_CODING_SPIN;
}

static void clusters_get_state(const heat_chains *c, int64_t chain, void *state)
{
    const heat_cluster_store *s = c->store;

    if (s->model->is_lattice)
        heat_cluster_lattice_unpack(&s->model->lattice, bits_of(c, chain), state);
    else
        memcpy(state, row_of(c, chain), (size_t)c->n);
    if (is_coded(c))
        heat_states_from_spins(&c->info, 1, state);
}

/* Energy and total of one chain, exactly. */
static heat_status measure_chain(heat_context *ctx, heat_chains *c, int64_t chain)
{
    heat_cluster_store *s = c->store;
    int8_t *row = s->row + chain / c->width * c->n;
    int64_t n_broken, n_against;

    if (s->counts_energy) {
        const heat_cluster_model *m = s->model;
        s->kernel->count_lattice(&m->lattice, bits_of(c, chain), &n_broken, &n_against, &s->total[chain]);
        if (is_coded(c))
            s->total[chain] = (c->n + s->total[chain]) / 2;
        s->energy[chain] = m->offset + m->bond * (double)(2 * n_broken - m->n_bonds) +
                           m->field * (double)(2 * n_against - c->n);
        return HEAT_OK;
    }
    clusters_get_state(c, chain, row);
    s->total[chain] = 0;
    for (int64_t i = 0; i < c->n; i++)
        s->total[chain] += row[i];
    return heat_model_energies(ctx, c->model, 1, row, &s->energy[chain]);
}

static heat_status clusters_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *from)
{
    const int8_t *state = from;
    heat_cluster_store *s = c->store;
    int8_t *row = s->rows == NULL ? s->row + chain / c->width * c->n : row_of(c, chain);

    for (int64_t i = 0; i < c->n; i++)
        row[i] = (int8_t)(is_coded(c) ? 2 * state[i] - 1 : state[i]);
    if (s->model->is_lattice)
        heat_cluster_lattice_pack(&s->model->lattice, row, bits_of(c, chain));
    return measure_chain(worker, c, chain);
}

static heat_status clusters_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *row,
                                  uint64_t stream_unit)
{
    const int8_t *state = row;
    heat_cluster_store *s = c->store;
    heat_cluster_random *random = &s->random[chain];
    int8_t *values = NULL;
    heat_stream stream;
    heat_status status = heat_alloc(ctx, c->n, 1, &values);

    if (status != HEAT_OK)
        return status;
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_INITIAL, stream_unit);
    for (int64_t i = 0; i < c->n; i++)
        values[i] = state != NULL ? state[i] : heat_random_value(&c->info, &stream);
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_SWEEP, stream_unit);
    for (int k = 0; k < 4; k++)
        for (int l = 0; l < HEAT_CLUSTER_LANES; l++)
            random->state[k][l] = (uint32_t)(heat_stream_bits(&stream) >> 32);
    random->n_spare = 0;
    s->n_clusters[chain] = s->seen_clusters[chain] = s->seen_sites[chain] = s->visited[chain] = 0;
    status = clusters_set_state(ctx, c, chain, values);
    heat_free(values);
    return status;
}

static void clusters_measure(heat_chains *c, int64_t unit)
{
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        heat_status status = measure_chain(NULL, c, chain);
        assert(status == HEAT_OK); /* models with clusters have no callbacks that fail */
        (void)status;
    }
}

static double clusters_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_cluster_store *s = c->store;

    return s->energy[chain];
}

static int64_t clusters_get_total(const heat_chains *c, int64_t chain)
{
    const heat_cluster_store *s = c->store;

    return s->total[chain];
}

static heat_status add_array(heat_context *ctx, heat_parts *p, const char *name, void *data, int64_t count,
                             size_t size)
{
    return data == NULL ? HEAT_OK : heat_parts_add(ctx, p, name, -1, data, count * (int64_t)size);
}

static heat_status clusters_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_cluster_store *s = c->store;
    const int64_t n = c->n_chains;
    heat_status status = add_array(ctx, p, "clusters/random", s->random, n, sizeof *s->random);

    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/rows", s->rows, n * c->n, 1);
    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/bits", s->bits, n * s->model->lattice.n_words, sizeof *s->bits);
    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/energy", s->energy, n, sizeof *s->energy);
    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/total", s->total, n, sizeof *s->total);
    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/n_clusters", s->n_clusters, n, sizeof *s->n_clusters);
    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/seen_clusters", s->seen_clusters, n, sizeof *s->seen_clusters);
    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/seen_sites", s->seen_sites, n, sizeof *s->seen_sites);
    if (status == HEAT_OK)
        status = add_array(ctx, p, "clusters/visited", s->visited, n, sizeof *s->visited);
    return status;
}

static double clusters_sweep_cost(const heat_chains *c)
{
    return 40.0 * ((double)c->info.n_edges + c->n) * c->width;
}

const heat_layout heat_layout_clusters = {
    .name = "clusters",
    .price = {.lanes = 1, .visit = HEAT_CLUSTER_NS, .neighbour = HEAT_CLUSTER_NS},
    .bytes = clusters_bytes,
    .open = clusters_open,
    .free = clusters_free,
    .set_beta = clusters_set_beta,
    .start = clusters_start,
    .set_state = clusters_set_state,
    .measure = clusters_measure,
    .add_parts = clusters_add_parts,
    .get_state = clusters_get_state,
    .get_energy = clusters_get_energy,
    .get_walk_energy = clusters_get_energy,
    .get_total = clusters_get_total,
    .sweep_cost = clusters_sweep_cost};
