/* Eigenvectors of the curvature are followed: uphill along one, by Newton's step downhill along the others,
 * none longer than a tenth of the scale. Cerjan and Miller, J. Chem. Phys. 75 (1981) 2800; Wales, Energy
 * Landscapes (2003), 6.2. Lengths are in scales of the variables. */
#include "landscape/saddle.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/eigen.h"

#include <math.h>
#include <string.h>

enum { MOST_STEPS = 1000 };
static const double longest = 0.1, flat = 1e-10, flat_by_energies = 1e-7, least_curvature = 1e-8;

typedef struct climb {
    heat_landscape *l;
    heat_saddle *s;
    double *gradient, *curvature, *values, *vectors, *step;
} climb;

static heat_status open_climb(heat_context *ctx, heat_landscape *l, heat_saddle *s, climb *c)
{
    const int64_t n = l->view->n;
    double **vectors[] = {&c->gradient, &c->values, &c->step}, **matrices[] = {&c->curvature, &c->vectors};
    heat_status status = HEAT_OK;

    c->l = l;
    c->s = s;
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors && status == HEAT_OK; k++)
        status = heat_alloc(ctx, n, sizeof **vectors[k], vectors[k]);
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices && status == HEAT_OK; k++)
        status = heat_alloc(ctx, n * n, sizeof **matrices[k], matrices[k]);
    return status;
}

static void close_climb(climb *c)
{
    heat_free(c->gradient);
    heat_free(c->curvature);
    heat_free(c->values);
    heat_free(c->vectors);
    heat_free(c->step);
}

static double product(int32_t n, const double *a, const double *b)
{
    double sum = 0;

    for (int32_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Slope and curvatures where the climb is, in scales. */
static heat_status look(heat_context *ctx, climb *c)
{
    const int32_t n = c->l->view->n;
    const double *scale = c->l->scale;
    heat_status status = heat_landscape_evaluate(ctx, c->l, c->s->x, &c->s->energy, c->gradient);

    c->s->n_visited++;
    if (status != HEAT_OK || !isfinite(c->s->energy))
        return status;
    status = heat_landscape_curve(ctx, c->l, c->s->x, c->curvature);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        c->gradient[i] *= scale[i];
        for (int32_t j = 0; j < n; j++)
            c->curvature[i * n + j] *= scale[i] * scale[j];
    }
    if (status == HEAT_OK)
        heat_eigen_symmetric(n, c->curvature, c->values, c->vectors);
    return status;
}

/* The eigenvector that goes on from the last one; where the surface curves down, the one that does most. */
static int32_t choose(const climb *c)
{
    const int32_t n = c->l->view->n;
    int32_t best = 0;

    for (int32_t k = 1; k < n && c->values[0] > 0; k++)
        if (fabs(product(n, c->vectors + k * n, c->s->along)) >
            fabs(product(n, c->vectors + best * n, c->s->along)))
            best = k;
    return best;
}

/* The step, at most so long in all; its length returned. */
static double find_step(climb *c)
{
    const int32_t n = c->l->view->n, up = choose(c);
    const double *vector = c->vectors + up * n;
    const double sign = product(n, vector, c->s->along) < 0 ? -1 : 1;
    double length;

    for (int32_t i = 0; i < n; i++)
        c->s->along[i] = sign * vector[i];
    memset(c->step, 0, (size_t)n * sizeof *c->step);
    for (int32_t k = 0; k < n; k++) {
        double slope = product(n, c->vectors + k * n, c->gradient);
        double size = fabs(slope) / fmax(fabs(c->values[k]), least_curvature),
               move = slope < 0 ? size : -size;
        if (k == up) /* off a minimum there is no slope yet */
            move = c->values[k] > 0 ? sign * longest : slope < 0 ? -size : size;
        for (int32_t i = 0; i < n; i++)
            c->step[i] += move * c->vectors[k * n + i];
    }
    length = sqrt(product(n, c->step, c->step));
    for (int32_t i = 0; i < n && length > longest; i++)
        c->step[i] *= longest / length;
    return length;
}

static bool is_inside(const climb *c)
{
    const heat_smooth *v = c->l->view;

    for (int32_t i = 0; i < v->n; i++)
        if ((v->lower != NULL && !(c->s->x[i] > v->lower[i])) ||
            (v->upper != NULL && !(c->s->x[i] < v->upper[i])))
            return false;
    return isfinite(c->s->energy);
}

static bool has_arrived(const climb *c)
{
    const int32_t n = c->l->view->n;

    return sqrt(product(n, c->gradient, c->gradient)) <=
               (c->l->view->has_gradient ? flat : flat_by_energies) * (1 + fabs(c->s->energy)) &&
           c->values[0] < 0 && (n == 1 || c->values[1] > 0);
}

heat_status heat_saddle_run(heat_context *ctx, heat_landscape *l, heat_saddle *s)
{
    climb c = {.l = NULL};
    heat_status status = open_climb(ctx, l, s, &c);

    s->is_saddle = false;
    for (int k = 0; k < MOST_STEPS && status == HEAT_OK && !heat_halted(ctx); k++) {
        status = look(ctx, &c);
        if (status != HEAT_OK || !is_inside(&c))
            break;
        s->is_saddle = has_arrived(&c);
        if (s->is_saddle)
            break;
        find_step(&c);
        for (int32_t i = 0; i < l->view->n; i++)
            s->x[i] += l->scale[i] * c.step[i];
    }
    if (s->is_saddle)
        memcpy(s->along, c.vectors, (size_t)l->view->n * sizeof *s->along);
    close_climb(&c);
    return status;
}
