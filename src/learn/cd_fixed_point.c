/* The fixed points of CD-k, exactly: where training that makes the expected update g_k = <phi>_data -
 * <phi>_k, without noise and in small steps, d theta / dt = g_k, comes to rest. That flow is followed by
 * implicit steps (1 / t - J) d = g_k, J the derivatives of g_k: of a small t they are true to the flow, and
 * as it slows down t grows until they are Newton's to the root. g_k is the gradient of no function, so no
 * line search judges them, but how well J foretold g_k. What vanishes is not enough: where weights grow
 * without bound the chain freezes, and g_k with it, though each step finds the next as far ahead. A root is
 * one that has nothing left to go, of weights that are no more than its g_k can tell, and that attracts.
 * Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508. With k -> infinity the root is a maximum of the
 * likelihood: Carreira-Perpinan and Hinton, AISTATS (2005); that there may be none: Sutskever and Tieleman,
 * AISTATS (2010) 789. */
#include "learn/cd_fixed_point.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/cd_bias.h"
#include "stats/lu.h"

#include <math.h>
#include <string.h>

enum { MOST_UPDATES = 400, MOST_SLOPES = 20, FRESH_STEPS = 16, PULSES = 2000 };
static const double most_visits = 4e8;               /* of states, for one k */
static const double is_root = 1e-11, is_near = 1e-3; /* norms of g_k, and of the step that is left */
static const double is_frozen =
    25; /* a parameter: exp(-25) is what is_root can tell of a unit that obeys it */
static const double longest_step = 1, most_time = 1e12;     /* a norm; of the flow, by one step */
static const double is_off = 0.5, meant_off = 0.2;          /* of g_k from what was foretold, by its norm */
static const double nudge = 1e-6, pulse = 2, is_wild = 100; /* of a parameter; of time; a growth */

typedef struct root_search {
    heat_learner *learner;
    const heat_learn_rows *rows;
    int64_t k, n_updates, most_updates;
    double size, time;                         /* the norm of g_k; of the flow, the next step */
    double longest_time;                       /* of one step that is true to what leaves a saddle */
    int64_t n_stale;                           /* steps since the slopes were found */
    double *here, *update, *there, *direction; /* [n_parameters]: a point and g_k, another g_k, a step */
    double *slope;                             /* [n][n] J, corrected by each step (Broyden) */
    double *factors;                           /* [n][n] of 1 / t - J */
    int32_t *order;
} root_search;

static double norm(int64_t n, const double *x)
{
    double sum = 0;

    for (int64_t a = 0; a < n; a++)
        sum += x[a] * x[a];
    return sqrt(sum);
}

static double largest(int64_t n, const double *x)
{
    double most = 0;

    for (int64_t a = 0; a < n; a++)
        most = fmax(most, fabs(x[a]));
    return most;
}

/* g_k at the learner's parameters. */
static heat_status evaluate(heat_context *ctx, root_search *s, double *update)
{
    heat_status status = heat_halt_check(ctx, "the fixed points were found");

    s->learner->n_changes++;
    s->n_updates++;
    return status == HEAT_OK ? heat_cd_update(ctx, s->learner, s->rows, s->k, update) : status;
}

static void factor(root_search *s, double time)
{
    int64_t n = s->learner->n_parameters;

    for (int64_t a = 0; a < n * n; a++)
        s->factors[a] = -s->slope[a];
    for (int64_t a = 0; a < n; a++)
        s->factors[a * (n + 1)] += 1 / time;
    heat_lu_factor((int32_t)n, s->factors, s->order);
}

/* How fast the fastest departure from here grows, a rate; 0: none does. A disturbance x is followed in
 * steps x' = x + pulse J (x + x') / 2, which grow and fall just where the flow's do. */
static double find_departure(root_search *s)
{
    int64_t n = s->learner->n_parameters;
    double begin, before = 0, after;

    factor(s, pulse / 2);
    for (int64_t a = 0; a < n; a++)
        s->there[a] = sin(1 + (double)a);
    begin = after = norm(n, s->there);
    for (int beat = 0; beat < PULSES && after <= is_wild * begin; beat++) {
        before = after;
        heat_lu_solve((int32_t)n, s->factors, s->order, s->there, s->direction);
        for (int64_t a = 0; a < n; a++)
            s->there[a] = 4 / pulse * s->direction[a] - s->there[a];
        after = norm(n, s->there);
    }
    return after <= is_wild * begin ? 0 : 2 / pulse * (after - before) / (after + before);
}

/* J by differences. */
static heat_status find_slope(heat_context *ctx, root_search *s)
{
    heat_learner *l = s->learner;
    int64_t n = l->n_parameters;
    double departure;
    heat_status status = HEAT_OK;

    memcpy(l->parameters, s->here, (size_t)n * sizeof *s->here);
    for (int64_t b = 0; b < n && status == HEAT_OK; b++) {
        l->parameters[b] = s->here[b] + nudge;
        status = evaluate(ctx, s, s->there);
        for (int64_t a = 0; a < n; a++)
            s->slope[a * n + b] = (s->there[a] - s->update[a]) / nudge;
        l->parameters[b] = s->here[b];
    }
    l->n_changes++;
    s->n_stale = 0;
    departure = status == HEAT_OK ? find_departure(s) : 0;
    s->longest_time = departure == 0 ? most_time : 0.5 / departure;
    s->time = fmin(s->time, s->longest_time);
    return status;
}

/* The step that the flow makes in s->time, which shrinks until it is none of the longest. */
static double direct(root_search *s)
{
    int64_t n = s->learner->n_parameters;
    double length;

    for (;; s->time /= 2) {
        factor(s, s->time);
        heat_lu_solve((int32_t)n, s->factors, s->order, s->update, s->direction);
        length = norm(n, s->direction);
        if (length <= longest_step || !(s->time > 1 / most_time))
            return length;
    }
}

/* A step, or a lesson on J. */
static heat_status step(heat_context *ctx, root_search *s)
{
    heat_learner *l = s->learner;
    int64_t n = l->n_parameters;
    double length = direct(s), off = 0, reach = fmax(s->size, length / s->time);
    heat_status status;

    for (int64_t a = 0; a < n; a++)
        l->parameters[a] = s->here[a] + s->direction[a];
    status = evaluate(ctx, s, s->there);
    if (status != HEAT_OK)
        return status;
    for (int64_t a = 0; a < n; a++) {
        double miss = s->there[a] - s->direction[a] / s->time;
        off += miss * miss;
        for (int64_t b = 0; b < n; b++)
            s->slope[a * n + b] += miss * s->direction[b] / (length * length);
    }
    off = sqrt(off);
    if (!(off <= is_off * reach)) {
        s->time /= 4;
        return s->n_stale > 0 ? find_slope(ctx, s) : HEAT_OK;
    }
    memcpy(s->here, l->parameters, (size_t)n * sizeof *s->here);
    memcpy(s->update, s->there, (size_t)n * sizeof *s->update);
    s->size = norm(n, s->update);
    s->time = fmin(s->longest_time, s->time * fmax(0.5, fmin(8, sqrt(meant_off * reach / off))));
    s->n_stale++;
    return s->n_stale >= FRESH_STEPS ? find_slope(ctx, s) : HEAT_OK;
}

static heat_status seek(heat_context *ctx, root_search *s, bool *is_found)
{
    int64_t n = s->learner->n_parameters;
    heat_status status = evaluate(ctx, s, s->update);

    s->size = norm(n, s->update);
    s->time = 1;
    memcpy(s->here, s->learner->parameters, (size_t)n * sizeof *s->here);
    if (status == HEAT_OK)
        status = find_slope(ctx, s);
    while (status == HEAT_OK && s->size > is_root && s->n_updates < s->most_updates &&
           largest(n, s->here) <= is_frozen)
        status = step(ctx, s);
    if (status != HEAT_OK || !(s->size <= is_root && largest(n, s->here) <= is_frozen))
        return status;
    status = find_slope(ctx, s);
    s->time = most_time;
    *is_found = status == HEAT_OK && s->longest_time == most_time && direct(s) <= is_near;
    return status;
}

/* The likelihood there, and its gradient, which is the bias. */
static heat_status judge(heat_context *ctx, const root_search *s, int64_t threads, heat_cd_fixed_point *point)
{
    const heat_learner *l = s->learner;
    heat_likelihood train;
    double log_z;
    heat_status status = l->kind->sum_states(ctx, l, threads, s->there, &log_z);

    if (status == HEAT_OK)
        status = heat_learn_likelihood(ctx, l, s->rows, log_z, heat_last_visits, 1, &train);
    if (status == HEAT_OK)
        status = heat_cd_expect(ctx, l, s->rows, 0, s->direction);
    for (int64_t a = 0; a < l->n_parameters && status == HEAT_OK; a++)
        s->there[a] = s->direction[a] - s->there[a];
    if (status == HEAT_OK)
        *point = (heat_cd_fixed_point){train.mean, norm(l->n_parameters, s->there)};
    return status;
}

heat_status heat_cd_fixed_points_find(heat_context *ctx, heat_learner *l, const heat_learn_rows *rows,
                                      int64_t threads, heat_cd_fixed_point *points)
{
    const double none = (double)NAN, states = l->kind->count_spread(l);
    int64_t n = l->n_parameters;
    root_search s = {.learner = l, .rows = rows};
    double *arrays = NULL, *kept;
    heat_status status = heat_alloc(ctx, (5 + 2 * n) * n, sizeof *arrays, &arrays);

    for (int place = 0; place < HEAT_CD_BIASES; place++)
        points[place] = (heat_cd_fixed_point){none, none};
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s.order, &s.order);
    if (status != HEAT_OK)
        goto out;
    s.here = arrays;
    s.update = s.here + n;
    s.there = s.update + n;
    s.direction = s.there + n;
    kept = s.direction + n;
    s.slope = kept + n;
    s.factors = s.slope + n * n;
    memcpy(kept, l->parameters, (size_t)n * sizeof *kept);
    for (int place = 0; place < HEAT_CD_BIASES && status == HEAT_OK; place++) {
        bool is_found = false;
        s.k = (int64_t)1 << place;
        s.n_updates = 0;
        s.most_updates =
            (int64_t)fmin(MOST_UPDATES + MOST_SLOPES * (double)n, most_visits / (2 * (double)s.k * states));
        if (s.most_updates > n)
            status = seek(ctx, &s, &is_found);
        if (status == HEAT_OK && is_found)
            status = judge(ctx, &s, threads, &points[place]);
        memcpy(l->parameters, kept, (size_t)n * sizeof *kept);
        l->n_changes++;
    }
out:
    heat_free(s.order);
    heat_free(arrays);
    return status;
}
