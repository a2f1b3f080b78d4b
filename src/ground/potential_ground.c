/* Quenches from points at several distances (quench.h) end in minima; from each minimum saddles are climbed
 * to, along its softest directions both ways, and what lies on the other side of a saddle is a minimum too.
 * So the graph of neighbours is walked until it is complete, or large enough. */
#include "ground/potential_ground.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ground/quench.h"
#include "ground/saddle.h"
#include "stats/eigen.h"

#include <math.h>
#include <string.h>

enum { AUTO_STARTS = 64, MOST_MINIMA = 100, MOST_SADDLES = 400, WIDTHS = 6, SOFTEST = 10 };
static const double same_place = 1e-5;  /* scales */
static const double off_saddle = 1e-3;  /* scales, along the direction that falls off */
static const double same_energy = 1e-7; /* relative */

/* Points without slope that have been met. */
typedef struct places {
    int64_t count, most;
    double *x;          /* [place][n] */
    double *energy;     /* [place] */
    int64_t *met;       /* [place] how many ways led there */
    int64_t (*ends)[2]; /* [place] of saddles: the minima on both sides; -1: none that is known */
} places;

typedef struct search {
    const heat_smooth *view;
    const heat_ground_options *opt;
    int64_t n_starts;
    double *starts;      /* [start][n]; then where each ended */
    heat_quench *quench; /* [start] */
    places minima, saddles;
} search;

static heat_status open_places(heat_context *ctx, int32_t n, int64_t most, places *p)
{
    heat_status status = heat_alloc(ctx, most * n, sizeof *p->x, &p->x);

    p->most = most;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *p->energy, &p->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *p->met, &p->met);
    return status == HEAT_OK ? heat_alloc(ctx, most, sizeof *p->ends, &p->ends) : status;
}

static void close_places(places *p)
{
    heat_free(p->x);
    heat_free(p->energy);
    heat_free(p->met);
    heat_free(p->ends);
}

/* The number of a place, which is added if it is new; -1 if there is no room. */
static int64_t find_place(const heat_landscape *l, places *p, const double *x, double energy)
{
    const int32_t n = l->view->n;

    for (int64_t k = 0; k < p->count; k++) {
        bool same = fabs(p->energy[k] - energy) <= same_energy * (1 + fabs(energy));
        for (int32_t i = 0; i < n && same; i++)
            same = fabs(p->x[k * n + i] - x[i]) <= same_place * (l->scale[i] + fabs(x[i]));
        if (same) {
            p->met[k]++;
            return k;
        }
    }
    if (p->count == p->most)
        return -1;
    memcpy(p->x + p->count * n, x, (size_t)n * sizeof *x);
    p->energy[p->count] = energy;
    p->met[p->count] = 1;
    return p->count++;
}

/* Start k: normal about the view's point, the width doubling from one start to the next; between two walls
 * anywhere. */
static void draw_start(const search *s, const heat_landscape *l, int64_t k, double *x)
{
    const heat_smooth *v = s->view;
    heat_stream stream;

    heat_stream_init(&stream, s->opt->seed, HEAT_PURPOSE_INITIAL, (uint64_t)k);
    for (int32_t i = 0; i < v->n; i++) {
        double low = v->lower == NULL ? -(double)INFINITY : v->lower[i];
        double high = v->upper == NULL ? (double)INFINITY : v->upper[i];
        double middle = v->start == NULL ? 0 : v->start[i];
        double width = l->scale[i] * ldexp(0.5, (int)(k % WIDTHS));
        x[i] = isfinite(low) && isfinite(high) ? low + (high - low) * heat_stream_uniform(&stream)
                                               : middle + width * heat_stream_normal(&stream);
    }
    heat_landscape_confine(l, x);
}

static heat_status quench_start(heat_context *worker, void *arg, int64_t k)
{
    const search *s = arg;
    heat_landscape l = {.view = NULL};
    heat_quench *q = &s->quench[k];
    heat_status status = heat_landscape_open(worker, s->view, &l);

    q->x = s->starts + k * s->view->n;
    if (status == HEAT_OK) {
        draw_start(s, &l, k, q->x);
        status = heat_quench_run(worker, &l, q);
    }
    heat_landscape_close(&l);
    return status;
}

/* Down from a saddle on one side; *end is the minimum there. */
static heat_status fall(heat_context *ctx, search *s, heat_landscape *l, const heat_saddle *saddle,
                        double way, int64_t *end, int64_t *visited)
{
    heat_quench q = {.n_visited = 0};
    heat_status status = heat_alloc(ctx, s->view->n, sizeof *q.x, &q.x);

    *end = -1;
    if (status != HEAT_OK)
        return status;
    for (int32_t i = 0; i < s->view->n; i++)
        q.x[i] = saddle->x[i] + way * off_saddle * l->scale[i] * saddle->along[i];
    status = heat_quench_run(ctx, l, &q);
    if (status == HEAT_OK && q.is_minimum)
        *end = find_place(l, &s->minima, q.x, q.energy);
    *visited += q.n_visited;
    heat_free(q.x);
    return status;
}

/* Up from minimum k along a direction, and down on both sides of the saddle that is reached. */
static heat_status climb(heat_context *ctx, search *s, heat_landscape *l, int64_t k, heat_saddle *saddle,
                         int64_t *visited)
{
    int64_t before = s->saddles.count, place;
    heat_status status;

    memcpy(saddle->x, s->minima.x + k * s->view->n, (size_t)s->view->n * sizeof *saddle->x);
    status = heat_saddle_run(ctx, l, saddle);
    if (status == HEAT_ERROR_CALLBACK) /* it climbed to where there is no energy */
        return HEAT_OK;
    if (status != HEAT_OK || !saddle->is_saddle)
        return status;
    place = find_place(l, &s->saddles, saddle->x, saddle->energy);
    if (place < before)
        return HEAT_OK;
    status = fall(ctx, s, l, saddle, -1, &s->saddles.ends[place][0], visited);
    return status == HEAT_OK ? fall(ctx, s, l, saddle, 1, &s->saddles.ends[place][1], visited) : status;
}

/* The saddles about all minima, those too that are found on the way. */
static heat_status find_saddles(heat_context *ctx, search *s, heat_landscape *l, int64_t *visited)
{
    const int32_t n = s->view->n;
    double *hessian = NULL, *values = NULL, *vectors = NULL;
    heat_saddle saddle = {.n_visited = 0};
    heat_status status = heat_alloc(ctx, (int64_t)n * n, sizeof *hessian, &hessian);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)n * n, sizeof *vectors, &vectors);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *values, &values);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *saddle.x, &saddle.x);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *saddle.along, &saddle.along);
    for (int64_t k = 0; k < s->minima.count && status == HEAT_OK && !heat_halted(ctx); k++) {
        status = heat_landscape_curve(ctx, l, s->minima.x + k * n, hessian);
        if (status == HEAT_OK)
            heat_eigen_symmetric(n, hessian, values, vectors);
        for (int32_t way = 0; way < 2 * (n < SOFTEST ? n : SOFTEST) && status == HEAT_OK; way++) {
            for (int32_t i = 0; i < n; i++)
                saddle.along[i] = (way % 2 == 0 ? 1 : -1) * vectors[way / 2 * n + i];
            status = climb(ctx, s, l, k, &saddle, visited);
        }
    }
    *visited += saddle.n_visited;
    heat_free(hessian);
    heat_free(vectors);
    heat_free(values);
    heat_free(saddle.x);
    heat_free(saddle.along);
    return status;
}

/* order[rank] is the place that stands there: by energy, then as they were met. */
static void rank(const places *p, int64_t *order)
{
    for (int64_t k = 0; k < p->count; k++) {
        int64_t at = k;
        for (; at > 0 && p->energy[order[at - 1]] > p->energy[k]; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

static heat_status curve_at(heat_context *ctx, heat_landscape *l, const double *x, double *values)
{
    const int32_t n = l->view->n;
    double *hessian = NULL, *vectors = NULL;
    heat_status status = heat_alloc(ctx, (int64_t)n * n, sizeof *hessian, &hessian);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)n * n, sizeof *vectors, &vectors);
    if (status == HEAT_OK)
        status = heat_landscape_curve(ctx, l, x, hessian);
    if (status == HEAT_OK)
        heat_eigen_symmetric(n, hessian, values, vectors);
    heat_free(hessian);
    heat_free(vectors);
    return status;
}

/* The `count` lowest places in order: points, energies, and curvatures where they are affordable. */
static heat_status hand_over(heat_context *ctx, heat_landscape *l, const places *p, const int64_t *order,
                             int64_t count, double **x, double **energies, double **curvatures)
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
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        memcpy(*x + k * n, p->x + order[k] * n, (size_t)n * sizeof **x);
        (*energies)[k] = p->energy[order[k]];
        if (*curvatures != NULL)
            status = curve_at(ctx, l, *x + k * n, *curvatures + k * n);
    }
    return status;
}

static heat_status report(heat_context *ctx, search *s, heat_landscape *l, heat_ground_result *r)
{
    const int32_t n = s->view->n;
    int64_t *order = NULL, *place = NULL, *saddle_order = NULL;
    heat_status status = heat_alloc(ctx, s->minima.count, sizeof *order, &order);

    r->n_states = s->opt->keep > 0 && s->opt->keep < s->minima.count ? s->opt->keep : s->minima.count;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->minima.count, sizeof *place, &place);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->saddles.count + 1, sizeof *saddle_order, &saddle_order);
    if (status == HEAT_OK) {
        rank(&s->minima, order);
        rank(&s->saddles, saddle_order);
        for (int64_t k = 0; k < s->minima.count; k++)
            place[order[k]] = k;
        status = hand_over(ctx, l, &s->minima, order, r->n_states, &r->kept_values, &r->state_energies,
                           &r->curvatures);
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_states, sizeof *r->state_counts, &r->state_counts);
    for (int64_t k = 0; k < r->n_states && status == HEAT_OK; k++)
        r->state_counts[k] = s->minima.met[order[k]];
    r->n_saddles = s->saddles.count;
    if (status == HEAT_OK)
        status = hand_over(ctx, l, &s->saddles, saddle_order, r->n_saddles, &r->saddles, &r->saddle_energies,
                           &r->saddle_curvatures);
    if (status == HEAT_OK && r->n_saddles > 0)
        status = heat_alloc(ctx, 2 * r->n_saddles, sizeof *r->saddle_ends, &r->saddle_ends);
    for (int64_t k = 0; k < 2 * r->n_saddles && status == HEAT_OK; k++) {
        int64_t end = s->saddles.ends[saddle_order[k / 2]][k % 2];
        r->saddle_ends[k] = end < 0 || place[end] >= r->n_states ? -1 : place[end];
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->values, &r->values);
    if (status == HEAT_OK) {
        memcpy(r->values, r->kept_values, (size_t)n * sizeof *r->values);
        r->energy = r->state_energies[0];
    }
    heat_free(order);
    heat_free(place);
    heat_free(saddle_order);
    return status;
}

static heat_status refuse(heat_context *ctx, const heat_ground_options *opt)
{
    if (strcmp(opt->method, "auto") != 0)
        return heat_fail_option(ctx, "method", opt->method,
                                "minima of a potential are found by quenches: auto");
    if (opt->schedule != NULL)
        return heat_fail_option(ctx, "schedule", opt->schedule, "quenches have no temperature");
    if (opt->initial != NULL)
        return heat_fail_option(ctx, "initial", opt->initial, "no state of real numbers is read");
    if (opt->clamp != NULL)
        return heat_fail_option(ctx, "clamp", opt->clamp, "no variable of a potential is held");
    return opt->maximize ? heat_fail_option(ctx, "maximize", "true", "only minima of a potential are sought")
                         : HEAT_OK;
}

static heat_status find_minima(heat_context *ctx, search *s, heat_landscape *l, heat_ground_result *r)
{
    const bool safe = heat_model_is_thread_safe(s->view->model);
    heat_status status = heat_parallel_for(ctx, safe ? s->opt->threads : 1, s->n_starts, quench_start, s);

    for (int64_t k = 0; k < s->n_starts && status == HEAT_OK; k++) {
        r->updates += s->quench[k].n_visited * s->view->n;
        if (s->quench[k].n_visited > 0 && isfinite(s->quench[k].energy) &&
            (s->quench[k].is_minimum || heat_halted(ctx)))
            find_place(l, &s->minima, s->quench[k].x, s->quench[k].energy);
    }
    if (status == HEAT_OK && s->minima.count == 0 && !heat_halted(ctx))
        status =
            heat_fail(ctx, HEAT_ERROR_UNABLE, "no quench of %lld ended in a minimum", (long long)s->n_starts);
    return status == HEAT_OK && s->minima.count == 0 ? heat_halt_check(ctx, "a minimum was found") : status;
}

heat_status heat_ground_of_potential(heat_context *ctx, const heat_smooth *view,
                                     const heat_ground_options *opt, heat_ground_result *r)
{
    search s = {.view = view, .opt = opt};
    heat_landscape l = {.view = NULL};
    int64_t visited = 0;
    heat_status status = refuse(ctx, opt);

    s.n_starts = opt->replicas == HEAT_AUTO ? AUTO_STARTS : opt->replicas;
    if (status == HEAT_OK && !view->has_gradient)
        status = heat_fail(ctx, HEAT_ERROR_UNABLE, "quenches need the energy's gradient");
    if (status == HEAT_OK)
        status = heat_landscape_open(ctx, view, &l);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s.n_starts * view->n, sizeof *s.starts, &s.starts);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s.n_starts, sizeof *s.quench, &s.quench);
    if (status == HEAT_OK)
        status = open_places(ctx, view->n, MOST_MINIMA, &s.minima);
    if (status == HEAT_OK)
        status = open_places(ctx, view->n, MOST_SADDLES, &s.saddles);
    if (status == HEAT_OK)
        status = find_minima(ctx, &s, &l, r);
    if (status == HEAT_OK && view->n <= HEAT_SADDLE_VARIABLES)
        status = find_saddles(ctx, &s, &l, &visited);
    r->updates += visited * view->n;
    if (status == HEAT_OK)
        status = report(ctx, &s, &l, r);
    r->method = "quench";
    r->reason = "the lowest of all minima that quenches reached";
    r->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_BEST_FOUND);
    if (r->outcome == HEAT_OUTCOME_BEST_FOUND && r->energy <= opt->target_energy)
        r->outcome = HEAT_OUTCOME_COMPLETED;
    r->bound = (double)NAN;
    close_places(&s.minima);
    close_places(&s.saddles);
    heat_free(s.starts);
    heat_free(s.quench);
    heat_landscape_close(&l);
    return status;
}
