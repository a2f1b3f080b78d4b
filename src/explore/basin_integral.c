/* Thermodynamic integration from the harmonic well of a basin, H_k = (x - x_k)' H (x - x_k) / 2, to the
 * potential, without leaving the basin: with S_k the share of the Gaussian exp(-H_k / T) that lies in it,
 *
 *     F_k = U_k - T [n/2 log(2 pi T) - 1/2 log det H + log S_k] + integral_0^1 <U - U_k - H_k>_lambda d
 * lambda.
 *
 * lambda = s^2: where the well is far from harmonic, most happens near lambda = 0. No barrier is crossed, so
 * it needs none to be low, and F_k is absolute. Kirkwood, J. Chem. Phys. 3 (1935) 300; Frenkel and Ladd, J.
 * Chem. Phys. 81 (1984) 3188. The integral is the rule of 15 points of Kronrod; how much the 7 points of
 * Gauss among them differ, beyond their noise, is in the error. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "explore/confined_walk.h"
#include "stats/moments.h"
#include "stats/resampling.h"

#include <math.h>

enum { HALF = 8, NODES = 15, POWER = 2, UNITS = NODES + 1, SHORTER = 100, LEAST_SWEEPS = 100 };
static const double least_share = 0.001; /* of the harmonic well that must lie in the basin */

static const double most_error = 0.25; /* of a free energy, in units of T: more is no answer */

/* The streams of walks lie beyond those of chains. */
static const uint64_t first_stream = (uint64_t)1 << 61;

/* Nodes from the end of (-1, 1) to its middle, their weights, and those of Gauss. Kronrod (1965); Piessens et
 * al., QUADPACK (Springer, 1983), qk15. */
static const double node[HALF] = {0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
                                  0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
                                  0.586087235467691130294144838258730, 0.405845151377397166906606412076961,
                                  0.207784955007898467600689403773245, 0};
static const double kronrod[HALF] = {
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
static const double gauss[HALF] = {
    0, 0.129484966168869693270611432679082, 0, 0.279705391489276667901467771423780,
    0, 0.381830050505118944950369775488975, 0, 0.417959183673469387755102040816327};

typedef struct integrals {
    heat_exploring *e;
    int64_t n_chains, burn_in, sweeps;
    double *means;    /* [temperature][basin][node][chain] */
    double *share;    /* [temperature][basin] */
    int64_t *n_draws; /* [temperature][basin] */
} integrals;

static int place_of(int k)
{
    return k < HALF ? k : NODES - 1 - k;
}

/* Node k of (0, 1). */
static double node_at(int k)
{
    return k < HALF ? (1 - node[k]) / 2 : (1 + node[place_of(k)]) / 2;
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    const integrals *s = arg;
    const int64_t place = unit / UNITS, k = unit % UNITS;
    heat_confined_walk walk = {.exploring = s->e,
                               .basin = place % s->e->basins.count,
                               .temperature = s->e->temperatures[place / s->e->basins.count],
                               .stream = first_stream + (uint64_t)unit,
                               .burn_in = s->burn_in,
                               .sweeps = s->sweeps};

    if (!s->e->basins.is_curved[walk.basin])
        return HEAT_OK;
    if (k == NODES)
        return heat_confined_walk_share(worker, &walk, &s->share[place], &s->n_draws[place]);
    walk.lambda = pow(node_at((int)k), POWER);
    walk.means = s->means + (place * NODES + k) * s->n_chains;
    return heat_confined_walk_run(worker, &walk);
}

/* The integral over lambda, in units of T, and its variance, the rule's own error in. */
static void integrate(const integrals *s, int64_t place, double *value, double *variance)
{
    double difference = 0, noise = 0;

    *value = *variance = 0;
    for (int k = 0; k < NODES; k++) {
        double slope = POWER * pow(node_at(k), POWER - 1), w = slope * kronrod[place_of(k)] / 2;
        double off = w - slope * gauss[place_of(k)] / 2, mean;
        double squares =
            heat_mean_and_variance(s->n_chains, s->means + (place * NODES + k) * s->n_chains, &mean) /
            (double)s->n_chains;
        *value += w * mean;
        *variance += w * w * squares;
        difference += off * mean;
        noise += off * off * squares;
    }
    *variance += fmax(0, difference * difference - noise);
}

static double log_det(const heat_flow_basins *b, int64_t k)
{
    const int32_t n = b->view->n;
    double sum = 0;

    for (int32_t i = 0; i < n; i++)
        sum += 2 * log(b->factor[(k * n + i) * n + i]);
    return sum;
}

static heat_status fill(heat_context *ctx, const integrals *s, int32_t t, int64_t k)
{
    const heat_exploring *e = s->e;
    const double two_pi = 6.283185307179586477, temperature = e->temperatures[t];
    const int64_t place = t * e->basins.count + k;
    heat_explore_basin *basin = &e->r->temperatures[t].basins[k];
    double share = s->share[place], value, variance;

    if (!e->basins.is_curved[k])
        return heat_exploring_refuse(
            ctx, e, t, HEAT_EXPLORE_INTEGRATION,
            "basin %lld has a direction without curvature: no harmonic well to begin at", (long long)k + 1);
    if (!(share >= least_share))
        return heat_exploring_refuse(ctx, e, t, HEAT_EXPLORE_INTEGRATION,
                                     "of the harmonic well of basin %lld %.2g lies in it, less than %g",
                                     (long long)k + 1, share, least_share);
    integrate(s, place, &value, &variance);
    variance += (1 - share) / share / (double)s->n_draws[place];
    if (!(variance <= most_error * most_error))
        return heat_exploring_refuse(
            ctx, e, t, HEAT_EXPLORE_INTEGRATION,
            "basin %lld is far from harmonic: its free energy is known to %.2g T alone", (long long)k + 1,
            sqrt(variance));
    basin->free_energy =
        e->minima.minima.energy[k] - temperature * (0.5 * e->view.n * log(two_pi * temperature) -
                                                    0.5 * log_det(&e->basins, k) + log(share) - value);
    basin->free_energy_error = temperature * sqrt(variance) * heat_student_widening(s->n_chains);
    return HEAT_OK;
}

heat_status heat_explore_integrate(heat_context *ctx, heat_exploring *e)
{
    const int64_t n_places = e->n_temperatures * e->basins.count;
    integrals s = {.e = e, .n_chains = heat_confined_walk_count_chains(e), .sweeps = e->opt.sweeps / SHORTER};
    heat_status status = heat_alloc(ctx, n_places * NODES * s.n_chains, sizeof *s.means, &s.means);

    s.sweeps = s.sweeps < LEAST_SWEEPS ? LEAST_SWEEPS : s.sweeps;
    s.burn_in = LEAST_SWEEPS + s.sweeps / 10;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_places, sizeof *s.share, &s.share);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_places, sizeof *s.n_draws, &s.n_draws);
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, heat_model_is_thread_safe(e->model) ? e->opt.threads : 1,
                                   n_places * UNITS, run_unit, &s);
    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK && heat_halted(ctx); t++)
        status = heat_exploring_refuse(ctx, e, t, HEAT_EXPLORE_INTEGRATION, "stopped before it was done");
    for (int64_t place = 0; place < n_places && status == HEAT_OK && !heat_halted(ctx); place++)
        status = fill(ctx, &s, (int32_t)(place / e->basins.count), place % e->basins.count);
    heat_free(s.means);
    heat_free(s.share);
    heat_free(s.n_draws);
    return status;
}

void heat_explore_weigh_integrals(const heat_exploring *e, int32_t t)
{
    const heat_explore_temperature *row = &e->r->temperatures[t];
    const heat_explore_basin *reference = &row->basins[row->reference];
    double sum = 0, squares = 0;

    for (int64_t k = 0; k < e->basins.count; k++)
        if (isnan(row->basins[k].free_energy))
            return;
    for (int64_t k = 0; k < e->basins.count; k++)
        sum += exp((reference->free_energy - row->basins[k].free_energy) / row->temperature);
    for (int64_t k = 0; k < e->basins.count; k++) {
        const heat_explore_basin *b = &row->basins[k];
        heat_explore_weight *w = heat_exploring_weight(e, t, k, HEAT_EXPLORE_INTEGRATION);
        double error = b->free_energy_error / row->temperature;
        w->occupancy = exp((reference->free_energy - b->free_energy) / row->temperature) / sum;
        w->occupancy_error = error; /* of log w, all others alike: for the sum below */
        squares += w->occupancy * w->occupancy * error * error;
        w->delta_f = b->free_energy - reference->free_energy;
        w->delta_f_error = b == reference ? 0 : hypot(b->free_energy_error, reference->free_energy_error);
    }
    for (int64_t k = 0; k < e->basins.count; k++) {
        heat_explore_weight *w = heat_exploring_weight(e, t, k, HEAT_EXPLORE_INTEGRATION);
        double own = w->occupancy * w->occupancy_error, rest = fmax(0, squares - own * own);
        w->occupancy_error =
            w->occupancy *
            sqrt((1 - w->occupancy) * (1 - w->occupancy) * w->occupancy_error * w->occupancy_error + rest);
    }
}
