/* Two minima are of one valley if the line between them rises nowhere above the higher one; or else if the
 * quench of its middle ends in a minimum of their energy, nearer to both than they are to each other, which
 * either half leads to in the same way. Valleys are tried against those nearest to them. Differences of
 * energy below the resolution by which minima are told apart are none. */
#include "landscape/valleys.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "landscape/quench.h"

#include <math.h>
#include <string.h>

enum { HALVINGS = 12, TRIES = 6, MOST_QUENCHES = 2000, LINE_POINTS = 8 };
static const double nearer = 0.8;

/* Evenly, but on no lattice that minima may lie on: multiples of the golden ratio. */
static const double along[LINE_POINTS] = {0.618034, 0.236068, 0.854102, 0.472136,
                                          0.090170, 0.708204, 0.326238, 0.944272};

typedef struct joining {
    heat_landscape *l;
    heat_minima *found;
    int64_t first, n_quenches;
    int64_t *root;  /* [minimum] the least number of its valley that is known to be one */
    bool *is_tried; /* [minimum][minimum] */
} joining;

static double distance(const heat_landscape *l, const double *a, const double *b)
{
    double sum = 0;

    for (int32_t i = 0; i < l->view->n; i++)
        sum += (a[i] - b[i]) / l->scale[i] * ((a[i] - b[i]) / l->scale[i]);
    return sqrt(sum);
}

static heat_status look_along(heat_context *ctx, joining *j, const double *a, const double *b, double energy,
                              double *x, bool *is_flat)
{
    const int32_t n = j->l->view->n;
    heat_status status = HEAT_OK;

    *is_flat = true;
    for (int k = 0; k < LINE_POINTS && *is_flat && status == HEAT_OK; k++) {
        double there;
        for (int32_t i = 0; i < n; i++)
            x[i] = a[i] + along[k] * (b[i] - a[i]);
        status = heat_landscape_evaluate(ctx, j->l, x, &there, x + n);
        j->found->n_visited++;
        *is_flat = there <= energy || heat_minima_are_level(there, energy);
    }
    return status;
}

/* Whether a way of this energy leads from a to b; `room` holds two points for every halving that is left, and
 * two more. */
static heat_status connect(heat_context *ctx, joining *j, const double *a, const double *b, double energy,
                           int halvings, double *room, bool *is_one)
{
    const int32_t n = j->l->view->n;
    const double apart = distance(j->l, a, b);
    heat_quench q = {.x = room};
    heat_status status = look_along(ctx, j, a, b, energy, room, is_one);

    if (status != HEAT_OK || *is_one || halvings == 0 || j->n_quenches-- <= 0)
        return status;
    for (int32_t i = 0; i < n; i++)
        q.x[i] = a[i] + (b[i] - a[i]) / 2;
    status = heat_quench_run(ctx, j->l, &q);
    j->found->n_visited += q.n_visited;
    if (status != HEAT_OK || !q.is_minimum || !heat_minima_are_level(q.energy, energy) ||
        !(distance(j->l, a, q.x) <= nearer * apart) || !(distance(j->l, q.x, b) <= nearer * apart))
        return status;
    status = connect(ctx, j, a, q.x, energy, halvings - 1, room + 2 * n, is_one);
    return status == HEAT_OK && *is_one ? connect(ctx, j, q.x, b, energy, halvings - 1, room + 2 * n, is_one)
                                        : status;
}

static heat_status try_pair(heat_context *ctx, joining *j, int64_t a, int64_t b, double *room, bool *is_one)
{
    const heat_places *p = &j->found->minima;
    const int32_t n = j->l->view->n;
    heat_status status;

    j->is_tried[a * p->count + b] = j->is_tried[b * p->count + a] = true;
    j->n_quenches = MOST_QUENCHES;
    status =
        connect(ctx, j, p->x + a * n, p->x + b * n, fmax(p->energy[a], p->energy[b]), HALVINGS, room, is_one);
    *is_one = *is_one && status == HEAT_OK;
    /* between them lie places where there is no energy, or where it falls without end */
    return status == HEAT_ERROR_CALLBACK || status == HEAT_ERROR_UNDEFINED ? HEAT_OK : status;
}

/* The nearest pair, one of a valley and one of another of its energy, that has not been tried; false: none.
 */
static bool find_pair(const joining *j, int64_t root, int64_t *a, int64_t *b)
{
    const heat_places *p = &j->found->minima;
    const int32_t n = j->l->view->n;
    double least = (double)INFINITY;

    for (int64_t k = root; k < p->count; k++)
        for (int64_t other = 0; other < p->count && j->root[k] == root; other++) {
            bool is_old = root < j->first && j->root[other] < j->first;
            double apart;
            if (j->root[other] == root || is_old || j->is_tried[k * p->count + other] ||
                !heat_minima_are_level(p->energy[k], p->energy[other]))
                continue;
            apart = distance(j->l, p->x + k * n, p->x + other * n);
            if (apart < least) {
                least = apart;
                *a = k;
                *b = other;
            }
        }
    return least < (double)INFINITY;
}

static void unite(joining *j, int64_t a, int64_t b)
{
    const int64_t from = j->root[a] > j->root[b] ? j->root[a] : j->root[b];
    const int64_t to = j->root[a] > j->root[b] ? j->root[b] : j->root[a];

    for (int64_t k = 0; k < j->found->minima.count; k++)
        if (j->root[k] == from)
            j->root[k] = to;
}

static heat_status find_valleys(heat_context *ctx, joining *j, double *room)
{
    const int64_t count = j->found->minima.count;
    heat_status status = HEAT_OK;

    for (int64_t root = 0; root < count; root++) {
        int64_t a = 0, b = 0;
        for (int k = 0; k < TRIES && j->root[root] == root && find_pair(j, root, &a, &b); k++) {
            bool is_one = false;
            if (heat_halted(ctx))
                return HEAT_OK;
            status = try_pair(ctx, j, a, b, room, &is_one);
            if (status != HEAT_OK)
                return status;
            if (!is_one)
                continue;
            unite(j, a, b);
            k = -1;
        }
    }
    return status;
}

/* Place k gives way to the valley of `root`. */
static heat_status take_in(heat_context *ctx, joining *j, int64_t k)
{
    heat_minima *found = j->found;
    heat_places *p = &found->minima;
    const int32_t n = j->l->view->n;
    const int64_t root = j->root[k], size = found->n_points + 1;
    heat_status status =
        heat_grow(ctx, size, (size_t)n * sizeof *found->points, &found->capacity_points, &found->points);

    if (status == HEAT_OK)
        status = heat_grow(ctx, size, sizeof *found->point_of, &found->capacity_point_of, &found->point_of);
    if (status != HEAT_OK)
        return status;
    memcpy(found->points + found->n_points * n, p->x + k * n, (size_t)n * sizeof *p->x);
    found->point_of[found->n_points++] = root;
    p->met[root] += p->met[k];
    if (root < j->first || !(p->energy[k] < p->energy[root]))
        return HEAT_OK;
    /* the lowest stands for all */
    memcpy(found->points + (found->n_points - 1) * n, p->x + root * n, (size_t)n * sizeof *p->x);
    memcpy(p->x + root * n, p->x + k * n, (size_t)n * sizeof *p->x);
    p->energy[root] = p->energy[k];
    return HEAT_OK;
}

static void move_place(heat_places *p, int32_t n, int64_t from, int64_t to)
{
    memmove(p->x + to * n, p->x + from * n, (size_t)n * sizeof *p->x);
    p->energy[to] = p->energy[from];
    p->met[to] = p->met[from];
    p->extent[to] = p->extent[from];
    p->is_explored[to] = p->is_explored[from];
}

static heat_status take_in_all(heat_context *ctx, joining *j)
{
    heat_minima *found = j->found;
    heat_places *p = &found->minima;
    const int32_t n = j->l->view->n;
    int64_t kept = 0;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < p->count && status == HEAT_OK; k++)
        if (j->root[k] != k)
            status = take_in(ctx, j, k);
    for (int64_t k = 0; k < p->count && status == HEAT_OK; k++) {
        if (j->root[k] != k)
            continue;
        for (int64_t at = 0; at < found->n_points && kept != k; at++)
            if (found->point_of[at] == k)
                found->point_of[at] = kept;
        move_place(p, n, k, kept++);
    }
    if (status != HEAT_OK)
        return status;
    p->count = kept;
    for (int64_t at = 0; at < found->n_points; at++) {
        int64_t of = found->point_of[at];
        double apart = of < 0 ? 0 : distance(j->l, p->x + of * n, found->points + at * n);
        if (of >= 0)
            p->extent[of] = fmax(p->extent[of], apart);
    }
    return HEAT_OK;
}

heat_status heat_valleys_join(heat_context *ctx, heat_landscape *l, int64_t first, heat_minima *found)
{
    const int64_t count = found->minima.count, n = l->view->n;
    joining j = {.l = l, .found = found, .first = first};
    double *room = NULL;
    heat_status status = heat_alloc(ctx, 2 * n * (HALVINGS + 2), sizeof *room, &room);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *j.root, &j.root);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count * count, sizeof *j.is_tried, &j.is_tried);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        j.root[k] = k;
    if (status == HEAT_OK)
        status = find_valleys(ctx, &j, room);
    if (status == HEAT_OK)
        status = take_in_all(ctx, &j);
    heat_free(room);
    heat_free(j.root);
    heat_free(j.is_tried);
    return status;
}

int64_t heat_valleys_find(const heat_landscape *l, const heat_minima *found, const double *x, double energy)
{
    const heat_places *p = &found->minima;
    const int32_t n = l->view->n;
    double least = (double)INFINITY;
    int64_t nearest = -1;

    for (int64_t at = 0; at < found->n_points; at++) {
        const int64_t of = found->point_of[at];
        double apart = of < 0 ? least : distance(l, found->points + at * n, x);
        if (apart < least && apart <= p->extent[of] && heat_minima_are_level(energy, p->energy[of])) {
            least = apart;
            nearest = of;
        }
    }
    return nearest;
}

/* Point `at` of a valley, from -1 on, which is the minimum itself; NULL: that point is another's. */
static const double *point_of(const heat_minima *found, int32_t n, int64_t place, int64_t at)
{
    if (at < 0)
        return found->minima.x + place * n;
    return found->point_of[at] == place ? found->points + at * n : NULL;
}

void heat_valleys_approach(const heat_landscape *l, const heat_minima *found, int64_t a, int64_t b,
                           const double **x_a, const double **x_b)
{
    const int32_t n = l->view->n;
    double least = (double)INFINITY;

    *x_a = point_of(found, n, a, -1);
    *x_b = point_of(found, n, b, -1);
    for (int64_t k = -1; k < found->n_points; k++) {
        const double *x = point_of(found, n, a, k);
        for (int64_t at = -1; at < found->n_points && x != NULL; at++) {
            const double *y = point_of(found, n, b, at);
            const double apart = y == NULL ? least : distance(l, x, y);
            if (!(apart < least))
                continue;
            least = apart;
            *x_a = x;
            *x_b = y;
        }
    }
}

void heat_valleys_forget(heat_minima *found, int64_t place)
{
    found->minima.extent[place] = 0;
    for (int64_t at = 0; at < found->n_points; at++)
        if (found->point_of[at] == place)
            found->point_of[at] = -1;
}
