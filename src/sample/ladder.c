/* Spacing a ladder. Where energies are normal with standard deviation sigma, a swap over a gap d in beta is
 * accepted with probability erfc(sigma d / 2); so gaps of equal sigma d have equal rates, and their number is
 * the integral of sigma over beta in units of the wanted sigma d. Sigma is measured on a pilot ladder,
 * geometric in T, which tempers itself. Rathore, Chopra, de Pablo, J. Chem. Phys. 122 (2005) 024111. */
#include "sample/ladder.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>

enum { PILOT_RUNGS = 24, LEAST_PILOT = 64, MOST_PILOT = 2000 };

/* erfc(0.6) = 0.40 of the swaps succeed: alternating pairs like it above the 0.23 of random ones. */
static const double gap = 1.2;

/* Its chains' streams lie beyond all of the run's. */
static const uint64_t pilot_stream = (uint64_t)1 << 62;

typedef struct pilot {
    double betas[PILOT_RUNGS], sum[PILOT_RUNGS], squares[PILOT_RUNGS];
    int64_t count;
    heat_chains *chains;
    heat_exchange exchange;
} pilot;

static heat_status start_pilot(heat_context *ctx, const heat_sampling *s, pilot *p)
{
    heat_chains_plan plan = heat_sampling_plan_chains(s);
    heat_status status;

    plan.n_chains = plan.n_rungs = plan.group = PILOT_RUNGS;
    plan.betas = p->betas;
    plan.first_stream += pilot_stream;
    status = heat_chains_create(ctx, s->model, &plan, &p->chains);
    for (int32_t k = 0; k < PILOT_RUNGS && status == HEAT_OK; k++) {
        heat_chains_set_rung(p->chains, k, k);
        status = heat_chains_start(ctx, p->chains, k, s->initial, 0);
    }
    if (status == HEAT_OK)
        status = heat_exchange_init(ctx, &p->exchange, p->chains);
    return status;
}

/* The second half of the sweeps is measured. */
static heat_status run_pilot(heat_context *ctx, const heat_sampling *s, pilot *p, int64_t n_sweeps)
{
    for (int64_t t = 0; t < n_sweeps && !heat_halted(ctx); t++) {
        heat_status status = heat_engine_sweep(ctx, s->engine, p->chains, 0);
        if (status != HEAT_OK)
            return status;
        heat_exchange_step(&p->exchange, p->chains, 0, (int32_t)(t % 2));
        for (int32_t k = 0; k < PILOT_RUNGS && t >= n_sweeps / 2; k++) {
            double e = heat_chains_get_walk_energy(p->chains, p->exchange.chain_at[k]);
            p->sum[k] += e;
            p->squares[k] += e * e;
        }
        p->count += t >= n_sweeps / 2;
        heat_show_progress(ctx, (double)(t + 1) / (double)n_sweeps,
                           (double)(t + 1) * PILOT_RUNGS * s->info.n_variables, (double)NAN);
    }
    return heat_halt_check(ctx, "the ladder was spaced");
}

static double sigma_at(const pilot *p, int32_t k)
{
    double n = (double)(p->count > 0 ? p->count : 1), mean = p->sum[k] / n;

    return sqrt(fmax(0, p->squares[k] / n - mean * mean));
}

/* The integral of sigma over beta from rung 0 to rung k of the pilot, in gaps. */
static void integrate(const pilot *p, double integral[PILOT_RUNGS])
{
    integral[0] = 0;
    for (int32_t k = 1; k < PILOT_RUNGS; k++)
        integral[k] = integral[k - 1] +
                      (p->betas[k - 1] - p->betas[k]) * (sigma_at(p, k - 1) + sigma_at(p, k)) / 2 / gap;
}

/* Rungs at equal steps of the integral, betas interpolated within a pilot gap. */
static void place_rungs(const pilot *p, const double integral[PILOT_RUNGS], heat_sampling *s)
{
    int32_t k = 1;

    for (int64_t t = 1; t + 1 < s->n_temperatures; t++) {
        double want = integral[PILOT_RUNGS - 1] * (double)t / (double)(s->n_temperatures - 1), part;
        while (k < PILOT_RUNGS - 1 && integral[k] < want)
            k++;
        part =
            integral[k] > integral[k - 1] ? (want - integral[k - 1]) / (integral[k] - integral[k - 1]) : 0.5;
        s->temperatures[t] = 1 / (p->betas[k - 1] + part * (p->betas[k] - p->betas[k - 1]));
    }
}

heat_status heat_ladder_space(heat_context *ctx, heat_sampling *s, double lo, double hi)
{
    pilot p = {.count = 0};
    int64_t n_sweeps = s->opt.burn_in / 2;
    double integral[PILOT_RUNGS];
    heat_status status;

    n_sweeps = n_sweeps < LEAST_PILOT ? LEAST_PILOT : n_sweeps > MOST_PILOT ? MOST_PILOT : n_sweeps;
    for (int32_t k = 0; k < PILOT_RUNGS; k++)
        p.betas[k] = 1 / (lo * pow(hi / lo, (double)k / (PILOT_RUNGS - 1)));
    status = start_pilot(ctx, s, &p);
    if (status == HEAT_OK)
        status = run_pilot(ctx, s, &p, n_sweeps);
    if (status != HEAT_OK)
        goto out;
    integrate(&p, integral);
    if (!(integral[PILOT_RUNGS - 1] < HEAT_MOST_RUNGS - 2)) {
        status = heat_fail_option(
            ctx, "temperature", s->opt.temperature_set,
            "this ladder would need %.0f temperatures, more than %d: choose a narrower range",
            integral[PILOT_RUNGS - 1] + 2, HEAT_MOST_RUNGS);
        goto out;
    }
    s->n_temperatures = (int64_t)ceil(integral[PILOT_RUNGS - 1]) + 1;
    s->n_temperatures = s->n_temperatures < 2 ? 2 : s->n_temperatures;
    status = heat_sampling_alloc_temperatures(ctx, s);
    if (status != HEAT_OK)
        goto out;
    place_rungs(&p, integral, s);
    s->temperatures[0] = lo;
    s->temperatures[s->n_temperatures - 1] = hi;
out:
    heat_exchange_clear(&p.exchange);
    heat_chains_free(p.chains);
    return status;
}
