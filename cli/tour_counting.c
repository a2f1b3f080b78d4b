/* The claims `three-roads` and `log-sum-exp`: log Z by roads that share nothing but the model, and what
 * becomes of it where exponentials are summed as they are. */
#include "tour.h"

#include <math.h>
#include <stdio.h>

enum { SIDE = 16, SMALL_SIDE = 4, N_SMALL = SMALL_SIDE * SMALL_SIDE };

static const double critical = 2.269185;
static const double exact_error = 1e-10; /* of log Z, over its size */

/* log Z of the periodic lattice by one method, against Kaufman's. */
static heat_status count(cli *c, int32_t side, const char *method, double temperature, tour_row *row)
{
    heat_model *model = NULL;
    heat_logz_options options;
    heat_logz_result result;
    heat_status status = HEAT_OK;
    char spec[32];

    heat_logz_result_init(&result);
    heat_logz_options_init(&options);
    options.seed = c->args.values.own.seed;
    options.threads = c->args.values.own.threads;
    options.method = method;
    options.temperature = temperature;
    options.target_error = 0.05;
    row->temperature = temperature;
    snprintf(spec, sizeof spec, "lattice:%dx%d,J=1", side, side);
    if (heat_model_load(c->ctx, spec, &model) != HEAT_OK ||
        heat_logz(c->ctx, model, &options, &result) != HEAT_OK ||
        heat_exact_square_ising(c->ctx, side, side, 1, temperature, &row->expected, NULL, NULL) != HEAT_OK)
        status = cli_fail_library(c);
    row->measured = result.log_z;
    row->error = result.error;
    row->distance = fabs(row->measured - row->expected) /
                    (result.exact ? exact_error * row->expected : tour_allowed_errors * row->error);
    heat_logz_result_clear(&result);
    heat_model_free(model);
    return status;
}

heat_status tour_measure_roads(cli *c, tour_finding *f)
{
    static const char *const methods[][2] = {
        {"exact", "exact"}, {"mbar", "tempering and MBAR"}, {"ais", "annealing (AIS)"}};
    heat_status status = HEAT_OK;

    f->n_rows = 3;
    for (int k = 0; k < f->n_rows && status == HEAT_OK; k++) {
        f->rows[k].label = methods[k][1];
        status = count(c, SIDE, methods[k][0], critical, &f->rows[k]);
    }
    return status;
}

/* The logarithm of a plain sum over all states of the small lattice. */
static heat_status sum_naively(cli *c, double temperature, double *log_z)
{
    heat_model *model = NULL;
    heat_status status = HEAT_OK;
    double sum = 0;

    if (heat_model_load(c->ctx, "lattice:4x4,J=1", &model) != HEAT_OK)
        return cli_fail_library(c);
    for (uint32_t state = 0; state < 1u << N_SMALL && status == HEAT_OK; state++) {
        int8_t spins[N_SMALL];
        double energy;
        for (int i = 0; i < N_SMALL; i++)
            spins[i] = state >> i & 1 ? 1 : -1;
        status = heat_model_get_energy(c->ctx, model, 1, spins, &energy);
        if (status == HEAT_OK)
            sum += exp(-energy / temperature);
    }
    if (status != HEAT_OK)
        status = cli_fail_library(c);
    *log_z = log(sum);
    heat_model_free(model);
    return status;
}

heat_status tour_measure_overflow(cli *c, tour_finding *f)
{
    const double warm = 2, cold = 0.04;
    tour_row *good = &f->rows[0], *fits = &f->rows[1], *lost = &f->rows[2];
    heat_status status;

    f->n_rows = 3;
    *good = (tour_row){.label = "log-sum-exp"};
    status = count(c, SMALL_SIDE, "exact", cold, good);
    if (status == HEAT_OK)
        status = count(c, SMALL_SIDE, "exact", warm, fits);
    if (status == HEAT_OK)
        status = sum_naively(c, warm, &fits->measured);
    *lost = *good;
    if (status == HEAT_OK)
        status = sum_naively(c, cold, &lost->measured);
    fits->label = lost->label = "naive sum";
    fits->distance = fabs(fits->measured - fits->expected) / (exact_error * fits->expected);
    lost->distance = isinf(lost->measured) ? 0 : (double)INFINITY;
    return status;
}
