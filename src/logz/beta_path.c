/* log weights change by sigma(E) d beta, in standard deviations, over a step d beta; so betas at equal steps
 * of the integral of sigma are equally far apart for every estimator: neighbouring energies overlap equally,
 * and every step of an annealing adds as much variance. The length of that path bounds the error from below:
 * Gelman and Meng, Stat. Sci. 13 (1998) 163. */
#include "logz/beta_path.h"
#include "base/memory.h"
#include "sample/layout.h"
#include "sample/population.h"

#include <math.h>
#include <string.h>

enum { PILOT_MEMBERS = 128, PILOT_SWEEPS = 4, MOST_STEPS = 100000 };

/* What a path measures besides: where its members end. */
typedef struct path_end {
    double *log_odds;     /* [n] of each variable's higher value, of two; NULL: not wanted */
    bool takes_reference; /* the members' layout does */
} path_end;

/* The members' streams lie beyond all of the run's. */
static const uint64_t pilot_stream = (uint64_t)1 << 62;

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

/* `end` may be NULL. */
static heat_status measure(heat_context *ctx, const heat_counting *c, const double *reference,
                           heat_beta_path *path, path_end *end)
{
    heat_population_plan plan = {.n_populations = 1,
                                 .n_members = PILOT_MEMBERS,
                                 .n_sweeps = PILOT_SWEEPS,
                                 .rule = &heat_rule_heat_bath,
                                 .seed = c->opt->seed,
                                 .first_stream = pilot_stream,
                                 .isa = c->opt->isa,
                                 .beta_max = c->beta_max,
                                 .threads = c->opt->threads,
                                 .scales_couplings = c->scales_couplings,
                                 .reference = reference};
    heat_population pilot;
    heat_status status = heat_population_init(ctx, &pilot, c->model, &plan);

    while (status == HEAT_OK && !heat_halted(ctx)) {
        double step = heat_population_choose_step(&pilot);
        status = add_point(ctx, path, pilot.beta, 0.5 / step);
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
    bool may = c->info.n_states == 2 && c->result->n_rows == 1;
    path_end end = {.log_odds = NULL};
    heat_status status = HEAT_OK;

    *reference = NULL;
    if (is_asked && !may)
        return heat_fail_option(ctx, "reference", c->opt->reference,
                                "independent units stand for variables of two values, at one temperature");
    if (is_asked || (is_auto && may && c->info.has_field))
        status = heat_alloc(ctx, c->info.n_variables, sizeof *end.log_odds, &end.log_odds);
    if (status == HEAT_OK)
        status = measure(ctx, c, NULL, path, &end);
    if (status == HEAT_OK && end.log_odds != NULL && (end.takes_reference || is_asked) && !heat_halted(ctx)) {
        *reference = end.log_odds;
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
