/* A move from E to E' is accepted with min(1, g(E) / g(E')); each visit adds log f to log g of the level. f
 * is the square root of itself whenever all known levels were met, until log f < 1 / t, t the moves tried per
 * level, and from there log f = 1 / t: the error then vanishes as 1 / sqrt(t) instead of standing still.
 * Wang and Landau, Phys. Rev. Lett. 86 (2001) 2050; Belardinelli and Pereyra, Phys. Rev. E 75 (2007) 046701.
 *
 * With g fixed the walk is an ordinary chain of weights 1 / g (multicanonical: Berg and Neuhaus, Phys. Rev.
 * Lett. 68 (1992) 9), so that g times its visits has no bias. All walkers then share one g, the average of
 * what they found; a level that none had met has that of the nearest below which one had, or else above. */
#include "logz/level_walk.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/elementary.h"

#include <math.h>
#include <string.h>

enum { WALKERS_A_UNIT = 8, MARGIN = 32, SWEEPS_A_CHECK = 16 };
static const double most_levels = 1e7; /* a table's length */

void heat_level_walk_close(heat_level_walk *w)
{
    for (int64_t k = 0; k < w->n_walkers && w->table != NULL; k++) {
        heat_free(w->table[k].log_g);
        heat_free(w->table[k].visits);
    }
    heat_free(w->table);
    heat_free(w->states);
    heat_free(w->energy);
    heat_free(w->log_f);
    heat_free(w->trials);
    heat_free(w->is_late);
    heat_free(w->streams);
    heat_free(w->proposed);
    heat_free(w->deltas);
    *w = (heat_level_walk){.n_walkers = 0};
}

/* Makes room for a level of this energy. All walkers come to need as much. */
static heat_status widen(heat_context *ctx, const heat_level_walk *w, heat_level_table *t, int64_t energy,
                         bool is_fixed)
{
    const double bytes_a_level = 2.0 * sizeof(double) * (double)w->n_walkers;
    int64_t first = t->n == 0 || energy < t->first ? energy - MARGIN - t->n / 2 : t->first;
    int64_t end = t->n == 0 || energy >= t->first + t->n ? energy + MARGIN + t->n / 2 : t->first + t->n;
    double *log_g = NULL, *visits = NULL;
    heat_status status;

    if ((double)(end - first) * bytes_a_level > (double)w->counting->opt->memory)
        return heat_fail(
            ctx, HEAT_ERROR_MEMORY,
            "energies from %lld to %lld are %.3g levels, of which %lld walkers take %.3g GiB: more "
            "than --memory allows",
            (long long)first, (long long)end, (double)(end - first), (long long)w->n_walkers,
            (double)(end - first) * bytes_a_level * 0x1p-30);
    if ((double)(end - first) > most_levels)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "energies from %lld to %lld are too many levels for wang-landau", (long long)first,
                         (long long)end);
    status = heat_alloc(ctx, end - first, sizeof *log_g, &log_g);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, end - first, sizeof *visits, &visits);
    if (status != HEAT_OK) {
        heat_free(log_g);
        return status;
    }
    for (int64_t k = 0; k < end - first; k++) {
        int64_t from = first + k - t->first;
        bool is_old = from >= 0 && from < t->n;
        double beyond = is_fixed ? t->log_g[from < 0 ? 0 : t->n - 1] : (double)NAN;
        log_g[k] = is_old ? t->log_g[from] : beyond;
        visits[k] = is_old ? t->visits[from] : 0;
    }
    heat_free(t->log_g);
    heat_free(t->visits);
    t->log_g = log_g;
    t->visits = visits;
    t->first = first;
    t->n = end - first;
    return HEAT_OK;
}

/* The place of a level, which a first visit gives the density that `from` has. */
static heat_status find_level(heat_context *ctx, heat_level_walk *w, int64_t walker, int64_t energy,
                              double from, int64_t *place)
{
    heat_level_table *t = &w->table[walker];
    heat_status status = HEAT_OK;

    if (t->n == 0 || energy < t->first || energy >= t->first + t->n)
        status = widen(ctx, w, t, energy, !(w->log_f[walker] > 0));
    if (status != HEAT_OK)
        return status;
    *place = energy - t->first;
    if (isnan(t->log_g[*place])) {
        t->log_g[*place] = from;
        t->n_known++;
    }
    return HEAT_OK;
}

static void visit(heat_level_walk *w, int64_t walker, int64_t place)
{
    heat_level_table *t = &w->table[walker];

    t->n_met += t->visits[place] == 0;
    t->visits[place]++;
    t->log_g[place] += w->log_f[walker];
}

/* The rows' move of one site: proposed values and what they cost are there. */
static heat_status decide(heat_context *worker, heat_level_walk *w, int64_t walker, int32_t site, double u)
{
    heat_level_table *t = &w->table[walker];
    int64_t here = w->energy[walker] - t->first, there, energy;
    double now = t->log_g[here];
    heat_status status;

    energy = w->energy[walker] + llround(w->deltas[walker]);
    status = find_level(worker, w, walker, energy, now, &there);
    if (status != HEAT_OK)
        return status;
    if (now >= t->log_g[there] || u < heat_exp_negative(now - t->log_g[there])) {
        w->energy[walker] = energy;
        w->states[walker * w->counting->info.n_variables + site] = w->proposed[walker];
    } else {
        there = w->energy[walker] - t->first;
    }
    visit(w, walker, there);
    return HEAT_OK;
}

static void propose(heat_level_walk *w, int64_t walker, int32_t site, heat_stream *stream)
{
    const heat_model_info *info = &w->counting->info;
    int8_t now = w->states[walker * info->n_variables + site];
    int32_t q = heat_model_count_values(w->counting->model, site);

    if (info->coding == HEAT_CODING_SPIN)
        w->proposed[walker] = (int8_t)-now;
    else if (q == 2)
        w->proposed[walker] = (int8_t)(1 - now);
    else
        w->proposed[walker] = (int8_t)((now + 1 + (int32_t)heat_stream_below(stream, (uint64_t)q - 1)) % q);
}

/* After each stretch of sweeps: a smaller f where all known levels were met, and 1 / t from then on. */
static void refine(heat_level_walk *w, int64_t walker)
{
    heat_level_table *t = &w->table[walker];
    double per_level = (double)t->n_known / w->trials[walker];

    if (!(w->log_f[walker] > 0))
        return;
    if (w->is_late[walker]) {
        w->log_f[walker] = per_level;
        return;
    }
    if (t->n_met < t->n_known)
        return;
    memset(t->visits, 0, (size_t)t->n * sizeof *t->visits);
    t->n_met = 0;
    w->log_f[walker] /= 2;
    w->is_late[walker] = w->log_f[walker] <= per_level;
    if (w->is_late[walker])
        w->log_f[walker] = per_level;
}

typedef struct walking {
    heat_level_walk *w;
    int64_t n_sweeps;
} walking;

static heat_status sweep_unit(heat_context *worker, heat_level_walk *w, int64_t first, int64_t count,
                              heat_stream *stream)
{
    int32_t n = w->counting->info.n_variables;
    heat_status status = HEAT_OK;

    for (int32_t step = 0; step < n && status == HEAT_OK; step++) {
        int32_t site = (int32_t)heat_stream_below(stream, (uint64_t)n);
        for (int64_t k = first; k < first + count; k++)
            propose(w, k, site, stream);
        status = heat_model_deltas(worker, w->counting->model, count, w->states + first * n, site,
                                   w->proposed + first, w->deltas + first);
        for (int64_t k = first; k < first + count && status == HEAT_OK; k++)
            status = decide(worker, w, k, site, heat_stream_uniform(stream));
    }
    return status;
}

static heat_status walk_unit(heat_context *worker, void *arg, int64_t unit)
{
    const walking *a = arg;
    heat_level_walk *w = a->w;
    int64_t first = unit * WALKERS_A_UNIT, left = w->n_walkers - first;
    int64_t count = left < WALKERS_A_UNIT ? left : WALKERS_A_UNIT;

    for (int64_t t = 0; t < a->n_sweeps && !heat_halted(worker); t++) {
        heat_status status = sweep_unit(worker, w, first, count, &w->streams[unit]);
        if (status != HEAT_OK)
            return status;
        for (int64_t k = first; k < first + count; k++) {
            w->trials[k] += w->counting->info.n_variables;
            if ((w->n_sweeps + t + 1) % SWEEPS_A_CHECK == 0)
                refine(w, k);
        }
    }
    return HEAT_OK;
}

heat_status heat_level_walk_run(heat_context *ctx, heat_level_walk *w, int64_t n_sweeps)
{
    int64_t threads = heat_model_is_thread_safe(w->counting->model) ? w->counting->opt->threads : 1;
    walking a = {w, n_sweeps};
    heat_status status = heat_parallel_for(ctx, threads, w->n_units, walk_unit, &a);

    w->n_sweeps += n_sweeps;
    for (int64_t k = 0; k < w->n_walkers && heat_halted(ctx); k++)
        w->n_sweeps =
            (int64_t)fmin((double)w->n_sweeps, w->trials[k] / fmax(w->counting->info.n_variables, 1));
    return status;
}

static heat_status start_walkers(heat_context *ctx, heat_level_walk *w)
{
    const heat_model_info *info = &w->counting->info;
    int64_t n = info->n_variables;
    heat_status status;

    for (int64_t k = 0; k < w->n_walkers; k++) {
        heat_stream stream;
        heat_stream_init(&stream, w->counting->opt->seed, HEAT_PURPOSE_INITIAL, (uint64_t)k);
        for (int64_t i = 0; i < n; i++)
            w->states[k * n + i] = heat_model_random_value(w->counting->model, (int32_t)i, &stream);
        w->log_f[k] = 1;
    }
    for (int64_t u = 0; u < w->n_units; u++)
        heat_stream_init(&w->streams[u], w->counting->opt->seed, HEAT_PURPOSE_SWEEP, (uint64_t)u);
    status = heat_model_energies(ctx, w->counting->model, w->n_walkers, w->states, w->deltas);
    for (int64_t k = 0; k < w->n_walkers && status == HEAT_OK; k++) {
        int64_t place;
        w->energy[k] = llround(w->deltas[k]);
        status = find_level(ctx, w, k, w->energy[k], 0, &place);
    }
    return status;
}

heat_status heat_level_walk_open(heat_context *ctx, const heat_counting *c, int64_t n_walkers,
                                 heat_level_walk *w)
{
    heat_status status;

    *w = (heat_level_walk){
        .counting = c, .n_walkers = n_walkers, .n_units = (n_walkers + WALKERS_A_UNIT - 1) / WALKERS_A_UNIT};
    if ((status = heat_alloc(ctx, n_walkers * c->info.n_variables, 1, &w->states)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_walkers, sizeof *w->energy, &w->energy)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_walkers, sizeof *w->table, &w->table)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_walkers, sizeof *w->log_f, &w->log_f)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_walkers, sizeof *w->trials, &w->trials)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_walkers, sizeof *w->is_late, &w->is_late)) != HEAT_OK ||
        (status = heat_alloc(ctx, w->n_units, sizeof *w->streams, &w->streams)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_walkers, 1, &w->proposed)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_walkers, sizeof *w->deltas, &w->deltas)) != HEAT_OK)
        return status;
    return start_walkers(ctx, w);
}

bool heat_level_walk_is_refined(const heat_level_walk *w, double log_f)
{
    for (int64_t k = 0; k < w->n_walkers; k++)
        if (!w->is_late[k] || !(w->log_f[k] <= log_f))
            return false;
    return true;
}

/* log g of a walker's level of this energy; NaN where it was not met. */
static double found(const heat_level_walk *w, int64_t walker, int64_t energy)
{
    const heat_level_table *t = &w->table[walker];

    return energy < t->first || energy >= t->first + t->n ? (double)NAN : t->log_g[energy - t->first];
}

/* The average of the densities over first ... first + n - 1. Each is known up to a factor, whose log becomes
 * its shift: they are made alike over the levels that all know. */
static void average(const heat_level_walk *w, int64_t first, int64_t n, double *log_g, double *shift)
{
    int64_t n_common = 0;

    for (int64_t k = 0; k < n; k++) {
        bool is_common = true;
        for (int64_t v = 0; v < w->n_walkers && is_common; v++)
            is_common = !isnan(found(w, v, first + k));
        n_common += is_common;
        for (int64_t v = 0; v < w->n_walkers && is_common; v++)
            shift[v] += found(w, v, first + k);
    }
    for (int64_t v = 0; v < w->n_walkers; v++)
        shift[v] /= fmax((double)n_common, 1);
    for (int64_t k = 0; k < n; k++) {
        double sum = 0, count = 0;
        for (int64_t v = 0; v < w->n_walkers; v++) {
            double g = found(w, v, first + k);
            sum += isnan(g) ? 0 : g - shift[v];
            count += !isnan(g);
        }
        log_g[k] = sum / count;
    }
    for (int64_t k = 1; k < n; k++)
        log_g[k] = isnan(log_g[k]) ? log_g[k - 1] : log_g[k];
    for (int64_t k = n - 2; k >= 0; k--)
        log_g[k] = isnan(log_g[k]) ? log_g[k + 1] : log_g[k];
}

/* `shift`: what all that the walker found is too high by; NULL: its visits begin at 0. */
static heat_status take_density(heat_context *ctx, heat_level_walk *w, int64_t walker, int64_t first,
                                int64_t n, const double *log_g, const double *shift)
{
    heat_level_table *t = &w->table[walker];
    double *own = NULL, *visits = NULL;
    heat_status status = heat_alloc(ctx, n, sizeof *own, &own);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *visits, &visits);
    if (status != HEAT_OK) {
        heat_free(own);
        return status;
    }
    memcpy(own, log_g, (size_t)n * sizeof *own);
    for (int64_t k = 0; k < n && shift != NULL; k++) {
        double g = found(w, walker, first + k) - *shift - log_g[k];
        visits[k] = isnan(g) ? 0 : exp(g);
    }
    heat_free(t->log_g);
    heat_free(t->visits);
    *t = (heat_level_table){.first = first, .n = n, .log_g = own, .visits = visits};
    w->log_f[walker] = 0;
    return HEAT_OK;
}

heat_status heat_level_walk_fix(heat_context *ctx, heat_level_walk *w, bool as_found)
{
    int64_t first = INT64_MAX, end = INT64_MIN;
    double *log_g = NULL, *shift = NULL;
    heat_status status;

    for (int64_t k = 0; k < w->n_walkers; k++) {
        const heat_level_table *t = &w->table[k];
        first = t->first < first ? t->first : first;
        end = t->first + t->n > end ? t->first + t->n : end;
    }
    status = heat_alloc(ctx, end - first, sizeof *log_g, &log_g);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, w->n_walkers, sizeof *shift, &shift);
    if (status == HEAT_OK)
        average(w, first, end - first, log_g, shift);
    for (int64_t k = 0; k < w->n_walkers && status == HEAT_OK; k++)
        status = take_density(ctx, w, k, first, end - first, log_g, as_found ? &shift[k] : NULL);
    heat_free(log_g);
    heat_free(shift);
    return status;
}
