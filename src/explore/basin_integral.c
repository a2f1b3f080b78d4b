/* Thermodynamic integration from the harmonic well of a basin, H_k = (x - x_k)' H (x - x_k) / 2, to the
 * potential, without leaving the basin: with S_k the share of the Gaussian exp(-H_k / T) that lies in it,
 *
 *     F_k = U_k - T [n/2 log(2 pi T) - 1/2 log det H + log S_k] + integral_0^1 <U - U_k - H_k>_lambda d
 * lambda.
 *
 * lambda = s^2: where the well is far from harmonic, most happens near lambda = 0. No barrier is crossed, so
 * it needs none to be low, and F_k is absolute. Kirkwood, J. Chem. Phys. 3 (1935) 300; Frenkel and Ladd, J.
 * Chem. Phys. 81 (1984) 3188. The integral is the rule of 15 points of Kronrod; how much the 7 points of
 * Gauss among them differ, where it is more than noise, is in the error. Sweeps go where they help most. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "explore/confined_walk.h"
#include "stats/moments.h"
#include "stats/resampling.h"

#include <math.h>
#include <string.h>

enum { HALF = 8, NODES = 15, POWER = 2, UNITS = NODES + 1, SHORTER = 200, LEAST_SWEEPS = 100, ROUNDS = 4 };
static const double least_share = 0.001; /* of the harmonic well that must lie in the basin */

static const double most_error = 0.25; /* of a free energy, in units of T: more is no answer */

static const double most_noise = 9; /* variances: a difference of the two rules below it shows no error */
static const double surplus = 1.15; /* of the sweeps that are foreseen */

/* The streams of walks lie beyond those of chains, those of rounds so far apart. */
static const uint64_t first_stream = (uint64_t)1 << 61, round_stream = (uint64_t)1 << 40;

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

/* Walks at a node of a basin at a temperature, all rounds together; the last unit of a place counts draws. */
typedef struct integrals {
    heat_exploring *e;
    int64_t n_places; /* temperatures by basins */
    int64_t n_chains, round, first_unit;
    int64_t *next;     /* [place][unit] sweeps of the round at hand */
    int64_t *n_sweeps; /* [place][unit] of all rounds that are whole */
    double *means;     /* [place][node][chain] over them */
    double *fresh;     /* [place][node][chain] of the round at hand */
    int64_t *n_inside; /* [place] draws of the harmonic well that lie in the basin */
} integrals;

static int place_of(int k)
{
    return k < HALF ? k : NODES - 1 - k;
}

/* Node k of (0, 1), the weight there of the integral over the root of lambda, and Kronrod's less Gauss's. */
static double node_at(int k)
{
    return k < HALF ? (1 - node[k]) / 2 : (1 + node[place_of(k)]) / 2;
}

static double weight_at(int k, double *off)
{
    const double slope = POWER * pow(node_at(k), POWER - 1), w = slope * kronrod[place_of(k)] / 2;

    *off = w - slope * gauss[place_of(k)] / 2;
    return w;
}

static double *means_of(const integrals *s, double *of, int64_t place, int64_t k)
{
    return of + (place * NODES + k) * s->n_chains;
}

/* The draws of a place that were counted. */
static double draws_of(const integrals *s, int64_t place)
{
    return (double)(s->n_sweeps[place * UNITS + NODES] * s->n_chains);
}

/* True if every walk of a place has been made. */
static bool is_whole(const integrals *s, int64_t place)
{
    for (int k = 0; k < UNITS; k++)
        if (s->n_sweeps[place * UNITS + k] == 0)
            return false;
    return true;
}

static double share_of(const integrals *s, int64_t place)
{
    return (double)s->n_inside[place] / draws_of(s, place);
}

/* Adds a unit's walk to those of rounds before, unless it was halted on the way. */
static void add_walk(integrals *s, int64_t unit, int64_t n_inside)
{
    const int64_t place = unit / UNITS, k = unit % UNITS;
    const double all = (double)(s->n_sweeps[unit] + s->next[unit]), part = (double)s->next[unit] / all;

    if (k == NODES) {
        s->n_inside[place] += n_inside;
    } else {
        double *mean = means_of(s, s->means, place, k), *fresh = means_of(s, s->fresh, place, k);
        for (int64_t c = 0; c < s->n_chains; c++)
            mean[c] += part * (fresh[c] - mean[c]);
    }
    s->n_sweeps[unit] += s->next[unit];
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t index)
{
    integrals *s = arg;
    const int64_t unit = s->first_unit + index, place = unit / UNITS, k = unit % UNITS;
    heat_confined_walk walk = {.exploring = s->e,
                               .basin = place % s->e->basins.count,
                               .temperature = s->e->temperatures[place / s->e->basins.count],
                               .stream = first_stream + round_stream * (uint64_t)s->round + (uint64_t)unit,
                               .burn_in = LEAST_SWEEPS + s->next[unit] / 10,
                               .sweeps = s->next[unit]};
    int64_t n_inside = 0;
    heat_status status;

    if (walk.sweeps == 0)
        return HEAT_OK;
    if (k == NODES) {
        status = heat_confined_walk_share(worker, &walk, &n_inside);
    } else {
        walk.lambda = pow(node_at((int)k), POWER);
        walk.means = means_of(s, s->fresh, place, k);
        memset(walk.means, 0, (size_t)s->n_chains * sizeof *walk.means);
        status = heat_confined_walk_run(worker, &walk);
    }
    if (status == HEAT_OK && !heat_halted(worker))
        add_walk(s, unit, n_inside);
    return status;
}

/* The integral over lambda, in units of T, and its variance, the rule's own error in. */
static void integrate(const integrals *s, int64_t place, double *value, double *variance)
{
    double difference = 0, noise = 0;

    *value = *variance = 0;
    for (int k = 0; k < NODES; k++) {
        double off, w = weight_at(k, &off), mean;
        double squares =
            heat_mean_and_variance(s->n_chains, means_of(s, s->means, place, k), &mean) / (double)s->n_chains;
        *value += w * mean;
        *variance += w * w * squares;
        difference += off * mean;
        noise += off * off * squares;
    }
    if (difference * difference > most_noise * noise)
        *variance += difference * difference - noise;
}

/* That of F_k / T. */
static double variance_of(const integrals *s, int64_t place)
{
    double value, variance, share = share_of(s, place);

    integrate(s, place, &value, &variance);
    return variance + (1 - share) / share / draws_of(s, place);
}

/* wanted[unit of a place]: sweeps, shared out so that the least of them bring its error to the target, in
 * proportion to the scatter that a sweep at a node leaves; fewer where that is out of reach. */
static void share_sweeps(const integrals *s, int64_t place, double target, double *wanted)
{
    const int64_t *done = s->n_sweeps + place * UNITS;
    const double share = share_of(s, place), most = (double)s->e->opt.sweeps;
    double scatter[UNITS], all = 0, largest = 0;

    for (int k = 0; k < UNITS; k++) {
        double off, w = k < NODES ? weight_at(k, &off) : 1;
        double squares = k < NODES
                             ? heat_variance(s->n_chains, means_of(s, s->means, place, k)) * (double)done[k]
                             : (1 - share) / share;
        scatter[k] = w * sqrt(squares / (double)s->n_chains);
        all += scatter[k];
    }
    for (int k = 0; k < UNITS; k++) {
        wanted[k] = surplus * scatter[k] * all / target;
        largest = fmax(largest, wanted[k]);
    }
    for (int k = 0; k < UNITS; k++)
        wanted[k] = s->e->may_settle && largest > HEAT_EXPLORE_OUT_OF_SIGHT * most
                        ? wanted[k] * most / (HEAT_EXPLORE_PART * largest)
                        : fmin(wanted[k], most);
}

/* Sweeps of the next round, where an error is above what it is to be. */
static bool plan_round(integrals *s)
{
    const double target = 0.5 * s->e->target_error * s->e->target_error; /* of two basins' difference */
    bool is_needed = false;

    for (int64_t place = 0; place < s->n_places; place++) {
        int64_t *next = s->next + place * UNITS, *done = s->n_sweeps + place * UNITS;
        double wanted[UNITS];
        memset(next, 0, UNITS * sizeof *next);
        if (!is_whole(s, place) || !(share_of(s, place) >= least_share) || variance_of(s, place) <= target)
            continue;
        share_sweeps(s, place, target, wanted);
        for (int k = 0; k < UNITS; k++) {
            const double sweeps = wanted[k] - (double)done[k];
            next[k] = sweeps < LEAST_SWEEPS ? 0 : (int64_t)sweeps;
            is_needed = is_needed || next[k] > 0;
        }
    }
    return is_needed;
}

/* One place after the other, to show how far it is. */
static heat_status run_round(heat_context *ctx, integrals *s)
{
    const int64_t threads = heat_model_is_thread_safe(s->e->model) ? s->e->opt.threads : 1;
    heat_status status = HEAT_OK;

    for (int64_t place = 0; place < s->n_places && status == HEAT_OK && !heat_halted(ctx); place++) {
        s->first_unit = place * UNITS;
        status = heat_parallel_for(ctx, threads, UNITS, run_unit, s);
        for (int64_t k = 0; k < UNITS; k++)
            s->e->r->updates += s->next[place * UNITS + k] * s->n_chains * s->e->view.n;
        heat_exploring_show(ctx, s->e, ((double)s->round + (double)place / (double)s->n_places) / ROUNDS);
    }
    s->round++;
    return status;
}

static heat_status fill(heat_context *ctx, const integrals *s, int32_t t, int64_t k)
{
    const heat_exploring *e = s->e;
    const double two_pi = 6.283185307179586477, temperature = e->temperatures[t];
    const int64_t place = t * e->basins.count + k;
    heat_explore_basin *basin = &e->r->temperatures[t].basins[k];
    double share, value, variance;

    if (!e->basins.is_curved[k])
        return heat_exploring_withhold(
            ctx, e, t, HEAT_EXPLORE_INTEGRATION, HEAT_EXPLORE_OUT_OF_REACH,
            "basin %lld has a direction without curvature: no harmonic well to begin at", (long long)k + 1);
    if (!is_whole(s, place))
        return heat_exploring_withhold(ctx, e, t, HEAT_EXPLORE_INTEGRATION, HEAT_EXPLORE_REFUSED,
                                       "stopped before it was done");
    share = share_of(s, place);
    if (!(share >= least_share))
        return heat_exploring_withhold(ctx, e, t, HEAT_EXPLORE_INTEGRATION, HEAT_EXPLORE_OUT_OF_REACH,
                                       "of the harmonic well of basin %lld %.2g lies in it, less than %g",
                                       (long long)k + 1, share, least_share);
    integrate(s, place, &value, &variance);
    variance = variance_of(s, place);
    if (!(variance <= most_error * most_error))
        return heat_exploring_withhold(
            ctx, e, t, HEAT_EXPLORE_INTEGRATION, HEAT_EXPLORE_OUT_OF_REACH,
            "basin %lld is far from harmonic: its free energy is known to %.2g T alone", (long long)k + 1,
            sqrt(variance));
    basin->free_energy = e->minima.minima.energy[k] -
                         temperature * (0.5 * e->view.n * log(two_pi * temperature) -
                                        0.5 * heat_flow_basins_log_det(&e->basins, k) + log(share) - value);
    basin->free_energy_error = temperature * sqrt(variance) * heat_student_widening(s->n_chains);
    return HEAT_OK;
}

static heat_status open_integrals(heat_context *ctx, heat_exploring *e, integrals *s)
{
    int64_t first = e->opt.sweeps / SHORTER;
    heat_status status;

    s->e = e;
    s->n_places = e->n_temperatures * e->basins.count;
    s->n_chains = heat_confined_walk_count_chains(e);
    first = first < LEAST_SWEEPS ? LEAST_SWEEPS : first;
    status = heat_alloc(ctx, s->n_places * UNITS, sizeof *s->next, &s->next);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_places * UNITS, sizeof *s->n_sweeps, &s->n_sweeps);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_places * NODES * s->n_chains, sizeof *s->means, &s->means);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_places * NODES * s->n_chains, sizeof *s->fresh, &s->fresh);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_places, sizeof *s->n_inside, &s->n_inside);
    for (int64_t unit = 0; unit < s->n_places * UNITS && status == HEAT_OK; unit++)
        s->next[unit] = e->basins.is_curved[unit / UNITS % e->basins.count] ? first : 0;
    return status;
}

heat_status heat_explore_integrate(heat_context *ctx, heat_exploring *e)
{
    integrals s = {.e = NULL};
    heat_status status = open_integrals(ctx, e, &s);
    bool is_needed = true;

    while (status == HEAT_OK && is_needed && s.round < ROUNDS && !heat_halted(ctx)) {
        status = run_round(ctx, &s);
        is_needed = e->basins.count > 1 && plan_round(&s); /* of one basin there is no difference to know */
    }
    for (int64_t place = 0; place < s.n_places && status == HEAT_OK; place++)
        status = fill(ctx, &s, (int32_t)(place / e->basins.count), place % e->basins.count);
    heat_free(s.next);
    heat_free(s.n_sweeps);
    heat_free(s.means);
    heat_free(s.fresh);
    heat_free(s.n_inside);
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
