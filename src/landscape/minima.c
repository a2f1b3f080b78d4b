/* Quenches from points at several distances (quench.h) end in minima; from each minimum saddles are climbed
 * to, along its softest directions both ways, and what lies on the other side of a saddle is a minimum too.
 * So the graph of neighbours is walked until it is complete, or large enough. */
#include "landscape/minima.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "landscape/quench.h"
#include "landscape/saddle.h"
#include "landscape/valleys.h"
#include "random/stream.h"
#include "stats/eigen.h"

#include <heatbath/options.h>

#include <math.h>
#include <string.h>

enum { AUTO_STARTS = 64, MOST_MINIMA = 100, MOST_SADDLES = 400, WIDTHS = 6, SOFTEST = 10, WAY_POINTS = 32 };
static const double same_place = 1e-5;  /* scales */
static const double off_saddle = 1e-3;  /* scales, along the direction that falls off */
static const double same_energy = 1e-7; /* relative */
static const double least_extent = 0.1; /* scales: in x^10 quenches end 0.1 from 0 */

typedef struct search {
    const heat_smooth *view;
    uint64_t seed;
    bool are_given;      /* the starts */
    double *starts;      /* [start][n]; then where each ended */
    heat_quench *quench; /* [start] */
    heat_minima *found;
} search;

static heat_status open_places(heat_context *ctx, int32_t n, int64_t most, heat_places *p)
{
    heat_status status = heat_alloc(ctx, most * n, sizeof *p->x, &p->x);

    p->most = most;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *p->energy, &p->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *p->met, &p->met);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *p->extent, &p->extent);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, most, sizeof *p->is_explored, &p->is_explored);
    return status == HEAT_OK ? heat_alloc(ctx, most, sizeof *p->ends, &p->ends) : status;
}

static void close_places(heat_places *p)
{
    heat_free(p->x);
    heat_free(p->energy);
    heat_free(p->met);
    heat_free(p->extent);
    heat_free(p->is_explored);
    heat_free(p->ends);
}

bool heat_minima_are_level(double a, double b)
{
    return fabs(a - b) <= same_energy * (1 + fabs(a));
}

/* The number of a place; -1 if it is new. */
static int64_t look_up(const heat_landscape *l, const heat_places *p, const double *x, double energy)
{
    const int32_t n = l->view->n;

    for (int64_t k = 0; k < p->count; k++) {
        bool same = heat_minima_are_level(energy, p->energy[k]);
        for (int32_t i = 0; i < n && same; i++)
            same = fabs(p->x[k * n + i] - x[i]) <= same_place * (l->scale[i] + fabs(x[i]));
        if (same)
            return k;
    }
    return -1;
}

/* The number of a place that a way led to, added if it is new; -1 if there is no room. */
static int64_t meet(const heat_landscape *l, heat_places *p, const double *x, double energy)
{
    const int32_t n = l->view->n;
    int64_t k = look_up(l, p, x, energy);

    if (k >= 0) {
        p->met[k]++;
        return k;
    }
    if (p->count == p->most)
        return -1;
    memcpy(p->x + p->count * n, x, (size_t)n * sizeof *x);
    p->energy[p->count] = energy;
    p->met[p->count] = 1;
    p->extent[p->count] = 0;
    p->is_explored[p->count] = false;
    return p->count++;
}

/* The same of a minimum, which takes the place of the highest that is unexplored where there is no room. */
static int64_t meet_minimum(const heat_landscape *l, heat_minima *found, const double *x, double energy)
{
    heat_places *p = &found->minima;
    int64_t highest = -1, k = look_up(l, p, x, energy);

    k = k < 0 ? heat_valleys_find(l, found, x, energy) : k;
    if (k >= 0) {
        p->met[k]++;
        return k;
    }
    k = meet(l, p, x, energy);
    for (int64_t at = 0; at < p->count && k < 0; at++)
        if (!p->is_explored[at] && (highest < 0 || p->energy[at] > p->energy[highest]))
            highest = at;
    if (highest < 0 || !(energy < p->energy[highest]))
        return k;
    for (int64_t end = 0; end < 2 * found->saddles.count; end++)
        if (found->saddles.ends[end / 2][end % 2] == highest)
            found->saddles.ends[end / 2][end % 2] = -1;
    memcpy(p->x + highest * l->view->n, x, (size_t)l->view->n * sizeof *x);
    p->energy[highest] = energy;
    p->met[highest] = 1;
    heat_valleys_forget(found, highest);
    return highest;
}

/* The lowest minimum whose saddles have not been looked for; -1: none is left. */
static int64_t next_unexplored(const heat_places *p)
{
    int64_t lowest = -1;

    for (int64_t k = 0; k < p->count; k++)
        if (!p->is_explored[k] && (lowest < 0 || p->energy[k] < p->energy[lowest]))
            lowest = k;
    return lowest;
}

/* Start k: normal about the view's point, the width doubling from one start to the next; between two walls
 * anywhere. */
static void draw_start(const search *s, const heat_landscape *l, int64_t k, double *x)
{
    const heat_smooth *v = s->view;
    heat_stream stream;

    heat_stream_init(&stream, s->seed, HEAT_PURPOSE_INITIAL, (uint64_t)k);
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
        if (!s->are_given)
            draw_start(s, &l, k, q->x);
        status = heat_quench_run(worker, &l, q);
    }
    heat_landscape_close(&l);
    return status;
}

/* Down from a saddle on one side; *end is the minimum there. */
static heat_status fall(heat_context *ctx, search *s, heat_landscape *l, const heat_saddle *saddle,
                        double way, int64_t *end)
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
        *end = meet_minimum(l, s->found, q.x, q.energy);
    s->found->n_visited += q.n_visited;
    heat_free(q.x);
    return status;
}

/* Up from where the saddle's x is, minimum k or above it, along a direction, and down on both sides of the
 * one that is reached. */
static heat_status climb(heat_context *ctx, search *s, heat_landscape *l, int64_t k, heat_saddle *saddle)
{
    int64_t before = s->found->saddles.count, place, end;
    heat_status status;

    status = heat_saddle_run(ctx, l, saddle);
    if (status == HEAT_ERROR_CALLBACK) /* it climbed to where there is no energy */
        return HEAT_OK;
    if (status != HEAT_OK || !saddle->is_saddle ||
        heat_minima_are_level(saddle->energy,
                              s->found->minima.energy[k]) || /* along its valley, or another */
        heat_valleys_find(l, s->found, saddle->x, saddle->energy) >= 0)
        return status;
    place = meet(l, &s->found->saddles, saddle->x, saddle->energy);
    if (place < before)
        return HEAT_OK;
    s->found->saddles.ends[place][0] = s->found->saddles.ends[place][1] = -1;
    for (int side = 0; side < 2; side++) {
        status = fall(ctx, s, l, saddle, 2 * side - 1, &end);
        if (status != HEAT_OK)
            return status;
        s->found->saddles.ends[place][side] = end;
    }
    return HEAT_OK;
}

/* The highest of some points of the way from one place to another, into x, and the direction there. */
static heat_status find_top(heat_context *ctx, search *s, heat_landscape *l, const double *from,
                            const double *to, heat_saddle *top, double *room)
{
    const int32_t n = s->view->n;
    double highest = -(double)INFINITY, length = 0, energy;
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < n; i++) {
        top->along[i] = (to[i] - from[i]) / l->scale[i];
        length += top->along[i] * top->along[i];
    }
    for (int32_t i = 0; i < n; i++)
        top->along[i] /= sqrt(length);
    for (int k = 1; k < WAY_POINTS && status == HEAT_OK; k++) {
        for (int32_t i = 0; i < n; i++)
            room[i] = from[i] + (to[i] - from[i]) * k / WAY_POINTS;
        status = heat_landscape_evaluate(ctx, l, room, &energy, room + n);
        top->n_visited++;
        if (status != HEAT_OK || !(energy > highest))
            continue;
        highest = energy;
        memcpy(top->x, room, (size_t)n * sizeof *room);
    }
    return status;
}

/* From a valley, which is long, towards every other minimum, from above the way where the two are nearest to
 * each other: from its other points a climb slides along it. */
static heat_status climb_across(heat_context *ctx, search *s, heat_landscape *l, int64_t k,
                                heat_saddle *saddle)
{
    const int64_t count = s->found->minima.count, n = s->view->n;
    double *room = NULL;
    heat_status status = HEAT_OK;

    if (!(heat_minima_valley(s->found, k) > 0))
        return HEAT_OK;
    status = heat_alloc(ctx, 2 * n, sizeof *room, &room);
    for (int64_t other = 0; other < count && status == HEAT_OK && !heat_halted(ctx); other++) {
        const double *from, *to;
        if (other == k)
            continue;
        heat_valleys_approach(l, s->found, k, other, &from, &to);
        status = find_top(ctx, s, l, from, to, saddle, room);
        if (status == HEAT_OK)
            status = climb(ctx, s, l, k, saddle);
        if (status == HEAT_ERROR_CALLBACK) /* there is no energy on the way */
            status = HEAT_OK;
    }
    heat_free(room);
    return status;
}

/* The saddles about all minima, the lowest first, those too that are found on the way. */
static heat_status find_saddles(heat_context *ctx, search *s, heat_landscape *l)
{
    const int32_t n = s->view->n;
    double *hessian = NULL, *values = NULL, *vectors = NULL;
    const heat_places *minima = &s->found->minima;
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
    for (int64_t k = next_unexplored(minima);
         k >= 0 && status == HEAT_OK && s->found->saddles.count < s->found->saddles.most && !heat_halted(ctx);
         k = next_unexplored(minima)) {
        minima->is_explored[k] = true;
        status = heat_landscape_curve(ctx, l, s->found->minima.x + k * n, hessian);
        if (status == HEAT_OK)
            heat_eigen_symmetric(n, hessian, values, vectors);
        for (int32_t way = 0; way < 2 * (n < SOFTEST ? n : SOFTEST) && status == HEAT_OK; way++) {
            for (int32_t i = 0; i < n; i++)
                saddle.along[i] = (way % 2 == 0 ? 1 : -1) * vectors[way / 2 * n + i];
            memcpy(saddle.x, minima->x + k * n, (size_t)n * sizeof *saddle.x);
            status = climb(ctx, s, l, k, &saddle);
        }
        if (status == HEAT_OK)
            status = climb_across(ctx, s, l, k, &saddle);
    }
    s->found->n_visited += saddle.n_visited;
    heat_free(hessian);
    heat_free(vectors);
    heat_free(values);
    heat_free(saddle.x);
    heat_free(saddle.along);
    return status;
}

/* By energy, and of one energy, as of minima that mirror each other, by the first coordinate that differs. */
static bool comes_before(const heat_places *p, int32_t n, int64_t a, int64_t b)
{
    const double *x = p->x + a * n, *y = p->x + b * n;

    if (!heat_minima_are_level(p->energy[a], p->energy[b]))
        return p->energy[a] < p->energy[b];
    for (int32_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] < y[i];
    return a < b;
}

/* place[k] is where place k goes. */
static heat_status sort_places(heat_context *ctx, int32_t n, heat_places *p, int64_t *place)
{
    heat_places sorted = {.count = p->count};
    heat_status status = open_places(ctx, n, p->most, &sorted);

    for (int64_t k = 0; k < p->count && status == HEAT_OK; k++) {
        place[k] = 0;
        for (int64_t other = 0; other < p->count; other++)
            place[k] += other != k && comes_before(p, n, other, k);
        memcpy(sorted.x + place[k] * n, p->x + k * n, (size_t)n * sizeof *p->x);
        sorted.energy[place[k]] = p->energy[k];
        sorted.met[place[k]] = p->met[k];
        sorted.extent[place[k]] = p->extent[k];
        memcpy(sorted.ends[place[k]], p->ends[k], sizeof *p->ends);
    }
    close_places(status == HEAT_OK ? p : &sorted);
    if (status == HEAT_OK)
        *p = sorted;
    return status;
}

static heat_status sort_all(heat_context *ctx, int32_t n, heat_minima *found)
{
    int64_t place[MOST_MINIMA], saddle_place[MOST_SADDLES];
    heat_status status = sort_places(ctx, n, &found->minima, place);

    for (int64_t k = 0; k < 2 * found->saddles.count && status == HEAT_OK; k++) {
        int64_t *end = &found->saddles.ends[k / 2][k % 2];
        *end = *end < 0 ? -1 : place[*end];
    }
    for (int64_t at = 0; at < found->n_points && status == HEAT_OK; at++)
        found->point_of[at] = found->point_of[at] < 0 ? -1 : place[found->point_of[at]];
    return status == HEAT_OK ? sort_places(ctx, n, &found->saddles, saddle_place) : status;
}

/* Quenches from all starts, and what they met; x NULL: starts are drawn. */
static heat_status quench_all(heat_context *ctx, search *s, int64_t n_starts, double *x, int64_t threads)
{
    const bool safe = heat_model_is_thread_safe(s->view->model);
    const int64_t known = s->found->minima.count;
    heat_landscape l = {.view = NULL};
    heat_status status = heat_landscape_open(ctx, s->view, &l);

    s->are_given = x != NULL;
    s->starts = x;
    if (status == HEAT_OK && x == NULL)
        status = heat_alloc(ctx, n_starts * s->view->n, sizeof *s->starts, &s->starts);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_starts, sizeof *s->quench, &s->quench);
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, safe ? threads : 1, n_starts, quench_start, s);
    for (int64_t k = 0; k < n_starts && status == HEAT_OK; k++) {
        s->found->n_visited += s->quench[k].n_visited;
        if (s->quench[k].n_visited > 0 && isfinite(s->quench[k].energy) &&
            (s->quench[k].is_minimum || heat_halted(ctx)))
            meet_minimum(&l, s->found, s->quench[k].x, s->quench[k].energy);
    }
    if (status == HEAT_OK && s->found->minima.count > known)
        status = heat_valleys_join(ctx, &l, known, s->found);
    heat_landscape_close(&l);
    heat_free(s->quench);
    if (x == NULL)
        heat_free(s->starts);
    return status;
}

heat_status heat_minima_scatter(heat_context *ctx, const heat_smooth *view, uint64_t seed, int64_t n_starts,
                                int64_t threads, heat_minima *found)
{
    search s = {.view = view, .seed = seed, .found = found};
    heat_status status;

    n_starts = n_starts == HEAT_AUTO ? AUTO_STARTS : n_starts;
    status = open_places(ctx, view->n, MOST_MINIMA, &found->minima);
    if (status == HEAT_OK)
        status = open_places(ctx, view->n, MOST_SADDLES, &found->saddles);
    if (status == HEAT_OK)
        status = quench_all(ctx, &s, n_starts, NULL, threads);
    if (status == HEAT_OK && found->minima.count == 0 && !heat_halted(ctx))
        status =
            heat_fail(ctx, HEAT_ERROR_UNABLE, "no quench of %lld ended in a minimum", (long long)n_starts);
    return status == HEAT_OK && found->minima.count == 0 ? heat_halt_check(ctx, "a minimum was found")
                                                         : status;
}

heat_status heat_minima_add(heat_context *ctx, const heat_smooth *view, int64_t n_points, double *x,
                            int64_t threads, heat_minima *found)
{
    search s = {.view = view, .found = found};

    return n_points == 0 ? HEAT_OK : quench_all(ctx, &s, n_points, x, threads);
}

heat_status heat_minima_join(heat_context *ctx, const heat_smooth *view, heat_minima *found)
{
    search s = {.view = view, .found = found};
    heat_landscape l = {.view = NULL};
    heat_status status = heat_landscape_open(ctx, view, &l);

    if (status == HEAT_OK && view->n <= HEAT_SADDLE_VARIABLES)
        status = find_saddles(ctx, &s, &l);
    if (status == HEAT_OK)
        status = sort_all(ctx, view->n, found);
    heat_landscape_close(&l);
    return status;
}

heat_status heat_minima_find(heat_context *ctx, const heat_smooth *view, uint64_t seed, int64_t n_starts,
                             int64_t threads, heat_minima *found)
{
    heat_status status = heat_minima_scatter(ctx, view, seed, n_starts, threads, found);

    return status == HEAT_OK ? heat_minima_join(ctx, view, found) : status;
}

double heat_minima_valley(const heat_minima *found, int64_t place)
{
    return found->minima.extent[place] > least_extent ? found->minima.extent[place] : 0;
}

int64_t heat_minima_lowest(const heat_minima *found)
{
    int64_t lowest = 0;

    for (int64_t k = 1; k < found->minima.count; k++)
        if (found->minima.energy[k] < found->minima.energy[lowest])
            lowest = k;
    return lowest;
}

void heat_minima_close(heat_minima *found)
{
    close_places(&found->minima);
    close_places(&found->saddles);
    heat_free(found->points);
    heat_free(found->point_of);
}

heat_status heat_minima_locate(heat_context *ctx, heat_landscape *landscape, const heat_minima *found,
                               double *x, int64_t *place)
{
    heat_quench q = {.x = x};
    heat_status status = heat_quench_run(ctx, landscape, &q);

    *place = status == HEAT_OK && q.is_minimum ? look_up(landscape, &found->minima, x, q.energy) : -1;
    if (status == HEAT_OK && q.is_minimum && *place < 0)
        *place = heat_valleys_find(landscape, found, x, q.energy);
    return status;
}
