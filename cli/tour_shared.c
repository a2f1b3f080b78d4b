/* The claim `shared-numbers`: what 512 replicas are worth, by the variance of one replica's energy over that
 * of the mean of all, at the critical temperature, each trial from random starts. Heatbath's replicas have
 * random numbers of their own; the sampler below gives each site one number for all of them, which costs a
 * 512th, makes every average wrong in the same way, and is found nowhere in heatbath but here. */
#include "tour.h"

#include <math.h>
#include <string.h>

enum { SIDE = 8, N_SITES = SIDE * SIDE, WORDS = 8, REPLICAS = 64 * WORDS, SWEEPS = 100, TRIALS = 256 };

static const double critical = 2.269185314213022;

/* Weyl steps and a mixer: Steele, Lea, Flood, OOPSLA (2014). */
static uint64_t next(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

typedef struct lattice {
    uint64_t up[N_SITES][WORDS]; /* a bit a replica */
} lattice;

static int neighbour(int site, int which)
{
    int y = site / SIDE, x = site % SIDE;
    int to_y = which == 0 ? (y + 1) % SIDE : which == 1 ? (y + SIDE - 1) % SIDE : y;
    int to_x = which == 2 ? (x + 1) % SIDE : which == 3 ? (x + SIDE - 1) % SIDE : x;

    return to_y * SIDE + to_x;
}

/* Heat bath: up with probability 1 / (1 + exp(-2 f / T)), f = 2 count - 4; the same u for every replica. */
static void sweep(lattice *l, uint64_t *stream)
{
    for (int site = 0; site < N_SITES; site++) {
        double u = (double)(next(stream) >> 11) * 0x1p-53;
        uint64_t chosen[5];
        for (int count = 0; count < 5; count++)
            chosen[count] = u < 1 / (1 + exp(-2 * (2 * count - 4) / critical)) ? ~(uint64_t)0 : 0;
        for (int w = 0; w < WORDS; w++) {
            uint64_t a = l->up[neighbour(site, 0)][w], b = l->up[neighbour(site, 1)][w];
            uint64_t c = l->up[neighbour(site, 2)][w], d = l->up[neighbour(site, 3)][w];
            uint64_t ab = a ^ b, cd = c ^ d, ones = ab ^ cd, carry = a & b, other = c & d;
            uint64_t twos = carry ^ other ^ (ab & cd), fours = carry & other; /* the count in binary */
            l->up[site][w] = (~ones & ~twos & ~fours & chosen[0]) | (ones & ~twos & chosen[1]) |
                             (~ones & twos & chosen[2]) | (ones & twos & chosen[3]) | (fours & chosen[4]);
        }
    }
}

static double energy_of(const lattice *l, int replica)
{
    double energy = 0;

    for (int site = 0; site < N_SITES; site++)
        for (int which = 0; which < 4; which += 2) {
            uint64_t differ = l->up[site][replica / 64] ^ l->up[neighbour(site, which)][replica / 64];
            energy += differ >> replica % 64 & 1 ? 1 : -1;
        }
    return energy;
}

/* One trial with shared numbers. */
static heat_status run_shared(cli *c, int trial, double *energies)
{
    uint64_t stream = c->args.values.own.seed * 0x9e3779b97f4a7c15u + (uint64_t)trial;
    lattice l;

    for (int site = 0; site < N_SITES; site++)
        for (int w = 0; w < WORDS; w++)
            l.up[site][w] = next(&stream);
    for (int t = 0; t < SWEEPS; t++)
        sweep(&l, &stream);
    for (int r = 0; r < REPLICAS; r++)
        energies[r] = energy_of(&l, r);
    return HEAT_OK;
}

/* One trial of heatbath's. */
static heat_status run_own(cli *c, int trial, double *energies)
{
    heat_model *model = NULL;
    heat_sample_options options;
    heat_sample_result result;
    heat_status status = HEAT_OK;

    heat_sample_result_init(&result);
    heat_sample_options_init(&options);
    options.seed = c->args.values.own.seed;
    options.threads = c->args.values.own.threads;
    options.index = trial;
    options.engine = "heat-bath";
    options.temperature = critical;
    options.replicas = REPLICAS;
    options.burn_in = SWEEPS;
    options.sweeps = options.thin = 4;
    options.keep_states = true;
    if (heat_model_load(c->ctx, "lattice:8x8,J=1", &model) != HEAT_OK ||
        heat_sample(c->ctx, model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    for (int r = 0; r < REPLICAS && result.n_draws == 1; r++)
        energies[r] = result.energies[r];
    heat_sample_result_clear(&result);
    heat_model_free(model);
    return status;
}

/* Variance of one over that of the mean; the latter, from so many trials, is known to sqrt(2 / (n - 1)). */
static heat_status weigh(cli *c, heat_status (*run)(cli *c, int trial, double *energies), tour_row *row)
{
    double of_one[2] = {0, 0}, of_mean[2] = {0, 0}; /* sums, sums of squares */
    double single, average;

    for (int trial = 0; trial < TRIALS; trial++) {
        double energies[REPLICAS] = {0}, mean = 0;
        heat_status status = run(c, trial, energies);
        if (status != HEAT_OK)
            return status;
        for (int r = 0; r < REPLICAS; r++) {
            mean += energies[r] / REPLICAS;
            of_one[0] += energies[r];
            of_one[1] += energies[r] * energies[r];
        }
        of_mean[0] += mean;
        of_mean[1] += mean * mean;
    }
    single = of_one[1] / (TRIALS * REPLICAS) - pow(of_one[0] / (TRIALS * REPLICAS), 2);
    average = (of_mean[1] - of_mean[0] * of_mean[0] / TRIALS) / (TRIALS - 1);
    row->measured = single / average;
    row->error = row->measured * sqrt(2.0 / (TRIALS - 1));
    row->expected = REPLICAS;
    return HEAT_OK;
}

heat_status tour_measure_shared_numbers(cli *c, tour_finding *f)
{
    heat_status status;

    f->n_rows = 2;
    f->rows[0] = (tour_row){.label = "random numbers of their own", .is_worth = true};
    f->rows[1] = (tour_row){.label = "one random number for all", .is_worth = true};
    status = weigh(c, run_own, &f->rows[0]);
    if (status == HEAT_OK)
        status = weigh(c, run_shared, &f->rows[1]);
    /* A variance scatters by a factor; a fake is worth less than a tenth of what it claims. */
    f->rows[0].distance =
        fabs(log(f->rows[0].measured / REPLICAS)) / (tour_allowed_errors * sqrt(2.0 / (TRIALS - 1)));
    f->rows[1].distance = f->rows[1].measured / (REPLICAS / 10.0);
    return status;
}
