/* p_k(x) = N_k exp(f_k - u_k(x)) / sum_j N_j exp(f_j - u_j(x)) of every row, each sum relative to its largest
 * term. Rows are cut into at most 64 stretches, whatever the number of threads. */
#include "stats/mbar_rows.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <heatbath/options.h>
#include <math.h>

enum { MOST_STRETCHES = 64, ROWS_OF_A_STRETCH = 256 };

typedef struct stretches {
    const heat_mbar_walk *walk;
    const double *log_drawn; /* [n_states] */
    int64_t length;
    int64_t count;
    double *p;    /* [stretch][n_states] */
    double *sums; /* [stretch][n_sums] */
} stretches;

/* log(N_k exp(f_k - u_k)) into p. */
static void log_terms(const stretches *s, int64_t row, double *p)
{
    const heat_mbar *m = s->walk->m;
    int32_t n_features = m->states.n_features;

    for (int32_t k = 0; k < m->states.n_states; k++) {
        double u = 0;
        if (m->states.slope == NULL)
            u = heat_mbar_feature(m, row, k);
        for (int32_t f = 0; m->states.slope != NULL && f < n_features; f++)
            u += m->states.slope[(int64_t)k * n_features + f] * heat_mbar_feature(m, row, f);
        p[k] = s->log_drawn[k] + s->walk->f[k] - u;
    }
}

/* Makes terms of their logarithms; returns the logarithm of their sum. */
static double normalise(int32_t n, double *p)
{
    double largest = p[0], sum = 0;

    for (int32_t k = 1; k < n; k++)
        largest = p[k] > largest ? p[k] : largest;
    for (int32_t k = 0; k < n; k++)
        sum += p[k] = exp(p[k] - largest);
    for (int32_t k = 0; k < n; k++)
        p[k] /= sum;
    return largest + log(sum);
}

static heat_status walk_stretch(heat_context *worker, void *arg, int64_t unit)
{
    const stretches *s = arg;
    const heat_mbar_walk *walk = s->walk;
    int32_t n_states = walk->m->states.n_states;
    double *p = s->p + unit * n_states;
    int64_t end = (unit + 1) * s->length;

    (void)worker;
    for (int64_t row = unit * s->length; row < end && row < walk->m->samples.n; row++) {
        log_terms(s, row, p);
        walk->visit(walk, row, p, normalise(n_states, p), s->sums + unit * walk->n_sums);
    }
    return HEAT_OK;
}

heat_status heat_mbar_walk_run(heat_context *ctx, const heat_mbar_walk *walk, double *sums)
{
    const heat_mbar *m = walk->m;
    int64_t n_states = m->states.n_states, share = (m->samples.n + MOST_STRETCHES - 1) / MOST_STRETCHES;
    stretches s = {.walk = walk, .length = share < ROWS_OF_A_STRETCH ? ROWS_OF_A_STRETCH : share};
    heat_context unhalted = {.config = ctx->config, .deadline_s = HEAT_FOREVER};
    double *log_drawn = NULL;
    heat_status status;

    unhalted.stop = &unhalted.stop_requested;
    s.count = (m->samples.n + s.length - 1) / s.length;
    if ((status = heat_alloc(ctx, n_states, sizeof *log_drawn, &log_drawn)) != HEAT_OK ||
        (status = heat_alloc(ctx, s.count * n_states, sizeof *s.p, &s.p)) != HEAT_OK ||
        (status = heat_alloc(ctx, s.count * walk->n_sums, sizeof *s.sums, &s.sums)) != HEAT_OK)
        goto out;
    for (int64_t k = 0; k < n_states; k++)
        log_drawn[k] = log(m->drawn[k]);
    s.log_drawn = log_drawn;
    status = heat_parallel_for(&unhalted, m->threads, s.count, walk_stretch, &s);
    for (int64_t k = 0; k < walk->n_sums; k++) {
        sums[k] = 0;
        for (int64_t unit = 0; unit < s.count; unit++)
            sums[k] += s.sums[unit * walk->n_sums + k];
    }
out:
    heat_free(log_drawn);
    heat_free(s.p);
    heat_free(s.sums);
    return status;
}
