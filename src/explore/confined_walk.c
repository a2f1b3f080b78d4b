/* Hamiltonian Monte Carlo in coordinates in which the harmonic well is round, x = x_k + sqrt(T) L^-T z with
 * H = L L': there all frequencies are near 1. A trajectory of leapfrog steps from fresh momenta ends where a
 * Metropolis test takes it and the gradient flow leads to x_k; else the chain stays. What leaves the box on
 * the way is lost. Steps are found in the burn-in (sample/walk_tuning.h). */
#include "explore/confined_walk.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/elementary.h"
#include "kernel/isa.h"
#include "model/smooth_rows.h"
#include "sample/walk_tuning.h"

#include <math.h>
#include <string.h>

enum { CHAINS = 16, MOST_LEAPS = 100 }; /* chains come in whole draws of normal numbers */
static const double quarter = 1.570796326794896619, first_step = 0.5, target = 0.8;

/* Rows of n numbers are `width` apart. */
typedef struct walk {
    const heat_confined_walk *plan;
    const heat_flow_basins *basins;
    const heat_walk_kernel *kernel;
    heat_walk_random *random;
    heat_walk_tuning tuning;
    heat_flow flow;
    int64_t width;
    double *memory;
    double *z, *slope;           /* [n][width] where chains are, and d(reduced energy)/dz */
    double *new_z, *new_slope;   /* where they would be */
    double *momentum, *x, *g;    /* [n][width]; x and dU/dx at new_z */
    double *energy, *new_energy; /* [width] reduced; infinite: lost */
    double *over, *new_over;     /* [width] (U - U_k - H_k) / T */
    double *before, *uniform, *potential, *work;
    double *points; /* [width][n] of chains whose basin must be looked at */
    int32_t *basin;
    int64_t *which; /* [width] the chains that they are of */
    bool *is_taken;
} walk;

int64_t heat_confined_walk_count_chains(const heat_exploring *e)
{
    return (e->opt.replicas + CHAINS - 1) / CHAINS * CHAINS;
}

static heat_status open_walk(heat_context *ctx, const heat_confined_walk *plan, walk *w)
{
    const heat_exploring *e = plan->exploring;
    const int64_t n = e->view.n, width = heat_confined_walk_count_chains(e), rows = n * width;
    double **arrays[] = {&w->z,    &w->slope,    &w->new_z,  &w->new_slope, &w->momentum,
                         &w->x,    &w->g,        &w->points, &w->energy,    &w->new_energy,
                         &w->over, &w->new_over, &w->before, &w->uniform,   &w->potential};
    double *at;
    heat_stream seeds;
    heat_status status =
        heat_alloc(ctx, 8 * rows + 7 * width + e->view.n_work, sizeof *w->memory, &w->memory);

    w->plan = plan;
    w->basins = &e->basins;
    w->kernel = heat_isa_get(e->opt.isa)->walks;
    w->width = width;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, width, sizeof *w->basin, &w->basin);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, width, sizeof *w->which, &w->which);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, width, sizeof *w->is_taken, &w->is_taken);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *w->random, &w->random);
    if (status == HEAT_OK)
        status = heat_flow_open(ctx, w->basins, &w->flow);
    if (status != HEAT_OK)
        return status;
    at = w->memory;
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
        *arrays[k] = at;
        at += k < 8 ? rows : width;
    }
    w->work = at;
    heat_stream_init(&seeds, e->opt.seed, HEAT_PURPOSE_SWEEP, plan->stream);
    for (int l = 0; l < HEAT_WALK_LANES; l++)
        for (int k = 0; k < 4; k++)
            w->random->word[k][l] = heat_stream_bits(&seeds);
    heat_walk_tuning_begin(&w->tuning, first_step);
    return HEAT_OK;
}

static void close_walk(walk *w)
{
    heat_flow_close(&w->flow);
    heat_free(w->memory);
    heat_free(w->basin);
    heat_free(w->which);
    heat_free(w->is_taken);
    heat_free(w->random);
}

/* x of every chain from new_z; those that lie beyond a wall are put on it, and lost. */
static void place(walk *w)
{
    const heat_smooth *v = w->basins->view;
    const int32_t n = v->n;
    const double *factor = w->basins->factor + w->plan->basin * n * n;
    const double *at = w->basins->minima->minima.x + w->plan->basin * n, s = sqrt(w->plan->temperature);

    memset(w->new_energy, 0, (size_t)w->width * sizeof *w->new_energy);
    for (int32_t i = n; i-- > 0;) {
        double *x = w->x + i * w->width;
        memcpy(x, w->new_z + i * w->width, (size_t)w->width * sizeof *x);
        for (int32_t j = i + 1; j < n; j++)
            for (int64_t c = 0; c < w->width; c++)
                x[c] -= factor[j * n + i] * w->x[j * w->width + c];
        for (int64_t c = 0; c < w->width; c++)
            x[c] /= factor[i * n + i];
    }
    for (int32_t i = 0; i < n; i++)
        for (int64_t c = 0; c < w->width; c++) {
            double *x = &w->x[i * w->width + c], free_x = at[i] + s * *x;
            *x = free_x;
            if (v->lower != NULL && *x < v->lower[i])
                *x = v->lower[i];
            if (v->upper != NULL && *x > v->upper[i])
                *x = v->upper[i];
            if (*x != free_x)
                w->new_energy[c] = (double)INFINITY;
        }
}

/* dU/dx into d(U/T)/dz, in place: sqrt(1/T) L^-1 g. */
static void turn_slope(const walk *w)
{
    const int32_t n = w->basins->view->n;
    const double *factor = w->basins->factor + w->plan->basin * n * n;
    const double scale = 1 / sqrt(w->plan->temperature);

    for (int32_t i = 0; i < n; i++) {
        double *g = w->g + i * w->width;
        for (int32_t j = 0; j < i; j++)
            for (int64_t c = 0; c < w->width; c++)
                g[c] -= factor[i * n + j] * w->g[j * w->width + c];
        for (int64_t c = 0; c < w->width; c++)
            g[c] /= factor[i * n + i];
    }
    for (int64_t k = 0; k < n * w->width; k++)
        w->g[k] *= scale;
}

/* Reduced energies and slopes at new_z. */
static heat_status evaluate(heat_context *ctx, walk *w)
{
    const heat_smooth *v = w->basins->view;
    const double lambda = w->plan->lambda, lowest = w->basins->minima->minima.energy[w->plan->basin];
    const heat_smooth_block block = {.n_chains = w->width,
                                     .stride = w->width,
                                     .x = w->x,
                                     .energies = w->potential,
                                     .gradients = w->g,
                                     .work = w->work};
    heat_status status;

    place(w);
    status = heat_smooth_evaluate(ctx, v, &block);
    if (status != HEAT_OK)
        return status;
    turn_slope(w);
    for (int64_t c = 0; c < w->width; c++) {
        double half = 0;
        for (int32_t i = 0; i < v->n; i++)
            half += w->new_z[i * w->width + c] * w->new_z[i * w->width + c] / 2;
        w->new_over[c] = (w->potential[c] - lowest) / w->plan->temperature - half;
        w->new_energy[c] += half + lambda * w->new_over[c];
    }
    for (int64_t k = 0; k < v->n * w->width; k++)
        w->new_slope[k] = (1 - lambda) * w->new_z[k] + lambda * w->g[k];
    return HEAT_OK;
}

/* is_taken[c] stays set where new_z of chain c lies in the basin. */
static heat_status keep_inside(heat_context *ctx, walk *w)
{
    const int32_t n = w->basins->view->n;
    const double reach = w->basins->reach[w->plan->basin] / w->plan->temperature;
    int64_t count = 0;
    heat_status status;

    for (int64_t c = 0; c < w->width; c++) {
        double half = 0;
        for (int32_t i = 0; i < n; i++)
            half += w->new_z[i * w->width + c] * w->new_z[i * w->width + c] / 2;
        if (!w->is_taken[c] || half < reach)
            continue;
        for (int32_t i = 0; i < n; i++)
            w->points[count * n + i] = w->x[i * w->width + c];
        w->which[count++] = c;
    }
    status = heat_flow_locate(ctx, &w->flow, count, w->points, w->basin);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        w->is_taken[w->which[k]] = w->basin[k] == w->plan->basin;
    return status;
}

/* Chains that are taken go where they would be. */
static void settle(walk *w)
{
    for (int64_t c = 0; c < w->width; c++) {
        if (!w->is_taken[c])
            continue;
        for (int32_t i = 0; i < w->basins->view->n; i++) {
            w->z[i * w->width + c] = w->new_z[i * w->width + c];
            w->slope[i * w->width + c] = w->new_slope[i * w->width + c];
        }
        w->energy[c] = w->new_energy[c];
        w->over[c] = w->new_over[c];
    }
}

/* All chains in draws of the harmonic well; is_taken tells which lie in the basin. */
static heat_status draw(heat_context *ctx, walk *w)
{
    heat_status status;

    w->kernel->normals(w->random, w->basins->view->n * w->width, w->new_z);
    status = evaluate(ctx, w);
    for (int64_t c = 0; c < w->width; c++)
        w->is_taken[c] = isfinite(w->new_energy[c]) && isfinite(w->potential[c]);
    return status == HEAT_OK ? keep_inside(ctx, w) : status;
}

/* Chains begin at the minimum, or at a draw about it that lies in the basin. */
static heat_status begin(heat_context *ctx, walk *w)
{
    heat_status status;

    memset(w->new_z, 0, (size_t)(w->basins->view->n * w->width) * sizeof *w->new_z);
    status = evaluate(ctx, w);
    for (int64_t c = 0; c < w->width; c++)
        w->is_taken[c] = true;
    settle(w);
    if (status == HEAT_OK)
        status = draw(ctx, w);
    if (status == HEAT_OK)
        settle(w);
    return status;
}

static double kinetic(const walk *w, int64_t c)
{
    double sum = 0;

    for (int32_t i = 0; i < w->basins->view->n; i++)
        sum += w->momentum[i * w->width + c] * w->momentum[i * w->width + c] / 2;
    return sum;
}

/* A trajectory of all chains from where they are to new_z; `lost` ends infinite of those that met a wall. */
static heat_status fly(heat_context *ctx, walk *w, int64_t leaps, double step)
{
    const int64_t rows = w->basins->view->n * w->width;
    heat_status status = HEAT_OK;

    w->kernel->normals(w->random, rows, w->momentum);
    memcpy(w->new_z, w->z, (size_t)rows * sizeof *w->z);
    memcpy(w->new_slope, w->slope, (size_t)rows * sizeof *w->z);
    for (int64_t c = 0; c < w->width; c++)
        w->before[c] = w->energy[c] + kinetic(w, c);
    for (int64_t k = 0; k < leaps && status == HEAT_OK; k++) {
        for (int64_t i = 0; i < rows; i++) {
            w->momentum[i] -= step / 2 * w->new_slope[i];
            w->new_z[i] += step * w->momentum[i];
        }
        status = evaluate(ctx, w);
        for (int64_t c = 0; c < w->width && status == HEAT_OK; c++)
            if (!isfinite(w->new_energy[c]) || w->new_energy[c] > 1e100) /* it rests, and is refused */
                for (int32_t i = 0; i < w->basins->view->n; i++) {
                    w->before[c] = -(double)INFINITY;
                    w->new_z[i * w->width + c] = w->z[i * w->width + c];
                    w->momentum[i * w->width + c] = w->new_slope[i * w->width + c] = 0;
                }
        for (int64_t i = 0; i < rows && status == HEAT_OK; i++)
            w->momentum[i] -= step / 2 * w->new_slope[i];
    }
    return status;
}

static heat_status sweep(heat_context *ctx, walk *w, bool adapts)
{
    const double step = w->tuning.step, most = ceil(quarter / step);
    double accepted = 0, mean = most < MOST_LEAPS ? most : MOST_LEAPS;
    heat_status status;

    w->kernel->uniforms(w->random, HEAT_WALK_LANES, w->uniform);
    status = fly(ctx, w, 1 + (int64_t)(w->uniform[0] * (2 * mean - 1)), step);
    if (status != HEAT_OK)
        return status;
    w->kernel->uniforms(w->random, w->width, w->uniform);
    for (int64_t c = 0; c < w->width; c++) {
        double rise = w->new_energy[c] + kinetic(w, c) - w->before[c];
        double odds = rise <= 0 ? 1 : isfinite(rise) ? heat_exp_negative(-rise) : 0;
        w->is_taken[c] = w->uniform[c] < odds;
        accepted += odds / (double)w->width;
    }
    status = keep_inside(ctx, w);
    if (status == HEAT_OK)
        settle(w);
    if (adapts)
        heat_walk_tuning_update(&w->tuning, accepted, target, (double)INFINITY);
    return status;
}

heat_status heat_confined_walk_run(heat_context *ctx, const heat_confined_walk *plan)
{
    walk w = {.plan = NULL};
    heat_status status = open_walk(ctx, plan, &w);

    if (status == HEAT_OK)
        status = begin(ctx, &w);
    for (int64_t t = 0; t < plan->burn_in && status == HEAT_OK && !heat_halted(ctx); t++)
        status = sweep(ctx, &w, true);
    heat_walk_tuning_settle(&w.tuning);
    for (int64_t t = 0; t < plan->sweeps && status == HEAT_OK && !heat_halted(ctx); t++) {
        status = sweep(ctx, &w, false);
        for (int64_t c = 0; c < w.width; c++)
            plan->means[c] += w.over[c] / (double)plan->sweeps;
    }
    close_walk(&w);
    return status;
}

heat_status heat_confined_walk_share(heat_context *ctx, const heat_confined_walk *plan, int64_t *n_inside)
{
    walk w = {.plan = NULL};
    heat_status status = open_walk(ctx, plan, &w);

    *n_inside = 0;
    for (int64_t t = 0; t < plan->sweeps && status == HEAT_OK && !heat_halted(ctx); t++) {
        status = draw(ctx, &w);
        for (int64_t c = 0; c < w.width; c++)
            *n_inside += w.is_taken[c];
    }
    close_walk(&w);
    return status;
}
