/* ground of potentials: the lowest of the minima that quenches reach (landscape/minima.h), from scattered
 * points and from where annealed walks are cold; the others, and the saddles between them. */
#include "ground/potential_ground.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "ground/potential_anneal.h"
#include "io/state_file.h"
#include "landscape/minima.h"
#include "landscape/saddle.h"

#include <math.h>
#include <string.h>

enum { STRIDES = 40 };

/* The `count` lowest places: points, energies, and curvatures where they are affordable. */
static heat_status hand_over(heat_context *ctx, heat_landscape *l, const heat_places *p, int64_t count,
                             double **x, double **energies, double **curvatures)
{
    const int32_t n = l->view->n;
    heat_status status = HEAT_OK;

    if (count == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, count * n, sizeof **x, x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof **energies, energies);
    if (status == HEAT_OK && n <= HEAT_SADDLE_VARIABLES)
        status = heat_alloc(ctx, count * n, sizeof **curvatures, curvatures);
    if (status == HEAT_OK) {
        memcpy(*x, p->x, (size_t)(count * n) * sizeof **x);
        memcpy(*energies, p->energy, (size_t)count * sizeof **energies);
    }
    for (int64_t k = 0; k < count && status == HEAT_OK && *curvatures != NULL; k++)
        status = heat_landscape_curvatures(ctx, l, p->x + k * n, *curvatures + k * n);
    return status;
}

static heat_status report(heat_context *ctx, const heat_smooth *view, const heat_minima *found, int64_t keep,
                          heat_ground_result *r)
{
    const heat_places *minima = &found->minima, *saddles = &found->saddles;
    heat_landscape l = {.view = NULL};
    heat_status status = heat_landscape_open(ctx, view, &l);

    r->n_states = keep > 0 && keep < minima->count ? keep : minima->count;
    r->n_saddles = saddles->count;
    if (status == HEAT_OK)
        status = hand_over(ctx, &l, minima, r->n_states, &r->kept_values, &r->state_energies, &r->curvatures);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_states, sizeof *r->state_counts, &r->state_counts);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_states, sizeof *r->extents, &r->extents);
    for (int64_t k = 0; k < r->n_states && status == HEAT_OK; k++) {
        r->state_counts[k] = minima->met[k];
        r->extents[k] = heat_minima_valley(found, k);
    }
    if (status == HEAT_OK)
        status = hand_over(ctx, &l, saddles, r->n_saddles, &r->saddles, &r->saddle_energies,
                           &r->saddle_curvatures);
    if (status == HEAT_OK && r->n_saddles > 0)
        status = heat_alloc(ctx, 2 * r->n_saddles, sizeof *r->saddle_ends, &r->saddle_ends);
    for (int64_t k = 0; k < 2 * r->n_saddles && status == HEAT_OK; k++) {
        int64_t end = saddles->ends[k / 2][k % 2];
        r->saddle_ends[k] = end < r->n_states ? end : -1;
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, view->n, sizeof *r->values, &r->values);
    if (status == HEAT_OK) {
        memcpy(r->values, r->kept_values, (size_t)view->n * sizeof *r->values);
        r->energy = r->state_energies[0];
    }
    heat_landscape_close(&l);
    return status;
}

/* Whether the energy falls on, however little, away from this point of the lowest minimum's valley. */
static heat_status falls_away_from(heat_context *ctx, heat_landscape *l, const heat_minima *found,
                                   const double *point, double *x, bool *falls)
{
    const int32_t n = l->view->n;
    const double *lowest = found->minima.x;
    double energy = found->minima.energy[0], before = energy;

    *falls = true;
    for (int k = 0; k < STRIDES && *falls; k++) {
        heat_status status;
        for (int32_t i = 0; i < n; i++)
            x[i] = lowest[i] + ldexp(lowest[i] - point[i], k);
        status = heat_landscape_evaluate(ctx, l, x, &energy, x + n);
        if (status != HEAT_OK)
            return status;
        *falls = k == 0 ? energy < before : energy <= before;
        before = energy;
    }
    return HEAT_OK;
}

/* Whether there is no lowest energy, as of exp(-x), whose quenches end where its slope is lost. */
static heat_status find_descent(heat_context *ctx, const heat_smooth *view, const heat_minima *found,
                                bool *falls)
{
    heat_landscape l = {.view = NULL};
    double *x = NULL;
    heat_status status = heat_landscape_open(ctx, view, &l);

    *falls = false;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * (int64_t)view->n, sizeof *x, &x);
    for (int64_t at = 0; at < found->n_points && status == HEAT_OK && !*falls; at++) {
        if (found->point_of[at] != 0)
            continue;
        status = falls_away_from(ctx, &l, found, found->points + at * view->n, x, falls);
        if (status == HEAT_ERROR_CALLBACK || status == HEAT_ERROR_UNDEFINED) { /* there is none out there */
            *falls = false;
            status = HEAT_OK;
        }
    }
    heat_free(x);
    heat_landscape_close(&l);
    return status;
}

static heat_status refuse(heat_context *ctx, const heat_ground_options *opt)
{
    if (strcmp(opt->method, "auto") != 0)
        return heat_fail_option(ctx, "method", opt->method,
                                "minima of a potential are found by quenches: auto");
    if (opt->restart_sweeps != HEAT_AUTO)
        return heat_fail_option(ctx, "restart_sweeps", NULL,
                                "an anneal of a potential is a cycle of --schedule");
    if (opt->clamp != NULL)
        return heat_fail_option(ctx, "clamp", opt->clamp, "no variable of a potential is held");
    return opt->maximize ? heat_fail_option(ctx, "maximize", "true", "only minima of a potential are sought")
                         : HEAT_OK;
}

/* From the point in the file, too. */
static heat_status quench_initial(heat_context *ctx, const heat_smooth *view, const heat_ground_options *opt,
                                  heat_minima *found)
{
    double *x = NULL;
    heat_status status;

    if (opt->initial == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, view->n, sizeof *x, &x);
    if (status == HEAT_OK)
        status = heat_state_file_read_real(ctx, opt->initial, view->n, x);
    if (status == HEAT_OK)
        status = heat_minima_add(ctx, view, 1, x, 1, found);
    heat_free(x);
    return status;
}

heat_status heat_ground_of_potential(heat_context *ctx, const heat_smooth *view,
                                     const heat_ground_options *opt, heat_ground_result *r)
{
    const double begin_s = heat_clock();
    heat_minima found = {.n_visited = 0};
    bool falls = false;
    heat_status status = refuse(ctx, opt);

    if (status == HEAT_OK)
        status = heat_minima_scatter(ctx, view, opt->seed, opt->replicas, opt->threads, &found);
    if (status == HEAT_OK)
        status = quench_initial(ctx, view, opt, &found);
    if (status == HEAT_OK)
        status = heat_potential_anneal(ctx, view, opt, begin_s, &found, r);
    if (status == HEAT_OK)
        status = heat_minima_join(ctx, view, &found);
    if (status == HEAT_OK)
        status = find_descent(ctx, view, &found, &falls);
    if (status == HEAT_OK)
        status = heat_potential_note_best(ctx, &found, begin_s, r);
    r->updates += found.n_visited * view->n;
    if (status == HEAT_OK)
        status = report(ctx, view, &found, opt->keep, r);
    r->method = r->sweeps > 0 ? "anneal" : "quench";
    r->reason = falls ? "where quenches ended: the energy falls on towards infinity, and has no lowest value"
                : view->has_gradient ? "the lowest of all minima that quenches reached"
                                     : "the lowest of all minima that quenches reached, whose slopes are "
                                       "differences of the energy";
    r->outcome =
        heat_halt_outcome(ctx, opt->time < HEAT_FOREVER ? HEAT_OUTCOME_TIME : HEAT_OUTCOME_BEST_FOUND);
    if (r->outcome != HEAT_OUTCOME_INTERRUPTED && r->energy <= opt->target_energy)
        r->outcome = HEAT_OUTCOME_COMPLETED;
    r->bound = (double)NAN;
    heat_minima_close(&found);
    return status;
}
