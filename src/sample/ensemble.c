/* The affine-invariant ensemble, for energies without a gradient: W walkers know by where the others are how
 * the landscape is scaled and tilted. A walker x_k is moved along the line through another one x_j,
 *
 *     y = x_j + z (x_k - x_j),   z on [1/a, a] with density g(z) ~ 1/sqrt(z),
 *
 * accepted with probability min(1, z^(n-1) exp(-(U(y) - U(x_k)) / T)). Goodman and Weare, Comm. App. Math.
 * Comp. Sci. 5 (2010) 65, section 2. One half of the walkers is moved at once, each along a line to the other
 * half, then the other: Foreman-Mackey, Hogg, Lang, Goodman, Publ. Astron. Soc. Pac. 125 (2013) 306,
 * section 3.
 *
 * Walkers of an ensemble are not independent, ensembles are: errors are of these (observables.c). */
#include "kernel/elementary.h"
#include "model/smooth_rows.h"
#include "sample/sampling.h"
#include "sample/walk_free.h"

#include <math.h>
#include <string.h>

/* Half of the walkers of each ensemble of a unit: walker k of them, and the other half of the same one. */
typedef struct half {
    const heat_chains *c;
    const heat_walk_store *s;
    heat_walk_unit *u;
    int64_t unit, size; /* of a half */
    int64_t n_moved, stride;
    int which;
} half;

static int64_t lane_of(const half *h, int64_t k)
{
    return k / h->size * 2 * h->size + h->which * h->size + k % h->size;
}

static int64_t partner_of(const half *h, int64_t k, double uniform)
{
    int64_t first = k / h->size * 2 * h->size + (1 - h->which) * h->size;

    return first + (int64_t)(uniform * (double)h->size);
}

/* sqrt(z) is even on [1/sqrt(a), sqrt(a)]: into `pace`, and the partner into `half`. */
static void draw_lines(const half *h)
{
    const double a = h->s->plan.step, least = 1 / sqrt(a), width = sqrt(a) - least;
    const double *uniform = heat_walk_take_uniforms(h->s, h->u);

    for (int64_t k = 0; k < h->n_moved; k++)
        h->u->half[k] = (double)partner_of(h, k, uniform[lane_of(h, k)]);
    uniform = heat_walk_take_uniforms(h->s, h->u);
    for (int64_t k = 0; k < h->n_moved; k++) {
        double root = least + width * uniform[lane_of(h, k)];
        h->u->pace[k] = root * root;
    }
}

/* False if y would be beyond a wall: there it stays at x, to be evaluated at least. */
static bool propose(const half *h, int64_t k)
{
    const heat_walk_unit *u = h->u;
    const heat_smooth *v = &h->s->view;
    int64_t lane = lane_of(h, k), partner = (int64_t)u->half[k];
    bool is_inside = true;

    for (int32_t i = 0; i < v->n; i++) {
        double x = u->x[i * u->stride + lane], other = u->x[i * u->stride + partner];
        double y = other + u->pace[k] * (x - other);
        is_inside = is_inside && (v->lower == NULL || (y >= v->lower[i] && y <= v->upper[i])) &&
                    heat_walk_is_within(heat_walk_get_limits(h->s, i), y);
        u->new_x[i * h->stride + k] = y;
    }
    for (int32_t i = 0; i < v->n && !is_inside; i++)
        u->new_x[i * h->stride + k] = u->x[i * u->stride + lane];
    return is_inside;
}

static void propose_all(const half *h)
{
    heat_walk_unit *u = h->u;

    for (int64_t k = 0; k < h->n_moved; k++)
        if (!propose(h, k))
            u->pace[k] = 0;
    for (int64_t k = h->n_moved; k < h->stride; k++)
        for (int32_t i = 0; i < h->s->view.n; i++)
            u->new_x[i * h->stride + k] = u->new_x[i * h->stride];
}

static double power(double z, int32_t n)
{
    double result = 1;

    for (; n > 0; n /= 2, z *= z)
        if (n % 2 == 1)
            result *= z;
    return result;
}

/* z^(n-1) exp(-rise), at most 1. */
static double odds_of(double z, int32_t n, double rise)
{
    double weight = power(z, n - 1);

    if (!(rise < (double)INFINITY) || z == 0)
        return 0;
    return fmin(1,
                rise > 0 ? weight * heat_exp_negative(-rise) : weight / heat_exp_negative(fmax(rise, -700)));
}

static void decide(const half *h)
{
    heat_walk_unit *u = h->u;
    const double *uniform = heat_walk_take_uniforms(h->s, u);

    for (int64_t k = 0; k < h->n_moved; k++) {
        int64_t lane = lane_of(h, k);
        double rise = h->c->beta[h->unit * h->c->width + lane] * (u->new_energy[k] - u->energy[lane]);
        u->odds[lane] = odds_of(u->pace[k], h->c->n, rise);
        if (!(uniform[lane] < u->odds[lane]))
            continue;
        for (int32_t i = 0; i < h->c->n; i++) {
            u->x[i * u->stride + lane] = u->new_x[i * h->stride + k];
            u->gradient[i * u->stride + lane] = u->new_gradient[i * h->stride + k];
        }
        u->energy[lane] = u->new_energy[k];
    }
}

static heat_status move_half(heat_context *worker, const half *h)
{
    const heat_walk_store *s = h->s;
    const heat_smooth_block block = {.n_chains = h->n_moved,
                                     .stride = h->stride,
                                     .x = h->u->new_x,
                                     .energies = h->u->new_energy,
                                     .gradients = s->view.has_gradient ? h->u->new_gradient : NULL,
                                     .work = h->u->work};
    heat_status status;

    draw_lines(h);
    propose_all(h);
    status = heat_walk_free_evaluate(worker, s, h->u, &block);
    for (int64_t k = 0; k < h->stride; k++)
        h->u->before[k] = h->u->weight[lane_of(h, k < h->n_moved ? k : 0)];
    heat_walk_free_weigh(s, &block, h->u->before);
    if (status == HEAT_OK)
        decide(h);
    return status;
}

static heat_status sweep(heat_context *worker, heat_chains *c, int64_t unit)
{
    heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    heat_status status = HEAT_OK;

    for (int which = 0; which < 2 && status == HEAT_OK; which++) {
        const half h = {.c = c,
                        .s = s,
                        .u = u,
                        .unit = unit,
                        .size = s->plan.n_walkers / 2,
                        .n_moved = u->n_chains / 2,
                        .stride = heat_smooth_stride((int32_t)(u->n_chains / 2)),
                        .which = which};
        status = move_half(worker, &h);
    }
    if (status == HEAT_OK)
        heat_walk_end_sweep(c, unit);
    return status;
}

const heat_walk_move heat_walk_ensemble = {.refined = 1, .is_ensemble = true, .sweep = sweep};

const heat_engine heat_engine_ensemble = {.name = "ensemble",
                                          .layout = &heat_layout_walks,
                                          .walk = &heat_walk_ensemble,
                                          .run = heat_sampling_run_chains};
