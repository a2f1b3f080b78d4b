/* logz by MBAR: chains at rungs from beta = 0, where log Z = n log q, to the coldest temperature asked for;
 * all their energies together make one estimate at every temperature between. The run doubles until the error
 * wanted is met. Thermodynamic integration and Bennett's ratio over the same ladder are its cross-checks.
 *
 * Shirts and Chodera, J. Chem. Phys. 129 (2008) 124105; Bennett, J. Comput. Phys. 22 (1976) 245.
 */
#include "base/memory.h"
#include "logz/beta_path.h"
#include "logz/ladder_rows.h"
#include "sample/engine.h"
#include "stats/ladder_integral.h"

#include <math.h>

enum {
    FEWEST_RUNGS = 5,
    FIRST_SWEEPS = 32,
    FEWEST_SWEEPS = 128,  /* before, all energies still fall, and no two stretches tell */
    FEWEST_WALKED = 1024, /* the same of walks in potentials, which meet tails now and then */
    TAUS_WALKED = 100,
    FIRST_LOOK = 256,
    FEWEST_REPLICAS = 8,
    LEAST_ESS = 100,
    LOOKS_APART = 4
};
static const double gap = 1;              /* between rungs, in standard deviations of the log weight */
static const double least_overlap = 0.03; /* of neighbours: heat_mbar_get_connection */
static const double settled = 2.5;        /* drift of the integral, in standard errors, that ends a run */
static const double most_drift = 5; /* of the integral, or of the mean energy of any rung; more is refused */
static const double most_disagreement = 5; /* in standard errors, of the integral */

typedef struct estimate {
    heat_counting *c;
    double *reference; /* of the ladder's hot end; NULL: uniform states */
    double log_start;  /* log Z there */
    heat_ladder_chains ladder;
    heat_ladder_rows rows;
    heat_mbar *mbar;
    double worst_error; /* over the temperatures asked for */
    double drift;       /* the largest of any rung */
    int64_t analysed;   /* sweeps that had been made when the estimate was last made */
} estimate;

static heat_status open_ladder(heat_context *ctx, estimate *e)
{
    const heat_logz_options *opt = e->c->opt;
    heat_beta_path path = {.n = 0};
    double *betas = NULL, n;
    heat_status status = heat_beta_path_choose(ctx, e->c, &path, &e->reference);

    if (status != HEAT_OK || heat_halted(ctx))
        goto out;
    n = ceil(heat_beta_path_length(&path) / gap) + 1;
    n = opt->rungs != HEAT_AUTO ? (double)opt->rungs : fmax(n, FEWEST_RUNGS + (e->c->walk != NULL));
    if (n > HEAT_MOST_RUNGS) {
        status = heat_fail(ctx, HEAT_ERROR_UNABLE,
                           "log Z at beta = %g takes %.0f temperatures, more than %d: ask for hotter ones",
                           e->c->beta_max, n, HEAT_MOST_RUNGS);
        goto out;
    }
    if ((status = heat_alloc(ctx, (int64_t)n, sizeof *betas, &betas)) != HEAT_OK)
        goto out;
    heat_beta_path_space(&path, (int64_t)n, betas);
    status = heat_ladder_chains_open(ctx, e->c, (int32_t)n, betas, e->reference, &e->ladder);
    if (status == HEAT_OK)
        e->log_start = heat_chains_get_log_start(e->ladder.chains);
out:
    heat_free(betas);
    heat_beta_path_clear(&path);
    return status;
}

static heat_status solve(heat_context *ctx, estimate *e, bool *connected)
{
    heat_mbar_states states = {.n_states = e->ladder.n_rungs, .n_features = 1, .slope = e->ladder.betas};
    heat_mbar_samples samples;
    heat_error_text before = ctx->error;
    heat_status status;

    *connected = true;
    heat_mbar_free(e->mbar);
    e->mbar = NULL;
    heat_ladder_rows_get_samples(&e->rows, &samples);
    status = heat_mbar_create(ctx, e->c->opt->threads, &states, &samples, &e->mbar);
    if (status != HEAT_ERROR_UNDEFINED)
        return status;
    *connected = false;
    heat_logz_doubt(e->c, "too few temperatures: the energies of two neighbours do not overlap at all");
    ctx->error = before;
    return HEAT_OK;
}

/* With a reference, or a layer summed out, only log Z comes from the path: energies are those of the coldest
 * rung's own draws. The entropy's error is at most the sum of both, however they are correlated. */
static heat_status fill_cold_row(heat_context *ctx, const estimate *e, heat_logz_row *row)
{
    double wide = heat_student_widening(e->ladder.n_blocks), t = row->temperature, value[2], error[2];
    heat_status status = heat_ladder_rows_get_cold_energy(ctx, &e->rows, value, error);

    if (status != HEAT_OK)
        return status;
    heat_logz_fill_row(row, row->log_z, row->error, value[0], value[1]);
    row->mean_energy_error = wide * error[0];
    row->entropy_error = row->error + row->mean_energy_error / t;
    row->heat_capacity_error = wide * error[1] / t / t;
    return HEAT_OK;
}

static heat_status fill_rows(heat_context *ctx, estimate *e)
{
    heat_logz_result *r = e->c->result;
    double wide = heat_student_widening(e->ladder.n_blocks);
    heat_status status = HEAT_OK;

    e->worst_error = 0;
    r->ess = (double)INFINITY;
    for (int32_t k = 0; k < r->n_rows && status == HEAT_OK; k++) {
        heat_logz_row *row = &r->rows[k];
        double t = row->temperature;
        heat_mbar_thermo at;
        status = heat_mbar_get_thermo(ctx, e->mbar, 1 / t, &at);
        if (status != HEAT_OK)
            break;
        heat_logz_fill_row(row, e->log_start + at.log_z, wide * at.log_z_error, at.energy, at.variance);
        row->mean_energy_error = wide * at.energy_error;
        row->entropy_error = wide * at.entropy_error;
        row->heat_capacity_error = wide * at.variance_error / t / t;
        if (e->ladder.counts_cold)
            status = fill_cold_row(ctx, e, row);
        e->worst_error = fmax(e->worst_error, row->error);
        r->ess = fmin(r->ess, at.ess);
    }
    return status;
}

static heat_status fill_rungs(heat_context *ctx, estimate *e)
{
    heat_logz_result *r = e->c->result;
    int32_t n = e->ladder.n_rungs;
    const double *overlap = heat_mbar_get_overlap(e->mbar), nan = (double)NAN;
    heat_status status = HEAT_OK;

    if (r->rungs == NULL)
        status = heat_alloc(ctx, n, sizeof *r->rungs, &r->rungs);
    if (status != HEAT_OK)
        return status;
    r->n_rungs = n;
    r->overlap = heat_mbar_get_connection(e->mbar, NULL);
    for (int32_t k = 0; k < n; k++) {
        heat_logz_rung *rung = &r->rungs[k];
        const double *o = overlap + (int64_t)k * n, *next = o + n;
        *rung =
            (heat_logz_rung){.beta = e->ladder.betas[k],
                             .mean_energy = e->rows.mean[k],
                             .tau = e->rows.tau[k],
                             .overlap = k + 1 < n ? sqrt(o[k + 1] / o[k] * (next[k] / next[k + 1])) : nan};
        heat_mbar_get_difference(e->mbar, 0, k, &rung->log_z, &rung->error);
        rung->log_z += e->log_start;
        rung->error *= heat_student_widening(e->ladder.n_blocks);
    }
    return HEAT_OK;
}

/* What the integration rule makes of these rungs' mean energies and variances, from the first that has a
 * mean.
 */
static heat_status apply_rule(heat_context *ctx, const estimate *e, const double *mean, const double *error,
                              const double *variance, heat_ladder_integral *integral)
{
    int32_t n = e->ladder.n_rungs, first = e->ladder.first_mean;
    heat_ladder_rung *rungs;
    heat_status status = heat_alloc(ctx, n, sizeof *rungs, &rungs);

    for (int32_t k = 0; k < n && status == HEAT_OK; k++)
        rungs[k] = (heat_ladder_rung){e->ladder.betas[k], mean[k], error[k], variance[k]};
    if (status == HEAT_OK)
        status = heat_ladder_integral_get(ctx, n - first, rungs + first, integral);
    heat_free(rungs);
    return status;
}

/* How far the rule is off on MBAR's own curve, which knows the energies between the rungs too. */
static heat_status measure_rule(heat_context *ctx, const estimate *e, double *off)
{
    int32_t n = e->ladder.n_rungs;
    double *curve, before = 0, error;
    heat_ladder_integral integral;
    heat_mbar_thermo at = {0};
    heat_status status = heat_alloc(ctx, 2 * (int64_t)n, sizeof *curve, &curve);

    for (int32_t k = 0; k < n && status == HEAT_OK; k++) {
        status = heat_mbar_get_thermo(ctx, e->mbar, e->ladder.betas[k], &at);
        curve[k] = at.energy;
        curve[n + k] = at.variance;
    }
    if (status == HEAT_OK)
        status = apply_rule(ctx, e, curve, e->rows.error, curve + n, &integral);
    if (e->ladder.first_mean > 0)
        heat_mbar_get_difference(e->mbar, 0, e->ladder.first_mean, &before, &error);
    if (status == HEAT_OK)
        *off = fabs(before + integral.log_z - at.log_z);
    heat_free(curve);
    return status;
}

/* Rows of rungs k and k + 1 alone: Bennett's ratio is MBAR of two states. */
static heat_status get_ratio(heat_context *ctx, const estimate *e, int32_t k, double *log_z, double *error)
{
    const heat_ladder_rows *all = &e->rows;
    heat_mbar_states states = {.n_states = 2, .n_features = 1, .slope = e->ladder.betas + k};
    heat_mbar_samples s;
    heat_mbar *pair;
    int64_t first = 0;
    int32_t *state;
    heat_status status;

    heat_ladder_rows_get_samples(all, &s);
    while (all->state[first] < k)
        first++;
    for (s.n = 0; first + s.n < all->n && all->state[first + s.n] <= k + 1;)
        s.n++;
    status = heat_alloc(ctx, s.n, sizeof *state, &state);
    if (status != HEAT_OK)
        return status;
    for (int64_t row = 0; row < s.n; row++)
        state[row] = all->state[first + row] - k;
    s.features += first;
    s.weight += first;
    s.block_weight += first * s.n_blocks;
    s.state = state;
    status = heat_mbar_create(ctx, e->c->opt->threads, &states, &s, &pair);
    if (status == HEAT_OK)
        heat_mbar_get_difference(pair, 0, 1, log_z, error);
    heat_mbar_free(pair);
    heat_free(state);
    return status;
}

/* Fewer rungs leave no two rules to compare. */
static bool has_rule_error(const estimate *e)
{
    return e->ladder.n_rungs - e->ladder.first_mean >= FEWEST_RUNGS;
}

/* log Z at the coldest rung by the integral of the mean energy. Where it disagrees with MBAR's, the rule's
 * own error is measured instead of guessed from every second rung. Where a potential's path begins the energy
 * may have no mean: that step is Bennett's. */
static heat_status integrate(heat_context *ctx, estimate *e)
{
    heat_logz_result *r = e->c->result;
    int32_t n = e->ladder.n_rungs;
    double wide = heat_student_widening(e->ladder.n_blocks), off = 0, step = 0, step_error = 0;
    heat_ladder_integral integral;
    heat_status status = apply_rule(ctx, e, e->rows.mean, e->rows.error, e->rows.variance, &integral);

    if (status == HEAT_OK && e->ladder.first_mean > 0)
        status = get_ratio(ctx, e, 0, &step, &step_error);
    if (status != HEAT_OK)
        return status;
    r->integral = e->log_start + step + integral.log_z;
    r->integral_error =
        hypot(hypot(e->rows.integral_error, step_error) * wide, has_rule_error(e) ? integral.rule_error : 0);
    if (fabs(r->rungs[n - 1].log_z - r->integral) > most_disagreement * r->integral_error)
        status = measure_rule(ctx, e, &off);
    r->integral_error = hypot(r->integral_error, off);
    return status;
}

/* log Z at the coldest rung, step by step; the errors of the steps are added up as if independent. */
static heat_status add_ratios(heat_context *ctx, estimate *e)
{
    heat_logz_result *r = e->c->result;
    double sum = e->log_start, squares = 0;
    heat_status status = HEAT_OK;

    for (int32_t k = 0; k + 1 < e->ladder.n_rungs && status == HEAT_OK; k++) {
        double step, error;
        status = get_ratio(ctx, e, k, &step, &error);
        sum += step;
        squares += error * error;
    }
    r->bar = sum;
    r->bar_error = sqrt(squares) * heat_student_widening(e->ladder.n_blocks);
    return status;
}

static int fewest_sweeps(const estimate *e)
{
    return e->c->walk != NULL ? FEWEST_WALKED : FEWEST_SWEEPS;
}

/* What the estimate must pass; false with a diagnosis. */
static bool is_sound(estimate *e)
{
    heat_logz_result *r = e->c->result;
    const heat_logz_rung *last = &r->rungs[r->n_rungs - 1];
    int32_t gap_at;

    if (!(heat_mbar_get_connection(e->mbar, &gap_at) >= least_overlap)) {
        heat_logz_doubt(e->c,
                        "too few temperatures: the energies at T = %.4g and T = %.4g overlap by %.1e, less "
                        "than %g",
                        1 / e->ladder.betas[gap_at], 1 / e->ladder.betas[gap_at + 1], r->overlap,
                        least_overlap);
        return false;
    }
    if (!(r->ess >= LEAST_ESS)) {
        heat_logz_doubt(e->c, "only %.0f effective draws stand behind the estimate, less than %d", r->ess,
                        LEAST_ESS);
        return false;
    }
    if (e->ladder.n_sweeps < fewest_sweeps(e)) {
        heat_logz_doubt(e->c, "only %lld sweeps were made, and chains do not settle in less than %d",
                        (long long)e->ladder.n_sweeps, fewest_sweeps(e));
        return false;
    }
    if (!(e->drift <= most_drift)) {
        heat_logz_doubt(e->c,
                        "the chains have not settled: a mean energy still moves by %.1f standard errors "
                        "between two stretches of the run",
                        e->drift);
        return false;
    }
    if (has_rule_error(e) && !(fabs(last->log_z - r->integral) <= most_disagreement * r->integral_error)) {
        heat_logz_doubt(e->c,
                        "MBAR says %.6g at the coldest temperature, thermodynamic integration %.6g ± %.2g",
                        last->log_z, r->integral, r->integral_error);
        return false;
    }
    r->diagnosis[0] = '\0';
    return true;
}

/* Everything that the segments so far say. */
static heat_status analyse(heat_context *ctx, estimate *e, bool *connected, bool *sound)
{
    heat_status status;

    *sound = false;
    e->analysed = e->ladder.n_sweeps;
    if ((status = solve(ctx, e, connected)) != HEAT_OK || !*connected ||
        (status = fill_rows(ctx, e)) != HEAT_OK || (status = fill_rungs(ctx, e)) != HEAT_OK ||
        (status = integrate(ctx, e)) != HEAT_OK)
        return status;
    *sound = is_sound(e);
    *connected = heat_mbar_get_connection(e->mbar, NULL) >= least_overlap;
    return HEAT_OK;
}

static heat_status collect(heat_context *ctx, estimate *e)
{
    heat_status status;

    heat_ladder_rows_clear(&e->rows);
    status = heat_ladder_rows_collect(ctx, &e->ladder, &e->rows);
    e->drift = fabs(e->rows.integral_drift);
    for (int32_t k = 0; k < e->ladder.n_rungs && status == HEAT_OK; k++)
        e->drift = fmax(e->drift, fabs(e->rows.drift[k]));
    return status;
}

/* A bias of slow relaxation that is left shows as a drift of about its own size. Walks that meet a tail once
 * in tau sweeps miss it all alike in a few tau. */
static bool is_settled(const estimate *e)
{
    double tau = 0;

    for (int32_t k = 0; k < e->ladder.n_rungs && e->c->walk != NULL; k++)
        tau = fmax(tau, e->rows.tau[k]);
    return fabs(e->rows.integral_drift) <= settled && (double)e->ladder.n_sweeps >= TAUS_WALKED * tau;
}

/* Sweeps to have made when the run is looked at next: twice as many, or fewer where fewer will do. */
static int64_t next_look(const estimate *e, double error)
{
    double ratio = error / e->c->opt->target_error, n = (double)e->ladder.n_sweeps;
    double factor = fmin(2, fmax(1.125, 1.1 * ratio * ratio));

    if (e->ladder.n_sweeps < FIRST_LOOK || !is_settled(e))
        factor = 2;
    return (int64_t)fmin(ceil(n * factor), (double)e->c->opt->sweeps);
}

static void note_progress(heat_context *ctx, const estimate *e, double error)
{
    const heat_ladder_chains *l = &e->ladder;
    double by_error = pow(e->c->opt->target_error / error, 2);
    double by_sweeps = (double)l->n_sweeps / (double)e->c->opt->sweeps;

    heat_show_progress(ctx, fmin(1, fmax(by_error, by_sweeps)),
                       (double)l->n_sweeps * (double)l->chains->n_chains * e->c->info.n_variables,
                       (double)NAN);
}

/* Runs, looks, runs on. The integral's error, which costs nothing, says when a look at the rest pays. */
static heat_status grow(heat_context *ctx, estimate *e, heat_counting_end *end)
{
    heat_ladder_chains *l = &e->ladder;
    const heat_logz_options *opt = e->c->opt;
    int64_t next = FIRST_SWEEPS;
    bool connected = true, sound = false;
    heat_status status = HEAT_OK;

    for (;;) {
        bool is_last;
        status = heat_ladder_chains_run(ctx, l, next - l->n_sweeps);
        is_last = heat_halted(ctx) || l->n_sweeps >= opt->sweeps;
        if (status == HEAT_OK && (is_last || l->n_sweeps >= fewest_sweeps(e)))
            status = collect(ctx, e);
        if (status != HEAT_OK)
            return status;
        if (l->n_sweeps < fewest_sweeps(e) && !is_last) {
            next = 2 * next;
            continue;
        }
        note_progress(ctx, e, e->rows.integral_error);
        e->worst_error = (double)INFINITY;
        if (is_last || e->rows.integral_error <= 1.5 * opt->target_error ||
            l->n_sweeps >= LOOKS_APART * e->analysed)
            status = analyse(ctx, e, &connected, &sound);
        if (status != HEAT_OK)
            return status;
        *end = !connected                                                      ? HEAT_COUNTING_DOUBTED
               : sound && e->worst_error <= opt->target_error && is_settled(e) ? HEAT_COUNTING_REACHED
               : is_last && !sound                                             ? HEAT_COUNTING_DOUBTED
               : heat_halted(ctx)                                              ? HEAT_COUNTING_HALTED
                                                                               : HEAT_COUNTING_EXHAUSTED;
        if (is_last || *end == HEAT_COUNTING_DOUBTED || *end == HEAT_COUNTING_REACHED)
            return HEAT_OK;
        next = next_look(e, isinf(e->worst_error) ? e->rows.integral_error : e->worst_error);
    }
}

/* States of the lowest level met: log Z at a beta where all the weight is there. Levels are 1 apart at least,
 * and hold at most all states, so that others weigh e^-40 together. */
static heat_status count_ground_states(heat_context *ctx, estimate *e)
{
    heat_logz_result *r = e->c->result;
    double beta = 40 + e->c->log_states, lowest = (double)INFINITY, log_z, error, ess;
    const heat_energy_scale *scale = &e->rows.tallies[0].scale;
    heat_mbar_target target = {.slope = &beta};
    heat_status status;

    if (e->ladder.counts_cold) /* path energies are no levels */
        return HEAT_OK;
    for (int64_t k = 0; k < e->rows.n; k++)
        lowest = fmin(lowest, e->rows.energy[k]);
    if (!e->c->info.integer || fabs(lowest - scale->origin) > scale->core) /* a bin may hold several levels */
        return HEAT_OK;
    status = heat_mbar_get_target(ctx, e->mbar, &target, &log_z, &error, &ess);
    if (status != HEAT_OK || !(ess >= LEAST_ESS))
        return status;
    r->ground_energy = lowest;
    r->log_degeneracy = e->c->log_states + log_z + beta * lowest;
    r->log_degeneracy_error = error * heat_student_widening(e->ladder.n_blocks);
    return HEAT_OK;
}

static heat_status finish(heat_context *ctx, estimate *e, heat_counting_end end)
{
    heat_logz_result *r = e->c->result;
    heat_status status = HEAT_OK;

    r->n_chains = e->ladder.chains->n_chains;
    r->n_sweeps = e->ladder.n_sweeps;
    r->updates = r->n_sweeps * r->n_chains * e->c->info.n_variables;
    if (end != HEAT_COUNTING_DOUBTED)
        status = add_ratios(ctx, e);
    if (end != HEAT_COUNTING_DOUBTED && status == HEAT_OK)
        status = count_ground_states(ctx, e);
    heat_logz_conclude(ctx, e->c, end);
    return status;
}

/* Halted before anything could be told. */
static heat_status report_nothing(heat_context *ctx, heat_counting *c)
{
    heat_logz_conclude(ctx, c, HEAT_COUNTING_HALTED);
    return HEAT_OK;
}

/* How many rungs there will be is not known before the energies are: a middling number prices the order of
 * magnitude. */
void heat_logz_price_mbar(const heat_model *model, const heat_logz_options *opt, heat_cost *cost)
{
    enum { LIKELY_RUNGS = 20, LIKELY_REPLICAS = 32, LIKELY_SWEEPS = 4096 };
    int64_t rungs = opt->rungs == HEAT_AUTO ? LIKELY_RUNGS : opt->rungs;
    int64_t replicas = opt->replicas == HEAT_AUTO ? LIKELY_REPLICAS : opt->replicas;
    double betas[1] = {0};
    heat_chains_plan plan = {.n_chains = rungs * replicas,
                             .n_rungs = 1,
                             .betas = betas,
                             .rule = &heat_rule_heat_bath,
                             .group = (int32_t)rungs};
    heat_model_info info;

    heat_model_describe(model, &info);
    *cost = (heat_cost){.size = sizeof *cost,
                        .method = "mbar",
                        .bytes = heat_chains_bytes(model, &plan),
                        .seconds = LIKELY_SWEEPS * heat_sweep_seconds(model, &plan)};
    cost->affordable = cost->bytes <= (double)opt->memory;
}

static heat_status run_mbar(heat_context *ctx, heat_counting *c)
{
    estimate e = {.c = c};
    heat_counting_end end = HEAT_COUNTING_HALTED;
    heat_error_text before = ctx->error;
    heat_status status;

    c->result->method = "mbar";
    if (c->opt->replicas != HEAT_AUTO && c->opt->replicas < FEWEST_REPLICAS)
        return heat_fail_option(ctx, "replicas", NULL, "the error comes from their scatter: at least %d",
                                FEWEST_REPLICAS);
    if (c->opt->rungs != HEAT_AUTO && c->opt->rungs < 2)
        return heat_fail_option(ctx, "rungs", NULL, "a ladder has two ends: at least 2");
    if (c->opt->rungs == 2 && c->walk != NULL)
        return heat_fail_option(ctx, "rungs", "2", "of a potential they are at least 3");
    status = open_ladder(ctx, &e);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = grow(ctx, &e, &end);
    if (status == HEAT_ERROR_STOPPED || (status == HEAT_OK && e.mbar == NULL && heat_halted(ctx))) {
        ctx->error = before;
        status = report_nothing(ctx, c);
    } else if (status == HEAT_OK) {
        status = finish(ctx, &e, end);
    }
    heat_mbar_free(e.mbar);
    heat_ladder_rows_clear(&e.rows);
    heat_ladder_chains_close(&e.ladder);
    heat_free(e.reference);
    return status;
}

const heat_logz_method heat_logz_method_mbar = {.name = "mbar", .most_summed = INT32_MAX, .run = run_mbar};
