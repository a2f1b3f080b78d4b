/* The fixed points of CD-k, exactly: roots of the expected update g_k = <phi>_data - <phi>_k. g_k is the
 * gradient of no function, but near one: the directions of a quasi-Newton climb lead to its roots too, where
 * each step is judged by the norm of g_k alone. With k -> infinity
 * the root is the maximum of the likelihood; they are followed from k = 1, where g_k is cheap, upwards.
 * Carreira-Perpinan and Hinton, AISTATS (2005); that there may be none: Sutskever and Tieleman, AISTATS
 * (2010) 789. */
#include "learn/cd_fixed_point.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/cd_bias.h"
#include "stats/quasi_newton.h"

#include <math.h>
#include <string.h>

enum { MOST_UPDATES = 400, MOST_HALVINGS = 12 };
static const double most_visits = 4e8; /* of states, for one k */
static const double is_root = 1e-6, first_step = 0.5,
                    worse = 1.5; /* norms of g_k, a step, a factor of norms */

typedef struct root_search {
    heat_learner *learner;
    const heat_learn_rows *rows;
    heat_quasi_newton newton;
    int64_t k, n_updates, most_updates;
    double *here, *update, *there, *direction; /* [n_parameters]: a point and g_k, another g_k, a step */
} root_search;

static double norm(int64_t n, const double *x)
{
    double sum = 0;

    for (int64_t a = 0; a < n; a++)
        sum += x[a] * x[a];
    return sqrt(sum);
}

/* g_k at the learner's parameters. */
static heat_status evaluate(heat_context *ctx, root_search *s, double *update, double *size)
{
    heat_status status = heat_halt_check(ctx, "the fixed points were found");

    s->n_updates++;
    if (status == HEAT_OK)
        status = heat_cd_update(ctx, s->learner, s->rows, s->k, update);
    *size = status == HEAT_OK ? norm(s->learner->n_parameters, update) : (double)NAN;
    return status;
}

/* Along the direction, as far as g_k does not grow much: it may on the way. */
static heat_status step(heat_context *ctx, root_search *s, double *size)
{
    heat_learner *l = s->learner;
    double length = s->newton.count == 0 ? first_step : 1, at = (double)NAN;
    heat_status status = HEAT_OK;

    heat_quasi_newton_direct(&s->newton, s->update, s->direction);
    for (int halved = 0; halved < MOST_HALVINGS && status == HEAT_OK && !(at <= worse * *size); halved++) {
        for (int64_t a = 0; a < l->n_parameters; a++)
            l->parameters[a] = s->here[a] + length * s->direction[a];
        l->n_changes++;
        status = evaluate(ctx, s, s->there, &at);
        length /= 2;
    }
    if (status != HEAT_OK || !(at <= worse * *size)) {
        s->n_updates = s->most_updates; /* it leads nowhere */
        return status;
    }
    heat_quasi_newton_add(&s->newton, s->here, l->parameters, s->update, s->there);
    memcpy(s->here, l->parameters, (size_t)l->n_parameters * sizeof *s->here);
    memcpy(s->update, s->there, (size_t)l->n_parameters * sizeof *s->update);
    *size = at;
    return HEAT_OK;
}

static heat_status seek(heat_context *ctx, root_search *s, bool *is_found)
{
    double size;
    heat_status status = evaluate(ctx, s, s->update, &size);

    heat_quasi_newton_forget(&s->newton);
    memcpy(s->here, s->learner->parameters, (size_t)s->learner->n_parameters * sizeof *s->here);
    while (status == HEAT_OK && size > is_root && s->n_updates < s->most_updates)
        status = step(ctx, s, &size);
    *is_found = size <= is_root;
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
        status = heat_learn_likelihood(ctx, l, s->rows, log_z, &train);
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
    const double none = (double)NAN, states = ldexp(1, (int)(l->n_parameters - l->n_decayed));
    int64_t n = l->n_parameters;
    root_search s = {.learner = l, .rows = rows};
    double *arrays = NULL, *kept;
    heat_status status = heat_alloc(ctx, 5 * n, sizeof *arrays, &arrays);

    for (int place = 0; place < HEAT_CD_BIASES; place++)
        points[place] = (heat_cd_fixed_point){none, none};
    if (status == HEAT_OK)
        status = heat_quasi_newton_init(ctx, n, l->scale, &s.newton);
    if (status != HEAT_OK)
        goto out;
    s.here = arrays;
    s.update = s.here + n;
    s.there = s.update + n;
    s.direction = s.there + n;
    kept = s.direction + n;
    memcpy(kept, l->parameters, (size_t)n * sizeof *kept);
    for (int place = 0; place < HEAT_CD_BIASES && status == HEAT_OK; place++) {
        bool is_found = false;
        s.k = (int64_t)1 << place;
        s.n_updates = 0;
        s.most_updates = (int64_t)fmin(MOST_UPDATES, most_visits / (2 * (double)s.k * states));
        if (s.most_updates > 1)
            status = seek(ctx, &s, &is_found);
        if (status == HEAT_OK && is_found)
            status = judge(ctx, &s, threads, &points[place]);
        if (!is_found) /* the next begins where this one did not get lost */
            memcpy(l->parameters, kept, (size_t)n * sizeof *kept);
        l->n_changes++;
    }
    memcpy(l->parameters, kept, (size_t)n * sizeof *kept);
    l->n_changes++;
out:
    heat_quasi_newton_clear(&s.newton);
    heat_free(arrays);
    return status;
}
