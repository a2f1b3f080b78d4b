/* log weights change by sigma(E) d beta, in standard deviations, over a step d beta; so betas at equal steps
 * of the integral of sigma are equally far apart for every estimator: neighbouring energies overlap equally,
 * and every step of an annealing adds as much variance. The length of that path bounds the error from below:
 * Gelman and Meng, Stat. Sci. 13 (1998) 163.
 *
 * Members that are annealed lag behind, the more the slower their energies forget. A stretch in which log
 * weights gain a variance D over m steps, lag and all, gains D m / m' over m' of them; the sum of all is
 * least with m' as sqrt(D m): Sivak and Crooks, Phys. Rev. Lett. 108 (2012) 190602. */
#include "logz/beta_path.h"
#include "base/memory.h"
#include "sample/layout.h"
#include "sample/population.h"
#include "stats/moments.h"

#include <math.h>
#include <string.h>

enum { PILOT_MEMBERS = 128, STRETCHES = 32, PILOT_SWEEPS = 4, MOST_STEPS = 100000 };

/* What a path measures besides: where its members end. */
typedef struct path_end {
    double *log_odds;     /* [n] of each variable's higher value, of two; NULL: not wanted */
    bool takes_reference; /* the members' layout does */
} path_end;

/* The members' streams lie beyond all of the run's. */
static const uint64_t pilot_stream = (uint64_t)1 << 62, refining_stream = (uint64_t)3 << 61;
static const double most_lost = 40;     /* nats */
static const double least_share = 0.25; /* of a stretch's steps, of the mean */

void heat_beta_path_clear(heat_beta_path *p)
{
    heat_free(p->betas);
    heat_free(p->sigmas);
    heat_free(p->lengths);
    *p = (heat_beta_path){.n = 0};
}

static heat_status add_point(heat_context *ctx, heat_beta_path *p, double beta, double sigma)
{
    int64_t n = p->n + 1;
    heat_status status = heat_grow(ctx, n, sizeof(double), &p->capacity_betas, &p->betas);

    if (status == HEAT_OK)
        status = heat_grow(ctx, n, sizeof(double), &p->capacity_sigmas, &p->sigmas);
    if (status == HEAT_OK)
        status = heat_grow(ctx, n, sizeof(double), &p->capacity_lengths, &p->lengths);
    if (status != HEAT_OK)
        return status;
    if (p->n == MOST_STEPS)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "the way to beta = %g takes more than %d temperatures", beta,
                         MOST_STEPS);
    p->betas[p->n] = beta;
    p->sigmas[p->n] = sigma;
    if (p->n > 0)
        p->lengths[p->n] =
            p->lengths[p->n - 1] + (beta - p->betas[p->n - 1]) * 0.5 * (sigma + p->sigmas[p->n - 1]);
    p->n++;
    return HEAT_OK;
}

/* The log-odds of the members' higher values, half a member more on either side. */
static heat_status count_values(heat_context *ctx, const heat_population *p, path_end *end)
{
    const heat_chains *c = p->chains;
    int8_t *state;
    heat_status status = heat_alloc(ctx, c->n, 1, &state);

    for (int64_t i = 0; i < c->n; i++)
        end->log_odds[i] = 0;
    for (int64_t k = 0; k < c->n_chains && status == HEAT_OK; k++) {
        heat_chains_get_state(c, k, state);
        for (int64_t i = 0; i < c->n; i++)
            end->log_odds[i] += state[i] > 0;
    }
    for (int64_t i = 0; i < c->n; i++)
        end->log_odds[i] = log((end->log_odds[i] + 0.5) / ((double)c->n_chains - end->log_odds[i] + 0.5));
    heat_free(state);
    return status;
}

static heat_population_plan plan_pilot(const heat_counting *c, const double *reference)
{
    return (heat_population_plan){.n_populations = 1,
                                  .n_members = PILOT_MEMBERS,
                                  .n_sweeps = PILOT_SWEEPS,
                                  .rule = &heat_rule_heat_bath,
                                  .seed = c->opt->seed,
                                  .first_stream = pilot_stream,
                                  .isa = c->opt->isa,
                                  .beta_max = c->beta_max,
                                  .threads = c->opt->threads,
                                  .scales_couplings = c->scales_couplings,
                                  .walk = c->walk,
                                  .reference = reference};
}

/* `end` may be NULL. The steps of walks are noted along the way. */
static heat_status measure(heat_context *ctx, const heat_counting *c, const double *reference,
                           heat_beta_path *path, path_end *end)
{
    heat_population_plan plan = plan_pilot(c, reference);
    heat_population pilot;
    heat_status status;

    plan.adapts = c->walk != NULL;
    status = heat_population_init(ctx, &pilot, c->model, &plan);
    while (status == HEAT_OK && !heat_halted(ctx)) {
        double step = heat_population_choose_step(&pilot);
        status = add_point(ctx, path, pilot.beta, 0.5 / step);
        if (status == HEAT_OK && c->walk != NULL && pilot.beta > 0)
            status =
                heat_walk_reference_add_step(ctx, c->start, pilot.beta, heat_walk_get_step(pilot.chains, 0));
        if (status != HEAT_OK || pilot.beta >= c->beta_max)
            break;
        status = heat_population_step(ctx, &pilot, fmin(pilot.beta + step, c->beta_max));
    }
    if (status == HEAT_OK && end != NULL)
        end->takes_reference = pilot.chains->layout->sum_reference != NULL;
    if (status == HEAT_OK && end != NULL && end->log_odds != NULL)
        status = count_values(ctx, &pilot, end);
    heat_population_clear(&pilot);
    return status;
}

/* Units matched to the marginals are for one temperature, since only the path's end is the model's own. */
heat_status heat_beta_path_choose(heat_context *ctx, const heat_counting *c, heat_beta_path *path,
                                  double **reference)
{
    bool is_auto = strcmp(c->opt->reference, "auto") == 0;
    bool is_asked = strcmp(c->opt->reference, "base-rate") == 0;
    bool may = c->walk == NULL && c->info.n_states == 2 && c->result->n_rows == 1;
    path_end end = {.log_odds = NULL};
    heat_status status = HEAT_OK;

    *reference = NULL;
    if (is_asked && !may)
        return heat_fail_option(ctx, "reference", c->opt->reference,
                                "independent units stand for variables of two values, at one temperature");
    if (is_asked || (is_auto && may && (c->info.has_field || c->rows.n > 0)))
        status = heat_alloc(ctx, c->info.n_variables, sizeof *end.log_odds, &end.log_odds);
    if (status == HEAT_OK)
        status = measure(ctx, c, NULL, path, &end);
    if (status == HEAT_OK && end.log_odds != NULL && (end.takes_reference || is_asked) && !heat_halted(ctx)) {
        *reference = end.log_odds;
        if (c->rows.n > 0)
            heat_typical_rows_find_odds(&c->rows, c->info.n_variables, end.log_odds);
        heat_beta_path_clear(path);
        return measure(ctx, c, *reference, path, NULL);
    }
    heat_free(end.log_odds);
    return status;
}

double heat_beta_path_length(const heat_beta_path *p)
{
    return p->n == 0 ? 0 : p->lengths[p->n - 1];
}

/* The members' log weights at the ends of stretches; stretch k of n steps ends after end_of(k, n) of them. */
typedef struct stretches {
    int64_t count;
    double weight[STRETCHES + 1][PILOT_MEMBERS];
    double now[PILOT_MEMBERS], before[PILOT_MEMBERS]; /* as they are */
} stretches;

static int64_t end_of(const stretches *s, int64_t k, int64_t n)
{
    return k * n / s->count;
}

/* Members that lost nearly all of their weight in a stretch lost `most_lost`: how much more says nothing of
 * the mean. */
static void take_weights(stretches *s, int64_t at, const double *log_weight)
{
    double largest = -(double)INFINITY;

    memcpy(s->now, log_weight, sizeof s->now);
    for (int64_t m = 0; m < PILOT_MEMBERS && at > 0; m++)
        largest = fmax(largest, s->now[m] - s->before[m]);
    for (int64_t m = 0; m < PILOT_MEMBERS; m++) {
        double gain =
            s->now[m] - s->before[m]; /* -inf: the state is forbidden, and the path stays as it is */
        if (isfinite(gain))
            gain = fmax(gain, largest - most_lost);
        s->weight[at][m] = at == 0 ? s->now[m] : s->weight[at - 1][m] + gain;
    }
    memcpy(s->before, s->now, sizeof s->before);
}

static heat_status anneal_pilot(heat_context *ctx, const heat_counting *c, const double *reference, int64_t n,
                                const double *betas, stretches *s)
{
    heat_population_plan plan = plan_pilot(c, reference);
    heat_population pilot;
    heat_status status;
    int64_t at = 0;

    plan.n_sweeps = 1;
    plan.first_stream = refining_stream;
    plan.is_weighted = plan.is_steady = true;
    status = heat_population_init(ctx, &pilot, c->model, &plan);
    for (int64_t t = 0; t <= n && status == HEAT_OK && !heat_halted(ctx); t++) {
        if (t > 0)
            status = heat_population_step(ctx, &pilot, betas[t]);
        if (status == HEAT_OK && t == end_of(s, at, n))
            take_weights(s, at++, pilot.log_weight);
    }
    heat_population_clear(&pilot);
    return status;
}

/* What stretch k adds to the variance of the whole, what it shares with others in halves; not less than half
 * of its own. */
static double variance_of(const stretches *s, int64_t k)
{
    double mean = 0, mean_all = 0, own = 0, shared = 0;

    for (int64_t m = 0; m < PILOT_MEMBERS; m++) {
        mean += (s->weight[k + 1][m] - s->weight[k][m]) / PILOT_MEMBERS;
        mean_all += s->weight[s->count][m] / PILOT_MEMBERS;
    }
    for (int64_t m = 0; m < PILOT_MEMBERS; m++) {
        double d = s->weight[k + 1][m] - s->weight[k][m] - mean;
        own += d * d;
        shared += d * (s->weight[s->count][m] - mean_all);
    }
    return fmax(shared, own / 2) / (PILOT_MEMBERS - 1);
}

/* Steps of each stretch: the mean over it and its neighbours, which takes out half of the noise. */
static bool find_steps(const stretches *s, int64_t n, double *steps)
{
    double raw[STRETCHES], sum = 0;

    for (int64_t k = 0; k < s->count; k++)
        sum += raw[k] = sqrt(variance_of(s, k) * (double)(end_of(s, k + 1, n) - end_of(s, k, n)));
    for (int64_t k = 0; k < s->count; k++) {
        double before = raw[k > 0 ? k - 1 : k], after = raw[k < s->count - 1 ? k + 1 : k];
        steps[k] = fmax((before + raw[k] + after) / 3, least_share * sum / (double)s->count);
    }
    return sum > 0 && isfinite(sum);
}

/* How many steps a step of the path becomes after a share of its length: linear between the middles of the
 * stretches. */
static double factor_at(const stretches *s, int64_t n, const double *steps, double share)
{
    double at = share * (double)n, last = 0, last_middle = 0;

    for (int64_t k = 0; k < s->count; k++) {
        double begin = (double)end_of(s, k, n), end = (double)end_of(s, k + 1, n);
        double middle = 0.5 * (begin + end), factor = steps[k] / (end - begin);
        if (at <= middle)
            return k == 0 ? factor : last + (factor - last) * (at - last_middle) / (middle - last_middle);
        last = factor;
        last_middle = middle;
    }
    return last;
}

/* The same points, each with as much more or fewer steps as its stretch takes: betas may lie decades apart.
 */
static heat_status lay_path(heat_context *ctx, const stretches *s, int64_t n, heat_beta_path *path)
{
    heat_beta_path refined = {.n = 0};
    double steps[STRETCHES], length = heat_beta_path_length(path);
    heat_status status = HEAT_OK;

    if (!find_steps(s, n, steps))
        return HEAT_OK;
    for (int64_t k = 0; k < path->n && status == HEAT_OK; k++)
        status = add_point(ctx, &refined, path->betas[k],
                           path->sigmas[k] * factor_at(s, n, steps, path->lengths[k] / length));
    if (status == HEAT_OK) {
        heat_beta_path_clear(path);
        *path = refined;
    } else {
        heat_beta_path_clear(&refined);
    }
    return status;
}

heat_status heat_beta_path_refine(heat_context *ctx, const heat_counting *c, const double *reference,
                                  int64_t n, heat_beta_path *path, double *variance)
{
    stretches *s = NULL;
    double *betas = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *s, &s);

    *variance = 0;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n + 1, sizeof *betas, &betas);
    if (status != HEAT_OK)
        goto out;
    s->count = n < STRETCHES ? n : STRETCHES;
    heat_beta_path_space(path, n + 1, betas);
    status = anneal_pilot(ctx, c, reference, n, betas, s);
    if (status == HEAT_OK && !heat_halted(ctx)) {
        *variance = heat_variance(PILOT_MEMBERS, s->weight[s->count]);
        status = lay_path(ctx, s, n, path);
    }
out:
    heat_free(s);
    heat_free(betas);
    return status;
}

/* The part of the stretch that ends at point k at which `want` of its length is reached: sigma is linear. */
static double part_of(const heat_beta_path *p, int64_t k, double want)
{
    double width = p->betas[k] - p->betas[k - 1], a = p->sigmas[k - 1], rise = p->sigmas[k] - a;
    double root = sqrt(fmax(0, a * a + 2 * rise * want / width));

    return a + root > 0 ? fmin(1, 2 * want / width / (a + root)) : 1;
}

void heat_beta_path_space(const heat_beta_path *p, int64_t n, double *betas)
{
    double length = heat_beta_path_length(p), end = p->betas[p->n - 1];
    int64_t k = 1;

    for (int64_t t = 0; t < n; t++) {
        double want = length * (double)t / (double)(n - 1);
        if (!(length > 0)) { /* an energy that is the same everywhere */
            betas[t] = end * (double)t / (double)(n - 1);
            continue;
        }
        while (k < p->n - 1 && p->lengths[k] < want)
            k++;
        betas[t] =
            p->betas[k - 1] + part_of(p, k, want - p->lengths[k - 1]) * (p->betas[k] - p->betas[k - 1]);
    }
    betas[0] = 0;
    betas[n - 1] = end;
}
