/* The claims `two-wells` and `wide-well`: where a particle is found, right or left of x = 0, is counted in
 * the draws of every chain; the scatter of the shares is the error, since chains do not know of each other.
 * Expected shares are integrals of exp(-U/T), y integrated out. */
#include "tour.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WALKS = 4, CHAINS = 16, SWEEPS = 3000, STRETCHES = 4 };

static const double cold = 0.1;
static const char *const ladder = "0.1,0.2,0.4,0.8";

/* The share of draws with x > 0 among those of a stretch of one chain at the lowest temperature. */
static double share_of(const heat_sample_result *r, int32_t chain, int64_t first, int64_t last)
{
    double right = 0, count = 0;

    for (int64_t draw = first; draw < last; draw++) {
        double t = r->draw_temperatures != NULL ? r->draw_temperatures[draw] : r->temperatures[0].temperature;
        if (t > cold * (1 + 1e-9))
            continue;
        right += r->values[(chain * r->n_draws + draw) * r->n_variables] > 0;
        count++;
    }
    return right / count;
}

/* Of all chains, each in STRETCHES of dozens of autocorrelation times, or cycles, that scatter by
 * themselves. */
static void count_right(const heat_sample_result *r, double *share, double *error)
{
    const int64_t n = (int64_t)r->n_chains * STRETCHES;
    double sum = 0, squares = 0;

    for (int64_t k = 0; k < n; k++) {
        int64_t stretch = k % STRETCHES;
        double part = share_of(r, (int32_t)(k / STRETCHES), stretch * r->n_draws / STRETCHES,
                               (stretch + 1) * r->n_draws / STRETCHES);
        sum += part;
        squares += part * part;
    }
    *share = sum / (double)n;
    *error = sqrt(fmax(0, squares / (double)n - *share * *share) / (double)(n - 1));
}

static void set_options(const cli *c, heat_sample_options *options)
{
    heat_sample_options_init(options);
    options->seed = c->args.values.own.seed;
    options->threads = c->args.values.own.threads;
    options->keep_states = true;
    options->replicas = CHAINS;
    options->burn_in = 1000;
}

static heat_status sample(cli *c, const char *spec, const heat_sample_options *options, tour_row *row,
                          bool *is_refused)
{
    heat_model *model = NULL;
    heat_sample_result result;
    heat_status status = HEAT_OK;

    heat_sample_result_init(&result);
    if (heat_model_load(c->ctx, spec, &model) != HEAT_OK ||
        heat_sample(c->ctx, model, options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    row->measured = row->error = (double)NAN;
    *is_refused = result.outcome == HEAT_OUTCOME_NOT_CONVERGED;
    if (status == HEAT_OK && row->is_refusal)
        row->measured = share_of(&result, 0, 0, result.n_draws);
    else if (status == HEAT_OK && result.n_draws > 0)
        count_right(&result, &row->measured, &row->error);
    row->distance = fabs(row->measured - row->expected) / (tour_allowed_errors * row->error);
    heat_sample_result_clear(&result);
    heat_model_free(model);
    return status;
}

/* Walks of 10^5 steps of h = 0.01, two in either well: a time of 1000, and the first passage from a well to
 * the top takes 12763 in the mean. What holds is that they are refused. */
static heat_status walk_plainly(cli *c, tour_row *row)
{
    heat_sample_options options;
    bool is_refused;
    heat_status status;

    set_options(c, &options);
    options.engine = "mala";
    options.temperature = cold;
    options.step = 0.01;
    options.replicas = WALKS;
    options.sweeps = 100000;
    status = sample(c, "double-well", &options, row, &is_refused);
    row->error = 0; /* of one walk there is none */
    row->distance = is_refused ? 0 : (double)INFINITY;
    return status;
}

heat_status tour_measure_wells(cli *c, tour_finding *f)
{
    heat_sample_options options;
    bool is_refused;
    heat_status status;

    f->n_rows = 3;
    f->rows[0] = (tour_row){.label = "walks of 10^5 steps", .is_refusal = true, .expected = 0.5};
    f->rows[1] = (tour_row){.label = "tempering", .temperature = cold, .expected = 0.5};
    f->rows[2] = (tour_row){.label = "heated and cooled in cycles", .temperature = cold, .expected = 0.5};
    status = walk_plainly(c, &f->rows[0]);
    set_options(c, &options);
    options.engine = "tempering";
    options.temperature_set = ladder;
    options.sweeps = SWEEPS;
    if (status == HEAT_OK)
        status = sample(c, "double-well", &options, &f->rows[1], &is_refused);
    set_options(c, &options);
    options.schedule = "cyclic:1:0.1:400";
    options.sweeps = 40 * 400;
    return status == HEAT_OK ? sample(c, "double-well", &options, &f->rows[2], &is_refused) : status;
}

/* log of the integral of exp(-U/T) over y and over x within the box: U + T log of what y leaves is
 * (x^2 - 1)^2 - T n c x / 2. */
static heat_status integrate(cli *c, double tilt, const char *box, double *log_z)
{
    heat_model *model = NULL;
    heat_load_options load;
    heat_logz_options options;
    heat_logz_result result;
    char let[64];
    heat_status status = HEAT_OK;

    heat_load_options_init(&load);
    heat_logz_options_init(&options);
    heat_logz_result_init(&result);
    snprintf(let, sizeof let, "a=%.17g", cold * tilt / 2);
    load.let = let;
    load.box = box;
    options.temperature = cold;
    options.method = "exact";
    if (heat_model_load_with(c->ctx, "potential:(x^2-1)^2 - a*x", &load, &model) != HEAT_OK ||
        heat_logz(c->ctx, model, &options, &result) != HEAT_OK)
        status = cli_fail_library(c);
    *log_z = result.log_z;
    heat_logz_result_clear(&result);
    heat_model_free(model);
    return status;
}

static heat_status compare_wells(cli *c, const char *spec, double tilt, tour_row *row)
{
    heat_sample_options options;
    double right = 0, all = 0;
    bool is_refused;
    heat_status status = integrate(c, tilt, "0:", &right);

    if (status == HEAT_OK)
        status = integrate(c, tilt, NULL, &all);
    row->expected = exp(right - all);
    row->temperature = cold;
    set_options(c, &options);
    options.engine = "tempering";
    options.temperature_set = ladder;
    options.sweeps = SWEEPS;
    return status == HEAT_OK ? sample(c, spec, &options, row, &is_refused) : status;
}

heat_status tour_measure_wide_well(cli *c, tour_finding *f)
{
    heat_status status;

    f->n_rows = 2;
    f->rows[0] = (tour_row){.label = "1 variable, c = log 4"};
    f->rows[1] = (tour_row){.label = "10 variables, c = 0.2"};
    status = compare_wells(c, "basins:1,1.3862943611198906", 1.3862943611198906, &f->rows[0]);
    return status == HEAT_OK ? compare_wells(c, "basins:10,0.2", 2, &f->rows[1]) : status;
}
