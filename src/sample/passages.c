/* Looks at chains, and what they add up to. */
#include "sample/passages.h"
#include "base/memory.h"
#include "sample/sampling.h"

#include <math.h>
#include <string.h>

enum { FEWEST_PASSAGES = 4 };
static const int64_t looks_apart[HEAT_WATCHES] = {1, 4};
static const double surely_not = 40; /* exp(-40) */

heat_status heat_passages_open(heat_context *ctx, heat_sampling *s)
{
    heat_passages *p = &s->passages;
    const int64_t n_slots = s->plan.n_chains;
    heat_status status;

    if (s->basins.count == 0)
        return HEAT_OK;
    status = heat_basins_open(ctx, s->chains->n_units, &s->basins);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_slots, sizeof *p->ways, &p->ways);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_slots * s->basins.count, sizeof *p->tallies, &p->tallies);
    for (int64_t slot = 0; slot < n_slots && status == HEAT_OK; slot++) {
        p->ways[slot] = (heat_way){.from = {-1, -1}, .basin = -1};
        heat_stream_init(&p->ways[slot].bridge, s->opt.seed, HEAT_PURPOSE_BRIDGE,
                         s->first_stream + (uint64_t)slot);
    }
    p->is_on = !s->engine->is_ladder && !s->cooling.is_on;
    return status;
}

void heat_passages_close(heat_passages *p)
{
    heat_free(p->ways);
    heat_free(p->tallies);
    *p = (heat_passages){.is_on = false};
}

heat_status heat_passages_add_parts(heat_context *ctx, heat_sampling *s, heat_parts *parts)
{
    const int64_t n = s->plan.n_chains;
    heat_status status;

    if (s->basins.count == 0)
        return HEAT_OK;
    status = heat_parts_add(ctx, parts, "passages/ways", -1, s->passages.ways,
                            n * (int64_t)sizeof *s->passages.ways);
    return status == HEAT_OK ? heat_parts_add(ctx, parts, "passages/tallies", -1, s->passages.tallies,
                                              n * s->basins.count * (int64_t)sizeof *s->passages.tallies)
                             : status;
}

/* --- one look --- */

typedef struct look {
    const heat_basins *basins;
    heat_way *way;
    heat_passage_tally *tally; /* [basin] of the slot */
    double temperature, interval;
    bool bridges; /* the path is Brownian between looks, else smooth, or there is none */
    bool is_path;
} look;

static bool is_overdamped(const heat_sampling *s)
{
    return s->engine->walk == &heat_walk_ula;
}

/* Passages are told in the time of the dynamics. */
static bool is_timed(const heat_sampling *s)
{
    return is_overdamped(s) || s->engine->walk == &heat_walk_underdamped;
}

/* Time between two looks; a sweep where there is none. */
static double interval_of(const heat_sampling *s, int64_t chain)
{
    const heat_walk_store *store = s->chains->store;
    const heat_walk_unit *u = &store->units[chain / s->chains->width];
    double step = u->step[chain % s->chains->width];
    double n = (double)(s->walk.n_steps > 0 ? s->walk.n_steps : 1);

    if (!is_timed(s))
        return 1;
    if (s->chains->rung[chain] >= s->walk.refined_from)
        n *= 2;
    return n * (s->engine->walk->is_squared ? step * step / 2 : step);
}

/* Whether the path from x to y met the place, and after which share of the interval. */
static bool has_met(const look *l, double x, double y, double place, double *share)
{
    double d = x - place, e = y - place, exponent = d * e / (l->temperature * l->interval);

    *share = l->is_path ? 0.5 : 1;
    if (!(exponent > 0)) {
        *share = l->is_path && d != e ? d / (d - e) : *share;
        return true;
    }
    return l->bridges && exponent < surely_not && heat_stream_uniform(&l->way->bridge) < exp(-exponent);
}

static void end_passage(const look *l, int watch, double time)
{
    heat_passage_tally *t = &l->tally[l->way->from[watch]];

    t->count[watch]++;
    t->sum[watch] += time;
    t->squares[watch] += time * time;
    l->way->from[watch] = -1;
}

/* In one dimension all is between points. */
static void watch_line(const look *l, double x, int32_t basin)
{
    heat_way *w = l->way;
    double left, right, share;

    if (w->from[0] < 0) {
        if (has_met(l, w->x, x, l->basins->x[basin], &share)) {
            w->from[0] = basin;
            w->clock[0] = (1 - share) * l->interval;
            l->tally[basin].watched[0] += w->clock[0];
        }
        return;
    }
    heat_basins_get_sides(l->basins, w->from[0], &left, &right);
    if (has_met(l, w->x, x, left, &share) || has_met(l, w->x, x, right, &share)) {
        l->tally[w->from[0]].watched[0] += share * l->interval;
        end_passage(l, 0, w->clock[0] + share * l->interval);
        return;
    }
    w->clock[0] += l->interval;
    l->tally[w->from[0]].watched[0] += l->interval;
}

/* Somewhere within the interval. */
static void watch_space(const look *l, int watch, bool begins, int32_t basin)
{
    heat_way *w = l->way;
    const double interval = l->interval * (double)looks_apart[watch];

    if (w->from[watch] < 0) {
        w->from[watch] = begins ? basin : -1;
        w->clock[watch] = 0;
        return;
    }
    w->clock[watch] += interval;
    l->tally[w->from[watch]].watched[watch] += interval;
    if (basin != w->from[watch]) {
        l->tally[w->from[watch]].watched[watch] -= interval / 2;
        end_passage(l, watch, w->clock[watch] - interval / 2);
    }
}

static bool is_low(const heat_basins *b, int32_t basin, double energy, double temperature)
{
    return basin < b->count &&
           energy - b->energy[basin] <= fmin(b->n * temperature / 2, b->barrier[basin] / 4);
}

heat_status heat_passages_look(heat_context *worker, heat_sampling *s, int64_t unit, int64_t slot,
                               const double *x, double energy, double *value)
{
    const heat_basins *b = &s->basins;
    const int64_t chain = heat_sampling_get_chain(s, slot);
    heat_way *w = &s->passages.ways[slot];
    look l = {.basins = b,
              .way = w,
              .tally = s->passages.tallies + slot * b->count,
              .bridges = is_overdamped(s),
              .is_path = is_timed(s)};
    int32_t basin;
    heat_status status = heat_basins_locate(worker, &s->basins, unit, x, &basin);

    *value = basin;
    if (status != HEAT_OK || !s->passages.is_on)
        return status;
    l.temperature = 1 / s->chains->beta[chain];
    l.interval = interval_of(s, chain);
    if (w->basin >= 0 && w->basin < b->count && basin != w->basin)
        l.tally[w->basin].departures++;
    if (w->basin >= 0 && b->tops != NULL)
        watch_line(&l, *x, basin);
    for (int k = 0; k < HEAT_WATCHES && b->tops == NULL; k++)
        if (w->n_looks % looks_apart[k] == 0)
            watch_space(&l, k, is_low(b, basin, energy, l.temperature), basin);
    w->basin = basin;
    w->x = *x;
    w->n_looks++;
    return HEAT_OK;
}

/* --- the report --- */

/* What all replicas have seen of a basin: `open` are the squares of the ways that were cut short. */
typedef struct passage_sums {
    heat_passage_tally tally;
    double open[HEAT_WATCHES];
} passage_sums;

/* The mean m of a watch is a ratio, the time on all ways over the number that was seen to the end: ways that
 * were cut short count in the time alone. Its variance is sum (time - m [seen])^2 over all ways / number^2.
 */
static bool estimate(const passage_sums *sums, int watch, double *mean, double *error)
{
    const heat_passage_tally *t = &sums->tally;
    double n = (double)t->count[watch], m = t->watched[watch] / n;

    *mean = *error = (double)NAN;
    if (!(n >= FEWEST_PASSAGES))
        return false;
    *mean = m;
    *error = sqrt(fmax(0, t->squares[watch] - 2 * m * t->sum[watch] + n * m * m + sums->open[watch]) /
                  (n * (n - 1)));
    return true;
}

static void add_slot(const heat_sampling *s, int64_t slot, int32_t basin, passage_sums *sums)
{
    const heat_passage_tally *t = &s->passages.tallies[slot * s->basins.count + basin];
    const heat_way *way = &s->passages.ways[slot];
    heat_passage_tally *sum = &sums->tally;

    sum->departures += t->departures;
    for (int k = 0; k < HEAT_WATCHES; k++) {
        sum->count[k] += t->count[k];
        sum->sum[k] += t->sum[k];
        sum->squares[k] += t->squares[k];
        sum->watched[k] += t->watched[k];
        sums->open[k] += way->from[k] == basin ? way->clock[k] * way->clock[k] : 0;
    }
}

static void report_passages(const heat_sampling *s, const passage_sums *sums, heat_sample_basin *row)
{
    const heat_passage_tally *t = &sums->tally;
    double late, error;

    row->departures = s->passages.is_on ? t->departures : -1;
    row->n_passages = s->passages.is_on ? t->count[0] : -1;
    row->watched = t->watched[0];
    if (!estimate(sums, 0, &row->first_passage, &row->first_passage_error) || s->basins.tops != NULL ||
        !is_overdamped(s))
        return;
    if (!estimate(sums, 1, &late, &error)) {
        row->first_passage = row->first_passage_error = (double)NAN;
        return;
    }
    late -= row->first_passage;
    row->first_passage -= late;
    row->first_passage_error = hypot(hypot(row->first_passage_error, error), late / 4);
}

heat_status heat_passages_report(heat_context *ctx, const heat_sampling *s, int64_t t,
                                 heat_sample_temperature *row)
{
    const int32_t n = s->basins.count;
    heat_status status;

    if (n == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, n, sizeof *row->basins, &row->basins);
    for (int32_t k = 0; k < n && status == HEAT_OK; k++) {
        passage_sums sums = {.open = {0}};
        heat_sample_basin *basin = &row->basins[k];
        for (int64_t slot = t * s->opt.replicas; slot < (t + 1) * s->opt.replicas; slot++)
            add_slot(s, slot, k, &sums);
        report_passages(s, &sums, basin);
        basin->occupancy = basin->occupancy_error = (double)NAN;
        for (int32_t o = 0; o < row->n_observables; o++)
            if (strcmp(row->observables[o].name, s->basins.names[k]) == 0) {
                basin->occupancy = row->observables[o].mean;
                basin->occupancy_error = row->observables[o].error;
            }
    }
    return status;
}

/* Which share of the chains a cycle's cold end finds in each basin. */
static heat_status report_cycles(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    const double *series = s->recorder.series[HEAT_SERIES_BASIN];
    heat_status status =
        heat_alloc(ctx, s->n_recorded * r->n_basins, sizeof *r->cycle_occupancy, &r->cycle_occupancy);

    for (int64_t chain = 0; chain < s->plan.n_chains && status == HEAT_OK; chain++)
        for (int64_t k = 0; k < s->n_recorded; k++) {
            int32_t basin = (int32_t)series[chain * s->recorder.n_sweeps + k];
            if (basin < r->n_basins)
                r->cycle_occupancy[k * r->n_basins + basin] += 1 / (double)s->plan.n_chains;
        }
    return status;
}

heat_status heat_basins_report(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    const heat_basins *b = &s->basins;
    heat_status status;

    if (b->count == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, (int64_t)b->count * b->n, sizeof *r->basin_states, &r->basin_states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->count, sizeof *r->basin_energies, &r->basin_energies);
    if (status != HEAT_OK)
        return status;
    r->n_basins = b->count;
    memcpy(r->basin_states, b->x, (size_t)(b->count * b->n) * sizeof *b->x);
    memcpy(r->basin_energies, b->energy, (size_t)b->count * sizeof *b->energy);
    r->passage_unit = !s->passages.is_on ? NULL : is_timed(s) ? "time" : "sweeps";
    return s->cooling.is_on ? report_cycles(ctx, s, r) : HEAT_OK;
}
