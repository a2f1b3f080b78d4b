/* The claim `temperature-knob`: one lattice at three temperatures, drawn, with its sampled energy against
 * Kaufman's. Two rows of spins are one line of half blocks. */
#include "tour.h"

#include <math.h>
#include <string.h>

enum { SIDE = 24, N_SITES = SIDE * SIDE };

static const char *const blocks[2][2] = {{" ", "▄"}, {"▀", "█"}}; /* [upper up][lower up] */

/* Adds a state beside those in `lines`, the more frequent spin filled: without a field the two are alike. */
static void draw(const int8_t *state, char lines[SIDE / 2][TOUR_PICTURE_SIZE / SIDE])
{
    int sum = 0;

    for (int k = 0; k < N_SITES; k++)
        sum += state[k];
    for (int y = 0; y < SIDE / 2; y++) {
        if (lines[y][0] != '\0')
            strcat(lines[y], "   ");
        for (int x = 0; x < SIDE; x++)
            strcat(lines[y],
                   blocks[state[2 * y * SIDE + x] * sum > 0][state[(2 * y + 1) * SIDE + x] * sum > 0]);
    }
}

static heat_status sample(cli *c, const heat_model *model, double temperature, heat_sample_result *result,
                          tour_row *row)
{
    heat_sample_options options;
    double expected = (double)NAN;
    const heat_observable *energy;

    heat_sample_options_init(&options);
    options.seed = c->args.values.own.seed;
    options.threads = c->args.values.own.threads;
    options.engine = "swendsen-wang";
    options.temperature = temperature;
    options.replicas = 8;
    options.sweeps = options.thin = 3000;
    options.burn_in = 500;
    options.keep_states = true;
    if (heat_sample(c->ctx, model, &options, result) != HEAT_OK ||
        heat_exact_square_ising(c->ctx, SIDE, SIDE, 1, temperature, NULL, &expected, NULL) != HEAT_OK)
        return cli_fail_library(c);
    *row = (tour_row){.temperature = temperature, .expected = expected / N_SITES};
    energy = tour_find(result, "energy");
    row->measured = energy->mean / N_SITES;
    row->error = energy->error / N_SITES;
    row->distance = fabs(row->measured - row->expected) / (tour_allowed_errors * row->error);
    return HEAT_OK;
}

heat_status tour_measure_lattices(cli *c, tour_finding *f)
{
    static const double temperatures[TOUR_MOST_ROWS] = {1.5, 2.269185, 5};
    char lines[SIDE / 2][TOUR_PICTURE_SIZE / SIDE] = {""};
    heat_model *model = NULL;
    heat_status status = HEAT_OK;

    if (heat_model_load(c->ctx, "lattice:24x24,J=1", &model) != HEAT_OK)
        return cli_fail_library(c);
    f->n_rows = TOUR_MOST_ROWS;
    for (int k = 0; k < TOUR_MOST_ROWS && status == HEAT_OK; k++) {
        heat_sample_result result;
        heat_sample_result_init(&result);
        status = sample(c, model, temperatures[k], &result, &f->rows[k]);
        if (status == HEAT_OK && result.n_draws > 0)
            draw(result.states, lines);
        heat_sample_result_clear(&result);
    }
    for (int y = 0; y < SIDE / 2; y++) {
        strcat(f->picture, lines[y]);
        strcat(f->picture, "\n");
    }
    heat_model_free(model);
    return status;
}
