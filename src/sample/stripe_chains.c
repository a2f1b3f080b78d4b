/* Chains that are one lattice each, as words of 512 sites: for few chains on large hypercubic lattices whose
 * couplings are +J and -J. A sweep moves one colour of the checkerboard and then the other. What a thread
 * takes at a time is a stripe of the lattice, with a generator of its own: threads never change a bit. */
#include "sample/stripe_chains.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

enum {
    FEWEST_PLACES = 8,   /* with fewer words the turned ones are most of the work */
    SWEEPS_A_COUNT = 16, /* moves are counted in one sweep of so many */
};

/* A chain to be moved, or to be measured. */
typedef struct stripe_work {
    const heat_stripe_store *store;
    int64_t chain;
    int64_t sweep;    /* the number of the first one */
    int64_t n_sweeps; /* what comes after them is measured */
} stripe_work;

static bool is_wanted(const heat_chains_plan *plan)
{
    return plan->is_steady && !plan->is_search && !plan->track_best;
}

/* Unless it was asked for, small lattices are left to others. */
static bool choose_box(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan,
                       heat_stripe_box *box)
{
    heat_pairwise graph;

    return is_wanted(plan) && heat_model_get_pairwise(model, &graph) &&
           heat_stripe_box_init(&graph, info->n_dimensions, info->extent, box) &&
           (plan->layout != NULL || box->n_places >= FEWEST_PLACES);
}

static heat_status alloc_store(heat_context *ctx, const heat_chains *c, heat_stripe_store *s)
{
    int64_t stripes = c->n_chains * s->lattice.n_stripes;
    heat_status status = heat_alloc(ctx, c->n_chains * s->lattice.n_words, sizeof *s->words, &s->words);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains * s->lattice.box.n_places, sizeof *s->before, &s->before);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, stripes, sizeof *s->random, &s->random);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->thresholds, &s->thresholds);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->beta, &s->beta);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, stripes, sizeof *s->counts, &s->counts);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->is_measured, &s->is_measured);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->is_followed, &s->is_followed);
    for (int64_t k = 0; k < c->n_chains && status == HEAT_OK; k++)
        s->beta[k] = (double)NAN;
    return status;
}

static heat_status stripes_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_stripe_store *s = NULL;
    heat_stripe_box box;
    heat_pairwise graph;
    heat_status status;

    *fits = choose_box(c->model, &c->info, plan, &box);
    if (!*fits)
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    c->width = c->group;
    c->shares_sweeps = true;
    s->kernel = heat_isa_get(plan->isa)->bits;
    heat_model_get_pairwise(c->model, &graph);
    status = heat_stripe_lattice_init(ctx, &graph, &box, &s->lattice);
    return status == HEAT_OK ? alloc_store(ctx, c, s) : status;
}

static void stripes_free(heat_chains *c)
{
    heat_stripe_store *s = c->store;

    if (s == NULL)
        return;
    heat_free(s->words);
    heat_free(s->before);
    heat_free(s->random);
    heat_free(s->thresholds);
    heat_free(s->beta);
    heat_free(s->counts);
    heat_free(s->is_measured);
    heat_free(s->is_followed);
    heat_stripe_lattice_clear(&s->lattice);
    heat_free(s);
}

static double stripes_bytes(const heat_model *model, const heat_model_info *info,
                            const heat_chains_plan *plan)
{
    heat_stripe_box box;

    if (!choose_box(model, info, plan, &box))
        return -1;
    return heat_stripe_lattice_bytes(&box) +
           (double)plan->n_chains *
               ((heat_stripe_lattice_words(&box) + (double)box.n_places) * sizeof(heat_bit_word) +
                (double)box.n_places / 16 * sizeof(heat_bit_random) + sizeof(heat_bit_thresholds));
}

/* The thresholds follow when the chain is swept next. */
static void stripes_set_beta(heat_chains *c, int64_t chain, double beta)
{
    (void)c;
    (void)chain;
    (void)beta;
}

static heat_bit_word *words_of(const heat_stripe_store *s, int64_t chain)
{
    return s->words + chain * s->lattice.n_words;
}

static heat_status stripes_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *state)
{
    const heat_stripe_store *s = c->store;

    (void)worker;
    heat_stripe_lattice_pack(&s->lattice, state, words_of(s, chain));
    s->is_measured[chain] = false;
    return HEAT_OK;
}

static heat_status start_random(heat_context *ctx, heat_chains *c, int64_t chain, heat_stream *stream)
{
    int8_t *state = NULL;
    heat_status status = heat_alloc_unset(ctx, c->n, 1, &state);

    for (int64_t i = 0; i < c->n && status == HEAT_OK; i++)
        state[i] = heat_random_value(&c->info, stream);
    if (status == HEAT_OK)
        status = stripes_set_state(ctx, c, chain, state);
    heat_free(state);
    return status;
}

static heat_status stripes_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *state,
                                 uint64_t stream_unit)
{
    heat_stripe_store *s = c->store;
    heat_stream stream;
    heat_status status;

    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_INITIAL, stream_unit);
    status = state != NULL ? stripes_set_state(ctx, c, chain, state) : start_random(ctx, c, chain, &stream);
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_SWEEP, stream_unit);
    for (int64_t r = chain * s->lattice.n_stripes; r < (chain + 1) * s->lattice.n_stripes; r++)
        for (int g = 0; g < HEAT_BIT_STREAMS; g++)
            for (int k = 0; k < 4; k++)
                for (int p = 0; p < HEAT_BITS / 64; p++)
                    s->random[r].state[g][k].part[p] = heat_stream_bits(&stream);
    return status;
}

static void set_thresholds(const heat_chains *c, int64_t chain, heat_flip_rule rule)
{
    heat_stripe_store *s = c->store;

    if (s->beta[chain] == c->beta[chain] && s->thresholds[chain].rule == rule)
        return;
    s->beta[chain] = c->beta[chain];
    heat_bit_thresholds_set(&s->thresholds[chain], rule, c->beta[chain] * s->lattice.box.unit);
}

static bool is_counted(int64_t sweep)
{
    return sweep % SWEEPS_A_COUNT == 0;
}

static void measure_stripe(const stripe_work *w, int64_t stripe)
{
    const heat_stripe_store *s = w->store;
    const heat_stripe_lattice *l = &s->lattice;
    const heat_bit_word *words = words_of(s, w->chain);
    heat_stripe_counts *counts = &s->counts[w->chain * l->n_stripes + stripe];

    counts->unsatisfied = counts->n_down = 0;
    for (int colour = 0; colour < 2; colour++) {
        const heat_stripe_part *part = &l->parts[colour * l->n_stripes + stripe];
        counts->unsatisfied += s->kernel->total_pairs(part->end_pair - part->first_pair,
                                                      l->pairs + part->first_pair, l->signs, words);
        counts->n_down += s->kernel->total(part->end - part->begin, words + part->begin, NULL);
    }
}

/* Moves one colour of a stripe. */
static void move_stripe(const stripe_work *w, int64_t stripe, int64_t step)
{
    const heat_stripe_store *s = w->store;
    const heat_stripe_lattice *l = &s->lattice;
    const heat_stripe_part *part = &l->parts[step % 2 * l->n_stripes + stripe];
    const bool counted = is_counted(w->sweep + step / 2);
    heat_bit_word *words = words_of(s, w->chain),
                  *before = s->before + w->chain * l->box.n_places + part->begin;
    int64_t at = w->chain * l->n_stripes + stripe, n = part->end - part->begin;

    if (counted)
        memcpy(before, words + part->begin, (size_t)n * sizeof *before);
    for (int32_t r = part->first_run; r < part->first_run + part->n_runs; r++)
        s->kernel->sweep(&l->runs[r], l->signs, words, &s->thresholds[w->chain], &s->random[at]);
    heat_stripe_lattice_turn(l, part->first_turn, part->n_turns, words);
    if (step == 0)
        s->counts[at].n_moved = 0;
    if (counted)
        s->counts[at].n_moved += s->kernel->total(n, words + part->begin, before);
}

/* Two steps a sweep, and one that measures. */
static void take_step(void *arg, int64_t stripe, int64_t step)
{
    const stripe_work *w = arg;

    if (step < 2 * w->n_sweeps)
        move_stripe(w, stripe, step);
    else
        measure_stripe(w, stripe);
}

/* Of all stripes of a chain. */
static heat_stripe_counts sum_counts(const heat_stripe_store *s, int64_t chain)
{
    heat_stripe_counts sum = {0};

    for (int64_t k = chain * s->lattice.n_stripes; k < (chain + 1) * s->lattice.n_stripes; k++) {
        sum.n_moved += s->counts[k].n_moved;
        sum.unsatisfied += s->counts[k].unsatisfied;
        sum.n_down += s->counts[k].n_down;
    }
    return sum;
}

static void sweep_chain(heat_chains *c, int64_t chain, heat_flip_rule rule, int64_t n_sweeps)
{
    heat_stripe_store *s = c->store;
    const heat_stripe_lattice *l = &s->lattice;
    const bool measured = s->is_followed[chain];
    stripe_work w = {s, chain, c->n_sweeps[chain / c->width], n_sweeps};

    set_thresholds(c, chain, rule);
    heat_parallel_steps(c->team, l->n_stripes, l->reach, 2 * n_sweeps + measured, take_step, &w);
    c->n_moves[chain] += sum_counts(s, chain).n_moved;
    s->is_measured[chain] = measured;
    s->is_followed[chain] = false;
}

static void stripes_sweep_many(heat_chains *c, int64_t unit, const heat_site_rule *rule, int64_t n)
{
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++)
        sweep_chain(c, chain, rule->flip, n);
    for (int64_t k = 0; k < n; k++)
        c->n_counted[unit] += is_counted(c->n_sweeps[unit] + k);
}

static heat_status stripes_sweep(heat_context *worker, heat_chains *c, int64_t unit,
                                 const heat_site_rule *rule)
{
    (void)worker;
    stripes_sweep_many(c, unit, rule, 1);
    return HEAT_OK;
}

static void stripes_measure(heat_chains *c, int64_t unit)
{
    heat_stripe_store *s = c->store;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        stripe_work w = {.store = s, .chain = chain};
        if (!s->is_measured[chain])
            heat_parallel_steps(c->team, s->lattice.n_stripes, 0, 1, take_step, &w);
        s->is_measured[chain] = s->is_followed[chain] = true;
    }
}

static heat_status stripes_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_stripe_store *s = c->store;
    heat_status status = heat_parts_add(ctx, p, "stripes/words", -1, s->words,
                                        c->n_chains * s->lattice.n_words * (int64_t)sizeof *s->words);

    memset(s->is_measured, 0, (size_t)c->n_chains * sizeof *s->is_measured); /* the words may be read anew */
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "stripes/random", -1, s->random,
                                c->n_chains * s->lattice.n_stripes * (int64_t)sizeof *s->random);
    return status;
}

static void stripes_get_state(const heat_chains *c, int64_t chain, void *state)
{
    const heat_stripe_store *s = c->store;

    heat_stripe_lattice_unpack(&s->lattice, words_of(s, chain), c->info.coding == HEAT_CODING_SPIN ? -1 : 0,
                               state);
}

/* E = unit (unsatisfied - satisfied) + offset. */
static double stripes_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_stripe_store *s = c->store;
    int64_t units = 2 * sum_counts(s, chain).unsatisfied - s->lattice.n_pairs * HEAT_BITS;

    return s->lattice.offset + s->lattice.box.unit * (double)units;
}

static int64_t stripes_get_total(const heat_chains *c, int64_t chain)
{
    const heat_stripe_store *s = c->store;
    int64_t n_down = sum_counts(s, chain).n_down;

    return c->info.coding == HEAT_CODING_SPIN ? c->n - 2 * n_down : c->n - n_down;
}

static double stripes_sweep_cost(const heat_chains *c)
{
    const double faster = 100; /* than lanes, whose visits the cost is counted in; and looks part a team */

    return (2.0 * (double)c->info.n_edges + 10.0 * c->n) * c->width / faster;
}

/* No best states: runs that search are not taken. */
const heat_layout heat_layout_stripes = {.name = "stripes",
                                         .price = {.lanes = 1, .visit = HEAT_BIT_NS},
                                         .bytes = stripes_bytes,
                                         .open = stripes_open,
                                         .free = stripes_free,
                                         .set_beta = stripes_set_beta,
                                         .start = stripes_start,
                                         .set_state = stripes_set_state,
                                         .sweep = stripes_sweep,
                                         .sweep_many = stripes_sweep_many,
                                         .measure = stripes_measure,
                                         .add_parts = stripes_add_parts,
                                         .get_state = stripes_get_state,
                                         .get_energy = stripes_get_energy,
                                         .get_walk_energy = stripes_get_energy,
                                         .get_total = stripes_get_total,
                                         .sweep_cost = stripes_sweep_cost};
