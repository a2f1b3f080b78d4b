/* Two ways to keep the chains of a ladder. As bits, 512 to a unit, a unit stays at its beta, and neighbouring
 * units exchange states under masks every few sweeps. In any other layout the chains of a ladder share a unit
 * and exchange betas after each sweep. Either way replicas r of all rungs belong to one block: blocks are
 * independent of each other, whatever the exchanges do. */
#include "logz/ladder_chains.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "sample/bit_exchange.h"
#include "sample/engine.h"
#include "sample/layout.h"

#include <math.h>
#include <stdlib.h>

enum {
    STEADY_REPLICAS = 512,
    LADDERS = 32,
    MOST_BLOCKS = 64,
    STEADY_BLOCKS = 32,
    COOLING_SWEEPS = 3,     /* at each rung on the way to a chain's own */
    SWEEPS_A_COUNT = 2,     /* of steady units: neither the sweeps nor the counts rule the time */
    SWEEPS_A_MOMENT = 4,    /* where moments take a pass of their own */
    SWEEPS_AN_EXCHANGE = 2, /* of steady units; it goes by energies just counted */
};

/* beta times the field of a spin among random others, in root mean square, from which on Metropolis leaves
 * enough spins where they are. */
static const double coldest_to_flip = 0.4;

/* Where a potential's path begins its energy may be anything, and infinite. What makes a weight of so many
 * nats less than the lowest does at its own rung, or, on the first, at the next, is as good as outside. */
static const double nothing_left = 100;

typedef struct sweeping {
    heat_ladder_chains *l;
    heat_energy_tally *tallies; /* of the segment under way; NULL: nothing is counted */
    int64_t n_sweeps;
    int64_t first; /* exchange: the lower rung of the first pair */
} sweeping;

/* What chains may be off by in their log weights, of the error wanted. */
static const double negligible = 1e-3;

static heat_chains_plan plan_chains(const heat_ladder_chains *l)
{
    const heat_logz_options *opt = l->counting->opt;

    return (heat_chains_plan){.n_chains = l->n_replicas * l->n_rungs,
                              .n_rungs = l->n_rungs,
                              .betas = l->betas,
                              .seed = opt->seed,
                              .group = l->is_steady ? 1 : l->n_rungs,
                              .isa = opt->isa,
                              .rule = &heat_rule_heat_bath,
                              .layout = l->is_steady ? &heat_layout_bits : NULL,
                              .is_steady = l->is_steady,
                              .walk = l->counting->walk,
                              .reference = l->reference,
                              .tolerance = negligible * opt->target_error};
}

static heat_status check_memory(heat_context *ctx, const heat_ladder_chains *l)
{
    heat_chains_plan plan = plan_chains(l);
    double bytes = heat_chains_bytes(l->counting->model, &plan);

    if (bytes <= (double)l->counting->opt->memory)
        return HEAT_OK;
    return heat_fail(ctx, HEAT_ERROR_MEMORY,
                     "%lld chains at each of %d temperatures take %.3g GiB, more than --memory allows: fewer "
                     "replicas, or a hotter coldest temperature",
                     (long long)l->n_replicas, l->n_rungs, bytes * 0x1p-30);
}

/* The chain at a rung of a ladder, or of a replica. */
static int32_t rung_of_place(const heat_ladder_chains *l, int64_t chain)
{
    return (int32_t)(l->is_steady ? chain / l->n_replicas : chain % l->n_rungs);
}

static int32_t block_of(const heat_ladder_chains *l, int64_t chain)
{
    if (l->is_steady)
        return (int32_t)(chain % l->n_replicas * l->n_blocks / l->n_replicas);
    if (l->n_replicas <= MOST_BLOCKS)
        return (int32_t)(chain / l->n_rungs);
    return (int32_t)(chain / l->chains->width);
}

/* Units that one thread takes at a time, so that no two threads share a tally: those of one rung, or one. */
static int64_t units_a_task(const heat_ladder_chains *l)
{
    return l->is_steady ? l->n_replicas / l->chains->width : 1;
}

/* Chains as bits where they fit, else in whatever holds the model. */
static heat_status create_chains(heat_context *ctx, heat_ladder_chains *l)
{
    int64_t replicas = l->counting->opt->replicas;
    heat_chains_plan plan;
    heat_status status;

    l->is_steady = l->reference == NULL && l->counting->walk == NULL;
    l->n_replicas = replicas == HEAT_AUTO ? STEADY_REPLICAS : replicas;
    plan = plan_chains(l);
    if (!l->is_steady || heat_layout_bits.bytes(l->counting->model, &l->counting->info, &plan) < 0) {
        l->is_steady = false;
        l->n_replicas = replicas == HEAT_AUTO ? LADDERS : replicas;
        plan = plan_chains(l);
    }
    status = check_memory(ctx, l);
    if (status == HEAT_OK)
        status = heat_chains_create(ctx, l->counting->model, &plan, &l->chains);
    if (status != HEAT_OK)
        return status;
    l->n_blocks = l->is_steady                   ? STEADY_BLOCKS
                  : l->n_replicas <= MOST_BLOCKS ? (int32_t)l->n_replicas
                                                 : (int32_t)l->chains->n_units;
    return HEAT_OK;
}

/* Metropolis asks no more of the kernels of bits and of summed layers than heat bath, and forgets sooner
 * (Peskun, Biometrika 60 (1973) 607), but for spins so hot that all flip and the next sweep flips them back.
 * Lanes pay by the flip, and a unit of them has rungs of every heat. */
static const heat_site_rule *choose_rule(const heat_ladder_chains *l, int64_t unit)
{
    const heat_chains *c = l->chains;
    const heat_bit_graph *graph;
    double field;

    if (c->layout == &heat_layout_summed)
        return &heat_rule_metropolis;
    if (!l->is_steady)
        return &heat_rule_heat_bath;
    graph = &((const heat_bit_store *)c->store)->graph;
    field = graph->unit * sqrt(2 * (double)graph->n_pairs / c->n);
    return c->beta[unit * c->width] * field >= coldest_to_flip ? &heat_rule_metropolis : &heat_rule_heat_bath;
}

/* Without the global flip of a model without a field: no energy sees it. */
static heat_status sweep_chains(heat_context *worker, const heat_ladder_chains *l, int64_t unit)
{
    heat_chains *c = l->chains;
    heat_status status = c->layout->sweep(worker, c, unit, choose_rule(l, unit));

    c->n_sweeps[unit]++;
    return status;
}

static heat_status cool_unit(heat_context *worker, void *arg, int64_t unit)
{
    heat_ladder_chains *l = arg;
    int64_t first, last;
    int32_t coldest;

    heat_chains_get_unit(l->chains, unit, &first, &last);
    coldest = l->is_steady ? rung_of_place(l, first) : l->n_rungs - 1;
    for (int32_t k = 0; k <= coldest && !heat_halted(worker); k++) {
        for (int64_t c = first; c < last; c++) {
            int32_t rung = rung_of_place(l, c);
            heat_chains_set_beta(l->chains, c, l->betas[k < rung && !l->counting->walk ? k : rung]);
        }
        for (int t = 0; t < COOLING_SWEEPS; t++) {
            heat_status status = sweep_chains(worker, l, unit);
            if (status != HEAT_OK)
                return status;
        }
    }
    for (int64_t c = first; c < last; c++)
        heat_chains_set_rung(l->chains, c, rung_of_place(l, c));
    heat_chains_measure(l->chains, unit);
    return HEAT_OK;
}

/* Of a potential: at a state of the path's cold end, which is within reach of all of it. A state of its hot
 * end may lie where the potential is so steep that no chain leaves it. NULL: any. */
static const double *first_state(const heat_ladder_chains *l, int64_t chain)
{
    const heat_walk_reference *from = l->counting->start;

    if (from == NULL || rung_of_place(l, chain) == 0)
        return NULL;
    return from->ends + chain / l->n_rungs % from->n_ends * from->n;
}

static heat_status start_chains(heat_context *ctx, heat_ladder_chains *l)
{
    heat_status status = HEAT_OK;

    for (int64_t c = 0; c < l->chains->n_chains && status == HEAT_OK; c++) {
        heat_chains_set_rung(l->chains, c, rung_of_place(l, c));
        status = heat_chains_start(ctx, l->chains, c, first_state(l, c), 0);
    }
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, heat_chains_thread_limit(l->chains, l->counting->opt->threads),
                                   l->chains->n_units, cool_unit, l);
    l->lowest = (double)INFINITY;
    for (int64_t c = 0; c < l->chains->n_chains && status == HEAT_OK; c++)
        if (rung_of_place(l, c) == l->n_rungs - 1)
            l->lowest = fmin(l->lowest, heat_chains_get_path_energy(l->chains, c));
    return status;
}

heat_status heat_ladder_chains_open(heat_context *ctx, const heat_counting *counting, int32_t n_rungs,
                                    const double *betas, const double *reference, heat_ladder_chains *l)
{
    heat_status status;

    *l = (heat_ladder_chains){.counting = counting,
                              .n_rungs = n_rungs,
                              .first_mean = counting->walk != NULL,
                              .reference = reference,
                              .counts_cold =
                                  reference != NULL || counting->is_summed || counting->walk != NULL};
    l->n_tally_rows = n_rungs + (l->counts_cold ? 2 : 0);
    status = heat_alloc(ctx, n_rungs, sizeof *l->betas, &l->betas);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_rungs, sizeof *l->streams, &l->streams);
    for (int32_t k = 0; k < n_rungs && status == HEAT_OK; k++) {
        l->betas[k] = betas[k];
        heat_stream_init(&l->streams[k], counting->opt->seed, HEAT_PURPOSE_EXCHANGE, (uint64_t)k);
    }
    if (status == HEAT_OK)
        status = create_chains(ctx, l);
    if (status == HEAT_OK && !l->is_steady)
        status = heat_exchange_init(ctx, &l->exchange, l->chains);
    if (status == HEAT_OK)
        status = start_chains(ctx, l);
    return status;
}

static void free_segment(const heat_ladder_chains *l, heat_ladder_segment *s)
{
    for (int64_t k = 0; k < (int64_t)l->n_tally_rows * l->n_blocks && s->tallies != NULL; k++)
        heat_energy_tally_clear(&s->tallies[k]);
    heat_free(s->tallies);
}

void heat_ladder_chains_close(heat_ladder_chains *l)
{
    for (int64_t k = 0; k < l->n_segments; k++)
        free_segment(l, &l->segments[k]);
    heat_free(l->segments);
    heat_free(l->streams);
    heat_free(l->betas);
    heat_exchange_clear(&l->exchange);
    heat_chains_free(l->chains);
}

/* Of levels: what lies between them; 0 where there are none. */
static double level_gap(const heat_ladder_chains *l)
{
    if (l->is_steady)
        return 2 * ((const heat_bit_store *)l->chains->store)->graph.unit;
    return l->counting->info.integer && l->reference == NULL ? 1 : 0;
}

/* The spread of energies at a rung, as the spacing of the rungs implies it; a potential's rungs may be
 * decades apart. */
static double spread_at(const heat_ladder_chains *l, int32_t rung)
{
    int32_t below = rung > 0 ? rung - 1 : 0, above = rung < l->n_rungs - 1 ? rung + 1 : rung;
    double spread = (above - below) / (l->betas[above] - l->betas[below]);

    return l->counting->walk != NULL && rung > 0 ? fmax(spread, 1 / l->betas[rung]) : spread;
}

/* Parts of the spread: a hundredth where there are levels, which stay apart, else as many as keep the bins'
 * shift of log Z (energy_tally.c) below a hundredth of the error wanted. The fewer they are the less memory a
 * run walks through. */
static double bin_width(const heat_ladder_chains *l, int32_t rung)
{
    double apart = level_gap(l), spread = spread_at(l, rung);

    if (apart > 0)
        return fmax(apart, 0.01 * spread);
    return fmax(0.005, fmin(0.05, sqrt(0.24 * l->counting->opt->target_error))) * spread;
}

/* Where a chain of the coldest rung is: bins are as narrow as that rung needs them within two of its spreads,
 * and 1 / FINEST of the distance farther out. */
static heat_energy_scale choose_scale(const heat_ladder_chains *l, int32_t row)
{
    enum { FINEST = 16 };
    int32_t last = l->n_rungs - 1, rung = row < last ? row : last;
    heat_energy_scale s = {.width = bin_width(l, rung), .fine = bin_width(l, last)};

    s.core = fmax(2 * spread_at(l, last), FINEST * s.fine);
    s.fine = fmin(s.fine, s.width);
    s.origin = l->lowest - 0.5 * level_gap(l);
    return row > last ? heat_energy_scale_of(0, s.width) : s;
}

static heat_status add_segment(heat_context *ctx, heat_ladder_chains *l)
{
    int64_t n = (int64_t)l->n_tally_rows * l->n_blocks;
    heat_ladder_segment *s;
    heat_status status = heat_grow(ctx, l->n_segments + 1, sizeof *s, &l->capacity, &l->segments);

    if (status != HEAT_OK)
        return status;
    s = &l->segments[l->n_segments];
    status = heat_alloc(ctx, n, sizeof *s->tallies, &s->tallies);
    if (status != HEAT_OK)
        return status;
    l->n_segments++;
    for (int64_t k = 0; k < n && status == HEAT_OK; k++) {
        heat_energy_tally_init(&s->tallies[k], choose_scale(l, (int32_t)(k / l->n_blocks)));
        if (l->n_segments > 1)
            status = heat_energy_tally_reserve(ctx, &s->tallies[k], &s[-1].tallies[k]);
    }
    return status;
}

/* The energies of a unit of bits, block by block: at the rate of the kernel, this is as long as a sweep. */
static heat_status count_bits(heat_context *worker, const sweeping *w, int64_t unit)
{
    const heat_ladder_chains *l = w->l;
    const heat_bit_store *s = l->chains->store;
    heat_energy_tally *tallies =
        &w->tallies[(int64_t)rung_of_place(l, unit * l->chains->width) * l->n_blocks];
    const int32_t *unsatisfied = s->unsatisfied + unit * HEAT_BITS;
    double lowest = s->graph.offset - s->graph.unit * (double)s->graph.n_pairs;
    int64_t first = unit * l->chains->width % l->n_replicas, width = l->chains->width, end;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < width && status == HEAT_OK; k = end) {
        int64_t block = (first + k) * l->n_blocks / l->n_replicas;
        end = ((block + 1) * l->n_replicas + l->n_blocks - 1) / l->n_blocks - first;
        end = end < width ? end : width;
        for (int64_t c = k; c < end && status == HEAT_OK; c++)
            status = heat_energy_tally_add(worker, &tallies[block],
                                           lowest + 2 * s->graph.unit * (double)unsatisfied[c]);
    }
    return status;
}

/* The model's own energy at the coldest rung. */
static heat_status count_cold(heat_context *worker, const sweeping *w, int64_t chain, int32_t block)
{
    heat_energy_tally *means = &w->tallies[(int64_t)w->l->n_rungs * w->l->n_blocks + block];
    double mean, variance;
    heat_status status;

    heat_chains_get_moments(w->l->chains, chain, &mean, &variance);
    status = heat_energy_tally_add(worker, means, mean);
    return status == HEAT_OK ? heat_energy_tally_add(worker, means + w->l->n_blocks, variance) : status;
}

/* Energies above are counted here. */
static double highest_at(const heat_ladder_chains *l, int32_t rung)
{
    return l->counting->walk != NULL ? l->lowest + nothing_left / l->betas[rung > 0 ? rung : 1]
                                     : (double)INFINITY;
}

/* What all chains of a unit met in its last sweep. */
static heat_status count_unit(heat_context *worker, const sweeping *w, int64_t unit)
{
    const heat_ladder_chains *l = w->l;
    bool is_due = l->chains->layout->get_moments == NULL || l->chains->n_sweeps[unit] % SWEEPS_A_MOMENT == 0;
    bool counts_cold = l->counts_cold && is_due;
    heat_status status = HEAT_OK;
    int64_t first, last;

    heat_chains_get_unit(l->chains, unit, &first, &last);
    for (int64_t c = first; c < last && status == HEAT_OK; c++) {
        int32_t rung = l->chains->rung[c], block = block_of(l, c);
        status = heat_energy_tally_add(worker, &w->tallies[(int64_t)rung * l->n_blocks + block],
                                       fmin(heat_chains_get_path_energy(l->chains, c), highest_at(l, rung)));
        if (status == HEAT_OK && rung == l->n_rungs - 1 && counts_cold)
            status = count_cold(worker, w, c, block);
    }
    return status;
}

static heat_status sweep_unit(heat_context *worker, const sweeping *w, int64_t unit)
{
    heat_ladder_chains *l = w->l;
    int64_t first, last;

    heat_chains_get_unit(l->chains, unit, &first, &last);
    for (int64_t t = 0; t < w->n_sweeps && !heat_halted(worker); t++) {
        heat_status status = sweep_chains(worker, l, unit);
        if (status != HEAT_OK)
            return status;
        if (l->is_steady && (t + 1) % SWEEPS_A_COUNT != 0 && t + 1 < w->n_sweeps)
            continue;
        if (l->is_steady)
            heat_chains_measure(l->chains, unit);
        status = l->is_steady ? count_bits(worker, w, unit) : count_unit(worker, w, unit);
        if (status != HEAT_OK)
            return status;
        for (int64_t ladder = first / l->n_rungs; !l->is_steady && ladder < last / l->n_rungs; ladder++)
            heat_exchange_step(&l->exchange, l->chains, ladder, (int32_t)(l->chains->n_sweeps[unit] % 2));
    }
    return HEAT_OK;
}

static heat_status sweep_task(heat_context *worker, void *arg, int64_t task)
{
    const sweeping *w = arg;
    int64_t n = units_a_task(w->l);
    heat_status status = HEAT_OK;

    for (int64_t unit = task * n; unit < (task + 1) * n && status == HEAT_OK; unit++)
        status = sweep_unit(worker, w, unit);
    return status;
}

/* Pair p of neighbouring rungs: first + 2 p and the next. */
static heat_status exchange_pair(heat_context *worker, void *arg, int64_t pair)
{
    const sweeping *w = arg;
    int64_t n = units_a_task(w->l), rung = w->first + 2 * pair;

    (void)worker;
    for (int64_t u = 0; u < n; u++)
        heat_bit_exchange(w->l->chains, rung * n + u, (rung + 1) * n + u, &w->l->streams[rung]);
    return HEAT_OK;
}

/* Sweeps between two looks at the clock, or between two exchanges. */
static int64_t choose_stretch(const heat_ladder_chains *l)
{
    int64_t sweeps = heat_chains_sweeps_per_look(l->chains) / l->chains->n_units;

    if (l->is_steady)
        return SWEEPS_AN_EXCHANGE;
    return sweeps < 1 ? 1 : sweeps;
}

heat_status heat_ladder_chains_run(heat_context *ctx, heat_ladder_chains *l, int64_t n_sweeps)
{
    int64_t threads = heat_chains_thread_limit(l->chains, l->counting->opt->threads), done = 0;
    int64_t stretch = choose_stretch(l), n_tasks = l->chains->n_units / units_a_task(l);
    sweeping w = {.l = l};
    heat_status status = add_segment(ctx, l);

    if (status != HEAT_OK)
        return status;
    w.tallies = l->segments[l->n_segments - 1].tallies;
    while (done < n_sweeps && status == HEAT_OK && !heat_halted(ctx)) {
        w.n_sweeps = n_sweeps - done < stretch ? n_sweeps - done : stretch;
        status = heat_parallel_for(ctx, threads, n_tasks, sweep_task, &w);
        if (status == HEAT_OK && l->is_steady && !heat_halted(ctx)) {
            w.first = (l->n_sweeps + done) / SWEEPS_AN_EXCHANGE % 2;
            status = heat_parallel_for(ctx, threads, (l->n_rungs - w.first) / 2, exchange_pair, &w);
        }
        done += w.n_sweeps;
    }
    l->n_sweeps += done;
    l->segments[l->n_segments - 1].end = l->n_sweeps;
    return status;
}
