/* logz by annealing from beta = 0, where log Z = n log q, or from independent units that have the marginals
 * of the model (base rate: Salakhutdinov and Murray, ICML 2008), where it is a sum of one term each: batch
 * after batch of members is cooled along steps of equal change in log weight, until the error wanted is met.
 *
 * ais: members keep their states and carry weights, whose mean is Z (Neal, Stat. Comput. 11 (2001) 125). The
 * same members, resampled and run on at the coldest beta, are then heated back: their weights' mean is 1 / Z.
 * Forward the estimate is low on the average, in reverse high: together they hold the truth between them
 * (Grosse, Ghahramani, Adams, arXiv:1511.02543).
 *
 * population: members are resampled at every step (Hukushima and Iba, AIP Conf. Proc. 690 (2003) 200; Machta,
 * Phys. Rev. E 82 (2010) 026704); every population is one weight. Where weights are too uneven, or the
 * families too few, the steps are halved and all begins anew. */
#include "base/memory.h"
#include "logz/annealed_rows.h"
#include "logz/beta_path.h"
#include "logz/two_ways.h"
#include "sample/population.h"

#include <math.h>
#include <stdlib.h>

enum {
    AIS_MEMBERS = 1024, /* a batch */
    POPULATIONS = 32,   /* a batch */
    POPULATION_MEMBERS = 256,
    POPULATION_SWEEPS = 5, /* a step */
    FEWEST_STEPS = 8,
    FEWEST_REPLICAS = 20,
    MOST_HALVINGS = 8,
    REST_PART = 4,    /* of the steps: the sweeps between the ways there and back */
    MOST_SUMMED = 48, /* with 64 weights are evener, but not by what their sweeps take longer */
    SURE_BATCHES = 2, /* after which doubts mean that the steps are too large */
};
static const double least_families = 10;   /* effective, in each population */
static const double most_variance = 2;     /* of the log Z of populations */
static const double most_disagreement = 5; /* of forward and reverse, in standard errors */
static const double ends = 2;              /* standard errors from an estimate to its bound */

typedef struct annealing {
    heat_counting *c;
    bool resamples;
    double *reference; /* [n] log-odds of the units to start from; NULL: uniform states */
    heat_beta_path path;
    int64_t n_steps;
    double *betas;            /* [n_steps + 1] from 0; the temperatures asked for are among them */
    heat_annealed_rows *rows; /* [temperature] */
    int64_t n_reverse, capacity, capacity_ancestor;
    double *reverse;   /* log weights of the way back */
    int64_t *ancestor; /* the member of the way there that each descends from */
    double families;   /* effective, of the coldest populations, the least so far */
    double *energies;  /* scratch, as the next */
    double *variances; /* of the energy, given a member's state: heat_chains_get_moments */
    int64_t n_batches;
    double error; /* the largest over the temperatures */
    const char *doubt;
} annealing;

static heat_population_plan plan_batch(const annealing *a)
{
    const heat_logz_options *opt = a->c->opt;
    bool is_auto = opt->replicas == HEAT_AUTO;
    int64_t many = is_auto ? AIS_MEMBERS : opt->replicas;

    heat_population_plan plan = {.n_populations = a->resamples ? is_auto ? POPULATIONS : opt->replicas : 1,
                                 .n_members = a->resamples ? POPULATION_MEMBERS : many,
                                 .n_sweeps = a->resamples ? POPULATION_SWEEPS : 1,
                                 .rule = &heat_rule_heat_bath,
                                 .seed = opt->seed,
                                 .isa = opt->isa,
                                 .beta_max = a->c->beta_max,
                                 .threads = opt->threads,
                                 .is_weighted = !a->resamples,
                                 .is_steady = true,
                                 .scales_couplings = a->c->scales_couplings,
                                 .reference = a->reference};
    plan.first_stream = (uint64_t)a->n_batches * (uint64_t)(plan.n_populations * plan.n_members);
    return plan;
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

/* Steps at equal lengths, and the betas asked for among them. */
static heat_status place_steps(heat_context *ctx, annealing *a, int64_t n)
{
    const heat_logz_result *r = a->c->result;
    int64_t count = n + 1;
    heat_status status;

    heat_free(a->betas);
    status = heat_alloc(ctx, n + 1 + r->n_rows, sizeof *a->betas, &a->betas);
    if (status != HEAT_OK)
        return status;
    heat_beta_path_space(&a->path, n + 1, a->betas);
    for (int32_t k = 0; k < r->n_rows; k++)
        a->betas[count++] = 1 / r->rows[k].temperature;
    qsort(a->betas, (size_t)count, sizeof *a->betas, by_size);
    a->n_steps = 0;
    for (int64_t k = 1; k < count; k++)
        if (a->betas[k] > a->betas[a->n_steps])
            a->betas[++a->n_steps] = a->betas[k];
    for (int32_t k = 0; k < r->n_rows; k++)
        heat_annealed_rows_clear(&a->rows[k]);
    a->n_reverse = a->n_batches = 0;
    a->families = (double)INFINITY;
    return HEAT_OK;
}

/* The members at a temperature that was asked for. */
static heat_status record(heat_context *ctx, annealing *a, const heat_population *p)
{
    const heat_logz_result *r = a->c->result;
    int64_t n = p->plan.n_members;
    heat_status status = HEAT_OK;

    for (int32_t t = 0; t < r->n_rows; t++) {
        if (1 / r->rows[t].temperature != p->beta)
            continue;
        for (int64_t unit = 0; unit < p->chains->n_units; unit++)
            heat_chains_measure(p->chains, unit);
        for (int64_t k = 0; k < p->chains->n_chains; k++)
            heat_chains_get_moments(p->chains, k, &a->energies[k], &a->variances[k]);
        for (int64_t k = 0; k < p->plan.n_populations && status == HEAT_OK && a->resamples; k++)
            status = heat_annealed_rows_add(ctx, &a->rows[t], p->log_z[k], n, a->energies + k * n,
                                            a->variances + k * n);
        for (int64_t k = 0; k < p->chains->n_chains && status == HEAT_OK && !a->resamples; k++)
            status = heat_annealed_rows_add(ctx, &a->rows[t], p->log_start + p->log_weight[k], 1,
                                            a->energies + k, a->variances + k);
    }
    return status;
}

/* Sweeps of members that were resampled at the coldest beta: copies part, and what the way there lagged
 * behind it makes up for. */
static int64_t sweeps_at_rest(const annealing *a)
{
    return (a->n_steps + REST_PART - 1) / REST_PART;
}

/* From the coldest beta back to 0. */
static heat_status return_members(heat_context *ctx, annealing *a, heat_population *p)
{
    heat_status status = heat_population_resample(ctx, p);

    if (status == HEAT_OK)
        status = heat_population_sweep(ctx, p, sweeps_at_rest(a) * p->plan.n_sweeps);
    for (int64_t k = a->n_steps - 1; k >= 0 && status == HEAT_OK && !heat_halted(ctx); k--)
        status = heat_population_step(ctx, p, a->betas[k]);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    status =
        heat_grow(ctx, a->n_reverse + p->chains->n_chains, sizeof *a->reverse, &a->capacity, &a->reverse);
    if (status == HEAT_OK)
        status = heat_grow(ctx, a->n_reverse + p->chains->n_chains, sizeof *a->ancestor,
                           &a->capacity_ancestor, &a->ancestor);
    for (int64_t k = 0; k < p->chains->n_chains && status == HEAT_OK; k++) {
        a->ancestor[a->n_reverse] = a->n_batches * p->chains->n_chains + p->family[k];
        a->reverse[a->n_reverse++] = p->log_weight[k] - p->log_start; /* of 1 / Z */
    }
    return status;
}

static heat_status run_batch(heat_context *ctx, annealing *a)
{
    heat_population_plan plan = plan_batch(a);
    heat_logz_result *r = a->c->result;
    heat_population p;
    heat_status status = heat_population_init(ctx, &p, a->c->model, &plan);

    for (int64_t k = 1; k <= a->n_steps && status == HEAT_OK && !heat_halted(ctx); k++) {
        status = heat_population_step(ctx, &p, a->betas[k]);
        if (status == HEAT_OK && !heat_halted(ctx))
            status = record(ctx, a, &p);
    }
    if (status == HEAT_OK && !heat_halted(ctx) && a->resamples)
        a->families = fmin(a->families, (double)plan.n_members / heat_population_get_family_size(&p));
    if (status == HEAT_OK && !heat_halted(ctx) && !a->resamples)
        status = return_members(ctx, a, &p);
    if (status == HEAT_OK) {
        int64_t steps = a->resamples ? a->n_steps : 2 * a->n_steps + sweeps_at_rest(a);
        int64_t sweeps = steps * plan.n_sweeps;
        r->n_chains = p.chains->n_chains;
        r->n_sweeps += sweeps;
        r->updates += sweeps * r->n_chains * a->c->info.n_variables;
        a->n_batches++;
    }
    heat_population_clear(&p);
    return status;
}

/* Forward and reverse at the coldest temperature together; both are printed. */
static heat_status combine(heat_context *ctx, annealing *a, const heat_annealed_rows *rows,
                           heat_logz_row *row)
{
    heat_logz_result *r = a->c->result;
    heat_log_weights back;
    heat_two_ways ways;
    heat_status status = heat_log_weights_get(ctx, a->c->opt->seed, 1, a->n_reverse, a->reverse, &back);

    if (status == HEAT_OK)
        status =
            heat_two_ways_get(ctx, rows->n, rows->log_weight, a->n_reverse, a->reverse, a->ancestor, &ways);
    if (status != HEAT_OK)
        return status;
    r->forward = ways.forward;
    r->forward_error = ways.forward_error;
    r->reverse = ways.reverse;
    r->reverse_error = ways.reverse_error;
    row->log_z_lower = r->forward - ends * r->forward_error;
    row->log_z_upper = r->reverse + ends * r->reverse_error;
    if (a->doubt == NULL)
        a->doubt = back.doubt;
    if (a->doubt == NULL && !(fabs(r->forward - r->reverse) <= most_disagreement * ways.gap_error))
        a->doubt = "forward and reverse disagree: more temperatures are needed";
    heat_logz_fill_row(row, ways.log_z, ways.error, row->mean_energy,
                       row->heat_capacity * row->temperature * row->temperature);
    return HEAT_OK;
}

/* What speaks against a mean over populations: heat_log_weights' own rules are for weights by the hundred. */
static const char *doubt_populations(const annealing *a, const heat_log_weights *w)
{
    if (!(a->families >= least_families))
        return "most members of a population descend from a few of the first: more temperatures are needed";
    if (!(w->variance <= most_variance))
        return "the populations differ by more than a nat: more temperatures are needed";
    if (w->bootstrap_error > 0 && !(w->bootstrap_error <= 2 * w->error && w->error <= 2 * w->bootstrap_error))
        return "jackknife and bootstrap disagree on the error: more populations are needed";
    return NULL;
}

static heat_status analyse(heat_context *ctx, annealing *a)
{
    heat_logz_result *r = a->c->result;
    heat_status status = HEAT_OK;

    a->error = 0;
    a->doubt = NULL;
    r->ess = (double)INFINITY;
    r->families = a->resamples ? a->families : (double)NAN;
    for (int32_t t = 0; t < r->n_rows && status == HEAT_OK; t++) {
        heat_log_weights w;
        status = heat_annealed_rows_fill(ctx, a->c->opt->seed, &a->rows[t], &r->rows[t], &w);
        if (status != HEAT_OK)
            return status;
        if (a->doubt == NULL)
            a->doubt = a->resamples ? doubt_populations(a, &w) : w.doubt;
        if (t == 0)
            r->bootstrap_error = w.bootstrap_error;
        r->ess = fmin(r->ess, w.ess);
        r->rows[t].log_z_lower = w.log_mean - ends * w.error;
        if (!a->resamples && 1 / r->rows[t].temperature == a->c->beta_max)
            status = combine(ctx, a, &a->rows[t], &r->rows[t]);
        a->error = fmax(a->error, r->rows[t].error);
    }
    return status;
}

/* Batches until the error is met; doubts that stay halve the steps. */
static heat_status grow(heat_context *ctx, annealing *a, heat_counting_end *end)
{
    const heat_logz_options *opt = a->c->opt;
    int64_t steps = a->n_steps, halvings = opt->rungs == HEAT_AUTO ? 0 : MOST_HALVINGS;
    heat_status status = HEAT_OK;

    *end = HEAT_COUNTING_HALTED;
    for (;;) {
        bool is_spent;
        status = run_batch(ctx, a);
        if (status != HEAT_OK || (heat_halted(ctx) && a->n_batches <= 1))
            return status;
        if (!heat_halted(ctx))
            status = analyse(ctx, a);
        if (status != HEAT_OK)
            return status;
        is_spent = a->c->result->n_sweeps >= opt->sweeps;
        if (a->doubt == NULL && a->error <= opt->target_error)
            *end = HEAT_COUNTING_REACHED;
        else if (a->doubt == NULL)
            *end = heat_halted(ctx) ? HEAT_COUNTING_HALTED : HEAT_COUNTING_EXHAUSTED;
        else
            *end = HEAT_COUNTING_DOUBTED;
        if (*end == HEAT_COUNTING_REACHED || is_spent || heat_halted(ctx))
            return HEAT_OK;
        if (a->doubt == NULL || a->n_batches < SURE_BATCHES)
            continue;
        if (halvings++ == MOST_HALVINGS)
            return HEAT_OK;
        status = place_steps(ctx, a, steps *= 2);
        if (status != HEAT_OK)
            return status;
    }
}

static heat_status open_path(heat_context *ctx, annealing *a)
{
    const heat_logz_options *opt = a->c->opt;
    heat_population_plan plan;
    double length, n;
    heat_status status = heat_beta_path_choose(ctx, a->c, &a->path, &a->reference);

    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    length = heat_beta_path_length(&a->path);
    n = opt->rungs != HEAT_AUTO ? (double)opt->rungs - 1 : a->resamples ? 2 * length : length * length;
    n = opt->rungs != HEAT_AUTO ? fmax(n, 1) : fmax(ceil(n), FEWEST_STEPS);
    plan = plan_batch(a);
    status = heat_alloc(ctx, a->c->result->n_rows, sizeof *a->rows, &a->rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan.n_populations * plan.n_members, sizeof *a->energies, &a->energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan.n_populations * plan.n_members, sizeof *a->variances, &a->variances);
    return status == HEAT_OK ? place_steps(ctx, a, (int64_t)n) : status;
}

static void close_annealing(annealing *a)
{
    for (int32_t k = 0; k < a->c->result->n_rows && a->rows != NULL; k++)
        heat_annealed_rows_clear(&a->rows[k]);
    heat_free(a->rows);
    heat_free(a->betas);
    heat_free(a->reverse);
    heat_free(a->ancestor);
    heat_free(a->energies);
    heat_free(a->variances);
    heat_free(a->reference);
    heat_beta_path_clear(&a->path);
}

static heat_status run_annealing(heat_context *ctx, heat_counting *c, bool resamples)
{
    annealing a = {.c = c, .resamples = resamples};
    heat_counting_end end = HEAT_COUNTING_HALTED;
    heat_status status;

    c->result->method = resamples ? "population" : "ais";
    if (c->opt->replicas != HEAT_AUTO && c->opt->replicas < FEWEST_REPLICAS)
        return heat_fail_option(ctx, "replicas", NULL, "the error comes from their scatter: at least %d",
                                FEWEST_REPLICAS);
    status = open_path(ctx, &a);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = grow(ctx, &a, &end);
    if (status == HEAT_OK && end == HEAT_COUNTING_DOUBTED)
        heat_logz_doubt(c, "%s", a.doubt);
    if (status == HEAT_OK)
        heat_logz_conclude(ctx, c, end);
    close_annealing(&a);
    return status;
}

static heat_status run_ais(heat_context *ctx, heat_counting *c)
{
    return run_annealing(ctx, c, false);
}

static heat_status run_population(heat_context *ctx, heat_counting *c)
{
    return run_annealing(ctx, c, true);
}

const heat_logz_method heat_logz_method_ais = {.name = "ais", .most_summed = MOST_SUMMED, .run = run_ais};
const heat_logz_method heat_logz_method_population = {
    .name = "population", .most_summed = MOST_SUMMED, .run = run_population};
