/* logz by annealing from beta = 0, where log Z = n log q, or from independent units that have the marginals
 * of the model (base rate: Salakhutdinov and Murray, ICML 2008), where it is a sum of one term each: batch
 * after batch of members is cooled along steps of equal change in log weight, until the error wanted is met.
 *
 * ais: members keep their states and carry weights, whose mean is Z (Neal, Stat. Comput. 11 (2001) 125). The
 * same members, resampled and run on at the coldest beta, are then heated back: their weights' mean is 1 / Z.
 * Forward the estimate is low on the average, in reverse high: together they hold the truth between them
 * (Grosse, Ghahramani, Adams, arXiv:1511.02543). Where a small run finds that weights gain more variance than
 * energies spread, since these forget slowly, steps are taken where that is, and both ways go in stages,
 * after each of which members are resampled by their weights: what falls apart into valleys is then weighed
 * again and again on the way (Del Moral, Doucet, Jasra, J. R. Stat. Soc. B 68 (2006) 411). Where states are
 * known that the model may be typical of, members that begin at them are heated too: if their log Z is far
 * above, annealing has missed a valley, or steps are too large.
 *
 * population: members are resampled at every step (Hukushima and Iba, AIP Conf. Proc. 690 (2003) 200; Machta,
 * Phys. Rev. E 82 (2010) 026704); every population is one weight. Where weights are too uneven, or the
 * families too few, the steps are halved and all begins anew. */
#include "base/memory.h"
#include "logz/annealed_rows.h"
#include "logz/beta_path.h"
#include "logz/two_ways.h"
#include "sample/population.h"
#include "stats/log_sum.h"

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
    PILOT_PART = 10, /* of the steps asked for, a run that finds where they are needed takes */
    MOST_STRETCHED = 16,
    FEWEST_STAGES = 8, /* where weights lag */
    MOST_STAGES = 16,
    REST_PART = 4,    /* of the steps: the sweeps between the ways there and back */
    MOST_SUMMED = 48, /* with 64 weights are evener, but not by what their sweeps take longer */
    SURE_BATCHES = 2, /* after which doubts mean that the steps are too large */
};
static const double least_families = 10;   /* effective, in each population */
static const double most_variance = 2;     /* of the log Z of populations */
static const double most_disagreement = 5; /* of forward and reverse, in standard errors */
static const double ends = 2;              /* standard errors from an estimate to its bound */
static const double lagging = 2;           /* times the variance of weights that follow at once */
static const double most_above = 0.3, above_errors = 4;   /* nats and errors, of log Z from typical rows */
static const uint64_t typical_stream = (uint64_t)5 << 60; /* beyond the run's and the path's */

typedef struct annealing {
    heat_counting *c;
    bool resamples;
    double *reference; /* [n] log-odds of the units to start from; NULL: uniform states */
    heat_beta_path path;
    int64_t n_steps;
    double *betas;            /* [n_steps + 1] from 0; the temperatures asked for are among them */
    heat_annealed_rows *rows; /* [temperature] */
    int64_t n_stages;
    heat_way *there, *back; /* [n_stages] of all batches */
    heat_way *beside;       /* [n_stages] back from typical rows */
    int64_t n_beside;       /* members of that way */
    double log_start;       /* log Z of the start */
    double families;        /* effective, of the coldest populations, the least so far */
    double *energies;       /* scratch, as the next */
    double *variances;      /* of the energy, given a member's state: heat_chains_get_moments */
    double *shares;         /* of a member in its family */
    int64_t n_batches;
    double error; /* the largest over the temperatures */
    const char *doubt;
    heat_counting_end end;
    heat_team team; /* of the run */
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
                                 .walk = a->c->walk,
                                 .reference = a->reference};
    plan.first_stream = (uint64_t)a->n_batches * (uint64_t)(plan.n_populations * plan.n_members);
    return plan;
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

static void clear_stages(annealing *a)
{
    for (int64_t s = 0; s < a->n_stages && a->beside != NULL; s++) {
        heat_way_clear(&a->there[s]);
        heat_way_clear(&a->back[s]);
        heat_way_clear(&a->beside[s]);
    }
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
    clear_stages(a);
    a->n_beside = a->n_batches = 0;
    a->families = (double)INFINITY;
    return HEAT_OK;
}

/* Members that descend from one are one weight: copies stand side by side. */
static heat_status record_families(heat_context *ctx, annealing *a, const heat_population *p,
                                   heat_annealed_rows *rows)
{
    const int64_t n = p->chains->n_chains;
    heat_status status = HEAT_OK;

    for (int64_t family = 0, k = 0; family < n && status == HEAT_OK; family++) {
        int64_t first = k;
        double log_sum;
        while (k < n && p->family[k] == family)
            k++;
        log_sum = heat_log_sum_exp(k - first, p->log_weight + first);
        for (int64_t m = first; m < k; m++)
            a->shares[m] = exp(p->log_weight[m] - log_sum);
        status = heat_annealed_rows_add(ctx, rows, p->log_z[0] + log_sum, k - first, a->shares + first,
                                        a->energies + first, a->variances + first);
    }
    return status;
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
            status = heat_annealed_rows_add(ctx, &a->rows[t], p->log_z[k], n, NULL, a->energies + k * n,
                                            a->variances + k * n);
        if (status == HEAT_OK && !a->resamples)
            status = record_families(ctx, a, p, &a->rows[t]);
    }
    return status;
}

/* Sweeps of members that were resampled at the coldest beta: copies part, and what the way there lagged
 * behind it makes up for. */
static int64_t sweeps_at_rest(const annealing *a)
{
    return (a->n_steps + REST_PART - 1) / REST_PART;
}

/* The step with which stage s ends. */
static int64_t end_of(const annealing *a, int64_t s)
{
    return (s + 1) * a->n_steps / a->n_stages;
}

static heat_status add_members(heat_context *ctx, const heat_population *p, int64_t first, heat_way *way)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < p->chains->n_chains && status == HEAT_OK; k++)
        status = heat_way_add(ctx, way, p->log_weight[k], first + p->family[k]);
    return status;
}

/* To the coldest beta; weighted members end with the weights of the last stage. */
static heat_status cool_members(heat_context *ctx, annealing *a, heat_population *p)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 1, s = 0; k <= a->n_steps; k++) {
        status = heat_population_step(ctx, p, a->betas[k]);
        if (status == HEAT_OK && !heat_halted(ctx))
            status = record(ctx, a, p);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        if (a->resamples || k != end_of(a, s))
            continue;
        status = add_members(ctx, p, a->n_batches * p->chains->n_chains, &a->there[s++]);
        if (status == HEAT_OK && s < a->n_stages)
            status = heat_population_resample(ctx, p);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

/* From the coldest beta back to 0, after sweeps there. */
static heat_status heat_members(heat_context *ctx, annealing *a, heat_population *p, int64_t first,
                                heat_way *ways)
{
    heat_status status = heat_population_sweep(ctx, p, sweeps_at_rest(a) * p->plan.n_sweeps);

    for (int64_t k = 0; k < p->chains->n_chains && heat_chains_has_gains(p->chains); k++)
        heat_chains_take_gain(p->chains, k); /* of a jump to the coldest beta, which is no way */
    for (int64_t s = a->n_stages - 1; s >= 0; s--) {
        for (int64_t k = end_of(a, s) - 1, last = s > 0 ? end_of(a, s - 1) : 0;
             k >= last && status == HEAT_OK && !heat_halted(ctx); k--)
            status = heat_population_step(ctx, p, a->betas[k]);
        if (status != HEAT_OK || heat_halted(ctx))
            return status;
        status = add_members(ctx, p, first, &ways[s]);
        if (status == HEAT_OK && s > 0)
            status = heat_population_resample(ctx, p);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

static void count_sweeps(annealing *a, const heat_population *p, int64_t steps)
{
    heat_logz_result *r = a->c->result;
    int64_t sweeps = steps * p->plan.n_sweeps;

    r->n_sweeps += sweeps;
    r->updates += sweeps * p->chains->n_chains * a->c->info.n_variables;
}

/* Members that begin at typical rows, once. */
static heat_status run_beside(heat_context *ctx, annealing *a)
{
    heat_population_plan plan = plan_batch(a);
    heat_population p;
    heat_status status;

    if (a->c->rows.n < plan.n_members)
        plan.n_members = a->c->rows.n;
    if (a->resamples || plan.n_members < FEWEST_REPLICAS)
        return HEAT_OK;
    plan.first_stream = typical_stream;
    status = heat_population_init(ctx, &p, a->c->model, &plan);
    if (status == HEAT_OK)
        status = heat_typical_rows_start(ctx, &a->c->rows, &p);
    if (status == HEAT_OK)
        status = heat_members(ctx, a, &p, 0, a->beside);
    if (status == HEAT_OK && !heat_halted(ctx)) {
        a->n_beside = plan.n_members;
        count_sweeps(a, &p, a->n_steps + sweeps_at_rest(a));
    }
    heat_population_clear(&p);
    return status;
}

static heat_status run_batch(heat_context *ctx, annealing *a)
{
    heat_population_plan plan = plan_batch(a);
    heat_population p;
    heat_status status = heat_population_init(ctx, &p, a->c->model, &plan);

    if (status == HEAT_OK)
        status = cool_members(ctx, a, &p);
    if (status == HEAT_OK && !heat_halted(ctx) && a->resamples)
        a->families = fmin(a->families, (double)plan.n_members / heat_population_get_family_size(&p));
    if (status == HEAT_OK && !heat_halted(ctx) && !a->resamples) {
        status = heat_population_resample(ctx, &p);
        if (status == HEAT_OK)
            status = heat_members(ctx, a, &p, a->n_batches * p.chains->n_chains, a->back);
    }
    if (status == HEAT_OK) {
        a->log_start = p.log_start;
        a->c->result->n_chains = p.chains->n_chains;
        count_sweeps(a, &p, a->resamples ? a->n_steps : 2 * a->n_steps + sweeps_at_rest(a));
    }
    heat_population_clear(&p);
    if (status == HEAT_OK && a->n_batches++ == 0)
        status = run_beside(ctx, a);
    return status;
}

/* What speaks against the weights of the way back. */
static heat_status doubt_back(heat_context *ctx, annealing *a)
{
    heat_status status = HEAT_OK;

    for (int64_t s = 0; s < a->n_stages && status == HEAT_OK && a->doubt == NULL; s++) {
        heat_log_weights w;
        status = heat_log_weights_get(ctx, a->c->opt->seed, 1, a->back[s].n, a->back[s].log_weight, &w);
        if (status == HEAT_OK)
            a->doubt = w.doubt;
    }
    return status;
}

/* Members from typical rows come back with a log Z that is high on the average. Below it says only that they
 * stay in a valley that is not the whole. */
static heat_status doubt_beside(heat_context *ctx, annealing *a, double log_z, double error)
{
    double log_mean, own_error;
    heat_status status;

    if (a->doubt != NULL || a->n_beside == 0)
        return HEAT_OK;
    status = heat_one_way_get(ctx, a->n_beside, a->n_stages, a->beside, &log_mean, &own_error);
    if (status == HEAT_OK && !(-log_mean - log_z <= most_above + above_errors * hypot(error, own_error)))
        a->doubt = "chains that begin at rows of the data, or where training left its own, find a larger "
                   "log Z: more temperatures are needed";
    return status;
}

/* Forward and reverse at the coldest temperature together; both are printed. */
static heat_status combine(heat_context *ctx, annealing *a, heat_logz_row *row)
{
    heat_logz_result *r = a->c->result;
    heat_two_ways ways;
    heat_status status = doubt_back(ctx, a);

    if (status == HEAT_OK)
        status = heat_two_ways_get(ctx, a->n_batches * r->n_chains, a->n_stages, a->there, a->back, &ways);
    if (status == HEAT_OK)
        status = doubt_beside(ctx, a, ways.log_z, ways.error);
    if (status != HEAT_OK)
        return status;
    r->forward = a->log_start + ways.forward;
    r->forward_error = ways.forward_error;
    r->reverse = a->log_start + ways.reverse;
    r->reverse_error = ways.reverse_error;
    row->log_z_lower =
        fmin(r->forward - ends * r->forward_error, a->log_start + ways.log_z - ends * ways.error);
    row->log_z_upper =
        fmax(r->reverse + ends * r->reverse_error, a->log_start + ways.log_z + ends * ways.error);
    if (a->doubt == NULL && !(fabs(r->forward - r->reverse) <= most_disagreement * ways.gap_error))
        a->doubt = "forward and reverse disagree: more temperatures are needed";
    heat_logz_fill_row(row, a->log_start + ways.log_z, ways.error, row->mean_energy,
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
            status = combine(ctx, a, &r->rows[t]);
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

/* How many steps, and in how many stages: length^2 of them add a variance of 1 to log weights that follow at
 * once. A small run of so many, or a part of those asked for, finds where they are needed, and how many more
 * where weights lag. */
static heat_status choose_steps(heat_context *ctx, annealing *a, int64_t *steps)
{
    const int64_t rungs = a->c->opt->rungs;
    double length = heat_beta_path_length(&a->path), n = fmax(ceil(length * length), FEWEST_STEPS);
    double variance, lag;
    heat_status status;

    a->n_stages = 1;
    if (a->resamples)
        n = fmax(ceil(2 * length), FEWEST_STEPS);
    *steps = rungs == HEAT_AUTO ? (int64_t)n : rungs < 2 ? 1 : rungs - 1;
    if (a->resamples || !(length > 0))
        return HEAT_OK;
    n = fmin(n, rungs == HEAT_AUTO ? n : (double)(*steps / PILOT_PART));
    if (n < FEWEST_STEPS)
        return HEAT_OK;
    status = heat_beta_path_refine(ctx, a->c, a->reference, (int64_t)n, &a->path, &variance);
    lag = variance * n / (length * length);
    if (status != HEAT_OK || !(lag > lagging))
        return status;
    if (rungs == HEAT_AUTO)
        *steps = (int64_t)(n * fmin(fmax(variance, 1), MOST_STRETCHED));
    variance *= n / (double)*steps;
    a->n_stages = variance < FEWEST_STAGES ? FEWEST_STAGES : (int64_t)fmin(variance, MOST_STAGES);
    return HEAT_OK;
}

static heat_status alloc_stages(heat_context *ctx, annealing *a)
{
    heat_status status = heat_alloc(ctx, a->n_stages, sizeof *a->there, &a->there);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->n_stages, sizeof *a->back, &a->back);
    return status == HEAT_OK ? heat_alloc(ctx, a->n_stages, sizeof *a->beside, &a->beside) : status;
}

static heat_status open_path(heat_context *ctx, annealing *a)
{
    heat_population_plan plan;
    int64_t steps;
    heat_status status = heat_beta_path_choose(ctx, a->c, &a->path, &a->reference);

    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    status = choose_steps(ctx, a, &steps);
    if (status == HEAT_OK)
        status = alloc_stages(ctx, a);
    plan = plan_batch(a);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, a->c->result->n_rows, sizeof *a->rows, &a->rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan.n_populations * plan.n_members, sizeof *a->energies, &a->energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan.n_populations * plan.n_members, sizeof *a->variances, &a->variances);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, plan.n_populations * plan.n_members, sizeof *a->shares, &a->shares);
    return status == HEAT_OK ? place_steps(ctx, a, steps) : status;
}

static void close_annealing(annealing *a)
{
    for (int32_t k = 0; k < a->c->result->n_rows && a->rows != NULL; k++)
        heat_annealed_rows_clear(&a->rows[k]);
    heat_free(a->rows);
    heat_free(a->betas);
    clear_stages(a);
    heat_free(a->there);
    heat_free(a->back);
    heat_free(a->beside);
    heat_free(a->shares);
    heat_free(a->energies);
    heat_free(a->variances);
    heat_free(a->reference);
    heat_beta_path_clear(&a->path);
}

/* The way, and all batches along it; steps are short, and threads wait for the next. */
static heat_status run_path(heat_context *ctx, void *arg)
{
    annealing *a = arg;
    heat_status status = open_path(ctx, a);

    return status == HEAT_OK && !heat_halted(ctx) ? grow(ctx, a, &a->end) : status;
}

static heat_status run_annealing(heat_context *ctx, heat_counting *c, bool resamples)
{
    annealing a = {.c = c, .resamples = resamples, .end = HEAT_COUNTING_HALTED};
    heat_status status;

    c->result->method = resamples ? "population" : "ais";
    if (c->opt->replicas != HEAT_AUTO && c->opt->replicas < FEWEST_REPLICAS)
        return heat_fail_option(ctx, "replicas", NULL, "the error comes from their scatter: at least %d",
                                FEWEST_REPLICAS);
    status = heat_parallel_stay(ctx, heat_model_is_thread_safe(c->model) ? c->opt->threads : 1, &a.team,
                                run_path, &a);
    if (status == HEAT_OK && a.end == HEAT_COUNTING_DOUBTED)
        heat_logz_doubt(c, "%s", a.doubt);
    if (status == HEAT_OK)
        heat_logz_conclude(ctx, c, a.end);
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
