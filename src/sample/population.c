/* Population annealing. From beta to beta', member i gets the weight exp(-(beta' - beta) E_i) and as many
 * copies, by systematic resampling, as its share of the sum says: floor or ceiling of it, the expectation
 * exact. Then log Z(beta') = log Z(beta) + log(mean weight), whose exponential is unbiased. Copies stand side
 * by side, so the autocorrelation along the members is that of families.
 *
 * Hukushima and Iba, AIP Conf. Proc. 690 (2003) 200; Wang, Machta, Katzgraber, Phys. Rev. E 92 (2015) 063307.
 */
#include "sample/population.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/elementary.h"
#include "stats/log_sum.h"

#include <math.h>
#include <string.h>

/* Sweeps of a burn-in that no run sees the end of. */
static const int64_t adapts_on = (int64_t)1 << 40;

static heat_chains_plan chains_plan(const heat_population_plan *plan)
{
    return (heat_chains_plan){.n_chains = plan->n_populations * plan->n_members,
                              .n_rungs = 1,
                              .betas = &plan->beta_max,
                              .seed = plan->seed,
                              .first_stream = plan->first_stream,
                              .isa = plan->isa,
                              .rule = plan->rule,
                              .is_steady = plan->is_steady,
                              .is_weighted = plan->is_weighted,
                              .scales_couplings = plan->scales_couplings,
                              .walk = plan->walk,
                              .burn_in = plan->adapts ? adapts_on : 0,
                              .reference = plan->reference};
}

/* Energies of bits are counted when they are asked for. */
static void measure_unit(heat_population *p, int64_t unit)
{
    int64_t first, last;

    if (heat_chains_has_gains(p->chains))
        return;
    if (p->chains->layout == &heat_layout_bits)
        heat_chains_measure(p->chains, unit);
    heat_chains_get_unit(p->chains, unit, &first, &last);
    for (int64_t k = first; k < last; k++)
        p->path_energy[k] = heat_chains_get_path_energy(p->chains, k);
}

/* A state of independent units. */
static const int8_t *draw_state(const heat_population *p, int64_t member)
{
    const int8_t low = p->chains->info.coding == HEAT_CODING_SPIN ? -1 : 0;
    heat_stream stream;

    heat_stream_init(&stream, p->plan.seed, HEAT_PURPOSE_INITIAL, p->plan.first_stream + (uint64_t)member);
    for (int64_t i = 0; i < p->chains->n; i++)
        p->states[i] = heat_stream_uniform(&stream) * (1 + exp(-p->plan.reference[i])) < 1 ? 1 : low;
    return p->states;
}

/* Uniform states the chains draw themselves. */
static heat_status start_unit(heat_context *ctx, heat_population *p, int64_t unit)
{
    int64_t first, last;
    heat_status status = HEAT_OK;

    if (p->plan.reference == NULL)
        return heat_chains_start_whole_unit(ctx, p->chains, unit, NULL);
    heat_chains_get_unit(p->chains, unit, &first, &last);
    for (int64_t k = first; k < last && status == HEAT_OK; k++)
        status = heat_chains_start(ctx, p->chains, k, draw_state(p, k), 0);
    return status;
}

static heat_status start_members(heat_context *ctx, heat_population *p)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < p->chains->n_chains; k++) {
        heat_chains_set_beta(p->chains, k, 0);
        p->family[k] = (int32_t)(k % p->plan.n_members);
    }
    for (int64_t unit = 0; unit < p->chains->n_units && status == HEAT_OK; unit++) {
        status = start_unit(ctx, p, unit);
        if (status == HEAT_OK)
            measure_unit(p, unit);
    }
    p->log_start = heat_chains_get_log_start(p->chains);
    for (int64_t k = 0; k < p->plan.n_populations; k++) {
        p->log_z[k] = p->log_start;
        heat_stream_init(&p->streams[k], p->plan.seed, HEAT_PURPOSE_RESAMPLE,
                         p->plan.first_stream + (uint64_t)k);
    }
    return status;
}

heat_status heat_population_init(heat_context *ctx, heat_population *p, const heat_model *model,
                                 const heat_population_plan *plan)
{
    heat_chains_plan chains = chains_plan(plan);
    int64_t n = plan->n_members;
    heat_status status;

    *p = (heat_population){.plan = *plan};
    status = heat_chains_create(ctx, model, &chains, &p->chains);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan->n_populations, sizeof *p->log_z, &p->log_z);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan->n_populations, sizeof *p->streams, &p->streams);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, chains.n_chains, sizeof *p->family, &p->family);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *p->cumulative, &p->cumulative);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *p->source, &p->source);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *p->families, &p->families);
    if (status == HEAT_OK)
        status = heat_rows_alloc(ctx, &p->chains->form, n, &p->rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, chains.n_chains, sizeof *p->path_energy, &p->path_energy);
    if (status == HEAT_OK && plan->reference != NULL)
        status = heat_alloc(ctx, p->chains->n, 1, &p->states);
    if (status == HEAT_OK && plan->is_weighted)
        status = heat_alloc(ctx, chains.n_chains, sizeof *p->log_weight, &p->log_weight);
    if (status == HEAT_OK)
        status = start_members(ctx, p);
    if (status != HEAT_OK)
        heat_population_clear(p);
    return status;
}

void heat_population_clear(heat_population *p)
{
    heat_chains_free(p->chains);
    heat_free(p->log_z);
    heat_free(p->streams);
    heat_free(p->family);
    heat_free(p->cumulative);
    heat_free(p->source);
    heat_free(p->families);
    heat_free(p->rows);
    heat_free(p->log_weight);
    heat_free(p->path_energy);
    heat_free(p->states);
    *p = (heat_population){.n_steps = 0};
}

double heat_population_bytes(const heat_model *model, const heat_population_plan *plan)
{
    heat_chains_plan chains = chains_plan(plan);
    heat_model_info info;

    heat_model_describe(model, &info);
    return heat_chains_bytes(model, &chains) +
           (double)plan->n_members * (info.n_variables + 2.0 * sizeof(double) + sizeof(int32_t)) +
           (double)chains.n_chains * (plan->is_weighted ? 12.0 : 4.0);
}

/* Makes shares of log weights: cumulative[m] in copies, summed up in order, cumulative[N - 1] = N. */
static void accumulate(heat_population *p)
{
    int64_t n = p->plan.n_members;
    double largest = -(double)INFINITY, sum = 0;

    for (int64_t m = 0; m < n; m++)
        largest = fmax(largest, p->cumulative[m]);
    for (int64_t m = 0; m < n; m++)
        p->cumulative[m] = sum += heat_exp_negative(p->cumulative[m] - largest);
    for (int64_t m = 0; m < n; m++)
        p->cumulative[m] *= (double)n / sum;
}

/* The weights of one population over a step. */
static void weigh(heat_population *p, int64_t first, double step, double *log_mean)
{
    int64_t n = p->plan.n_members;

    for (int64_t m = 0; m < n; m++)
        p->cumulative[m] = -step * p->path_energy[first + m];
    *log_mean = heat_log_sum_exp(n, p->cumulative) - log((double)n);
    accumulate(p);
}

/* The member that each place is filled from: those whose cumulative share first exceeds u + place. */
static void choose_sources(heat_population *p, double u)
{
    int64_t n = p->plan.n_members, from = 0;

    for (int64_t m = 0; m < n; m++) {
        while (from < n - 1 && !(p->cumulative[from] > (double)m + u))
            from++;
        p->source[m] = from;
    }
}

/* Places whose source is another member take its state; all rows are read before any is written. */
static heat_status copy_members(heat_context *ctx, heat_population *p, int64_t first)
{
    const heat_row_form *form = &p->chains->form;
    int64_t n = p->plan.n_members;
    int32_t *family = p->family + first;
    heat_status status = HEAT_OK;

    for (int64_t m = 0; m < n; m++) {
        p->families[m] = family[p->source[m]];
        if (p->source[m] != m)
            heat_chains_get_state(p->chains, first + p->source[m], heat_row_edit(form, p->rows, m));
    }
    for (int64_t m = 0; m < n && status == HEAT_OK; m++)
        if (p->source[m] != m)
            status = heat_chains_set_state(ctx, p->chains, first + m, heat_row_at(form, p->rows, m));
    memcpy(family, p->families, (size_t)n * sizeof *family);
    return status;
}

typedef struct sweeping {
    heat_population *p;
    int64_t n_sweeps;
} sweeping;

static heat_status sweep_unit(heat_context *worker, void *arg, int64_t unit)
{
    const sweeping *w = arg;
    heat_status status = HEAT_OK;

    for (int64_t t = 0; t < w->n_sweeps && status == HEAT_OK && !heat_halted(worker); t++)
        status = heat_chains_sweep(worker, w->p->chains, unit, w->p->plan.rule);
    measure_unit(w->p, unit);
    return status;
}

heat_status heat_population_sweep(heat_context *ctx, heat_population *p, int64_t n_sweeps)
{
    sweeping w = {p, n_sweeps};

    return heat_chains_run_units(ctx, p->chains, p->plan.threads, sweep_unit, &w);
}

static heat_status resample(heat_context *ctx, heat_population *p, double step)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < p->plan.n_populations && status == HEAT_OK; k++) {
        double log_mean;
        weigh(p, k * p->plan.n_members, step, &log_mean);
        p->log_z[k] += log_mean;
        choose_sources(p, heat_stream_uniform(&p->streams[k]));
        status = copy_members(ctx, p, k * p->plan.n_members);
    }
    return status;
}

heat_status heat_population_resample(heat_context *ctx, heat_population *p)
{
    int64_t n = p->plan.n_members;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < p->plan.n_populations && status == HEAT_OK; k++) {
        memcpy(p->cumulative, p->log_weight + k * n, (size_t)n * sizeof *p->cumulative);
        p->log_z[k] += heat_log_sum_exp(n, p->cumulative) - log((double)n);
        memset(p->log_weight + k * n, 0, (size_t)n * sizeof *p->log_weight);
        accumulate(p);
        choose_sources(p, heat_stream_uniform(&p->streams[k]));
        status = copy_members(ctx, p, k * n);
    }
    return status;
}

/* Weights that the sweeps have found. */
static void take_gains(heat_population *p)
{
    for (int64_t k = 0; k < p->chains->n_chains; k++)
        p->log_weight[k] += heat_chains_take_gain(p->chains, k);
}

heat_status heat_population_step(heat_context *ctx, heat_population *p, double beta)
{
    bool has_gains = heat_chains_has_gains(p->chains);
    heat_status status = HEAT_OK;

    if (p->plan.is_weighted && !has_gains)
        for (int64_t k = 0; k < p->chains->n_chains; k++)
            p->log_weight[k] -= (beta - p->beta) * p->path_energy[k];
    else if (!p->plan.is_weighted)
        status = resample(ctx, p, beta - p->beta);
    p->beta = beta;
    p->n_steps++;
    for (int64_t k = 0; k < p->chains->n_chains; k++)
        heat_chains_set_beta(p->chains, k, beta);
    if (status == HEAT_OK)
        status = heat_population_sweep(ctx, p, p->plan.n_sweeps);
    if (has_gains)
        take_gains(p);
    return status;
}

double heat_population_get_family_size(heat_population *p)
{
    int64_t n = p->plan.n_members;
    double sum = 0;

    for (int64_t k = 0; k < p->plan.n_populations; k++) {
        memset(p->families, 0, (size_t)n * sizeof *p->families);
        for (int64_t m = 0; m < n; m++)
            p->families[p->family[k * n + m]]++;
        for (int64_t f = 0; f < n; f++)
            sum += (double)p->families[f] * p->families[f] / (double)n;
    }
    return sum / (double)p->plan.n_populations;
}

/* sum w^2 / (sum w)^2 for weights over a step, against that of equal ones; `lowest` of the path energies. */
static double unevenness(const heat_population *p, double step, double lowest)
{
    double sum = 0, squares = 0;

    for (int64_t k = 0; k < p->chains->n_chains; k++) {
        double w = heat_exp_negative(-step * (p->path_energy[k] - lowest));
        sum += w;
        squares += w * w;
    }
    return (double)p->chains->n_chains * squares / (sum * sum);
}

/* Energies that a few members are high up in tell nothing of a step: those members are lost in it, as they
 * should be. The step at which weights are as uneven as exp of half a standard deviation makes them. */
static double choose_even_step(const heat_population *p)
{
    const double uneven = 1.284025416687741484; /* exp(1/4) */
    double lowest = (double)INFINITY, low = -700, high = 700;

    for (int64_t k = 0; k < p->chains->n_chains; k++)
        lowest = fmin(lowest, p->path_energy[k]);
    for (int k = 0; k < 60; k++) {
        double middle = 0.5 * (low + high);
        *(unevenness(p, exp(middle), lowest) > uneven ? &high : &low) = middle;
    }
    return low > 699 ? (double)INFINITY : exp(low);
}

double heat_population_choose_step(const heat_population *p)
{
    double n = (double)p->chains->n_chains, sum = 0, squares = 0, shift, variance;

    if (p->plan.walk != NULL)
        return choose_even_step(p);
    shift = p->path_energy[0];
    for (int64_t k = 0; k < p->chains->n_chains; k++) {
        double e = p->path_energy[k] - shift;
        sum += e;
        squares += e * e;
    }
    variance = squares / n - sum / n * (sum / n);
    return variance > 0 ? 0.5 / sqrt(variance) : (double)INFINITY;
}
