/* The claims `two-phases`, `cd-bias` and `machine-is-ising`: learning against numbers that are known. */
#include "tour.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNITS = 10, MOST_MARKS = 40 };

static const double exact_sum = 1e-12, allowed_nats = 0.05;

static heat_status train(cli *c, const char *spec, double binarize, heat_learn_options *options,
                         heat_learn_result *result)
{
    heat_data_options reading;
    heat_learn_input input = {.size = sizeof input};
    heat_data *data = NULL;
    heat_status status = HEAT_OK;

    heat_data_options_init(&reading);
    reading.binarize = binarize;
    options->seed = c->args.values.own.seed;
    options->threads = c->args.values.own.threads;
    if (heat_data_load(c->ctx, spec, &reading, &data) != HEAT_OK)
        return cli_fail_library(c);
    input.data = data;
    if (heat_learn(c->ctx, "rbm", &input, options, result) != HEAT_OK)
        status = cli_fail_library(c);
    heat_data_free(data);
    return status;
}

/* The likelihood at epochs 0, 1, 2, 4, ..., a bar each from the first to the last. */
static void draw_climb(const heat_learn_result *r, tour_finding *f)
{
    double low = r->history[0].train, high = r->history[r->n_history - 1].train;
    size_t used = 0;

    for (int64_t h = 0; h < r->n_history; h = h == 0 ? 1 : 2 * h) {
        int marks = (int)lround((r->history[h].train - low) / (high - low) * MOST_MARKS);
        char bar[3 * MOST_MARKS + 1] = "";
        for (int k = 0; k < marks && k < MOST_MARKS; k++)
            strcat(bar, "█");
        used += (size_t)snprintf(f->picture + used, sizeof f->picture - used, "%5lld  %7.2f nats  %s\n",
                                 (long long)r->history[h].epoch, r->history[h].train, bar);
    }
}

static double largest_fall(const heat_learn_result *r)
{
    double most = 0;

    for (int64_t h = 1; h < r->n_history; h++)
        most = fmax(most, r->history[h - 1].train - r->history[h].train);
    return most;
}

heat_status tour_measure_phases(cli *c, tour_finding *f)
{
    heat_learn_options options;
    heat_learn_result r;
    heat_status status;

    heat_learn_result_init(&r);
    heat_learn_options_init(&options);
    f->n_rows = 2;
    status = train(c, "digits", 7, &options, &r);
    if (status == HEAT_OK) {
        f->rows[0] = (tour_row){.label = "digits: the largest fall", .measured = largest_fall(&r)};
        f->rows[0].distance = f->rows[0].measured / 1e-9;
        draw_climb(&r, f);
    }
    heat_learn_result_clear(&r);
    if (status == HEAT_OK)
        status = train(c, "bars-and-stripes:4x4", HEAT_FOREVER, &options, &r);
    f->rows[1] =
        (tour_row){.label = "bars and stripes: the end", .measured = r.train.mean, .expected = -log(30)};
    f->rows[1].distance = fabs(f->rows[1].measured - f->rows[1].expected) / allowed_nats;
    heat_learn_result_clear(&r);
    return status;
}

heat_status tour_measure_bias(cli *c, tour_finding *f)
{
    static const char *const labels[] = {"CD-1, of the update", "CD-8", "CD-64"};
    heat_learn_options options;
    heat_learn_result r;
    heat_status status;

    heat_learn_result_init(&r);
    heat_learn_options_init(&options);
    options.hidden = 6;
    options.epochs = 6;
    options.report_bias = true;
    status = train(c, "bars-and-stripes:3x3", HEAT_FOREVER, &options, &r);
    f->n_rows = 3;
    for (int k = 0; k < f->n_rows; k++) {
        const heat_cd_bias *b = &r.cd_bias[3 * k];
        f->rows[k] = (tour_row){.label = labels[k], .measured = b->bias / b->gradient};
    }
    /* less than half of the first, then less than a hundredth */
    f->rows[1].distance = 2 * f->rows[1].measured / f->rows[0].measured;
    f->rows[2].distance = 100 * f->rows[2].measured / f->rows[0].measured;
    heat_learn_result_clear(&r);
    return status;
}

/* A machine over 0 and 1 with couplings W_ij = sin(i + 2 j) and biases cos(3 i), and the Ising model J = W/4,
 * h = b/2 + sum_j W_ij/4, whose energies differ by a constant. */
static heat_status make_pair(cli *c, heat_model **machine, heat_model **ising)
{
    enum { PAIRS = UNITS * (UNITS - 1) / 2 };
    int32_t i[PAIRS], j[PAIRS];
    double weights[PAIRS], biases[UNITS], couplings[PAIRS], fields[UNITS], offset = 0;
    heat_boltzmann b;
    int64_t n = 0;

    for (int32_t k = 0; k < UNITS; k++) {
        biases[k] = cos(3.0 * k);
        fields[k] = biases[k] / 2;
        offset -= biases[k] / 2;
    }
    for (int32_t k = 0; k < UNITS; k++)
        for (int32_t l = k + 1; l < UNITS; l++, n++) {
            i[n] = k;
            j[n] = l;
            weights[n] = sin(k + 2.0 * l);
            couplings[n] = weights[n] / 4;
            fields[k] += weights[n] / 4;
            fields[l] += weights[n] / 4;
            offset -= weights[n] / 4;
        }
    heat_boltzmann_init(&b);
    b.n_visible = UNITS;
    b.n_edges = n;
    b.i = i;
    b.j = j;
    b.weights = weights;
    b.biases = biases;
    if (heat_model_create_boltzmann(c->ctx, &b, machine) != HEAT_OK ||
        heat_model_create_ising(c->ctx, UNITS, n, i, j, couplings, fields, offset, ising) != HEAT_OK)
        return cli_fail_library(c);
    return HEAT_OK;
}

/* The largest difference between the energies of all states. */
static heat_status compare_energies(cli *c, const heat_model *machine, const heat_model *ising, double *most)
{
    *most = 0;
    for (int x = 0; x < 1 << UNITS; x++) {
        int8_t binary[UNITS], spins[UNITS];
        double a, b;
        for (int k = 0; k < UNITS; k++) {
            binary[k] = x >> k & 1;
            spins[k] = (int8_t)(2 * binary[k] - 1);
        }
        if (heat_model_get_energy(c->ctx, machine, 1, binary, &a) != HEAT_OK ||
            heat_model_get_energy(c->ctx, ising, 1, spins, &b) != HEAT_OK)
            return cli_fail_library(c);
        *most = fmax(*most, fabs(a - b));
    }
    return HEAT_OK;
}

heat_status tour_measure_machine(cli *c, tour_finding *f)
{
    heat_model *machine = NULL, *ising = NULL;
    heat_logz_result of_machine, of_ising;
    double most = (double)INFINITY;
    heat_status status = make_pair(c, &machine, &ising);

    heat_logz_result_init(&of_machine);
    heat_logz_result_init(&of_ising);
    if (status == HEAT_OK)
        status = compare_energies(c, machine, ising, &most);
    if (status == HEAT_OK && (heat_logz(c->ctx, machine, NULL, &of_machine) != HEAT_OK ||
                              heat_logz(c->ctx, ising, NULL, &of_ising) != HEAT_OK))
        status = cli_fail_library(c);
    f->n_rows = 2;
    f->rows[0] =
        (tour_row){.label = "energies: the largest gap", .measured = most, .distance = most / exact_sum};
    f->rows[1] = (tour_row){.label = "log Z", .measured = of_machine.log_z, .expected = of_ising.log_z};
    f->rows[1].distance = fabs(of_machine.log_z - of_ising.log_z) / exact_sum / fabs(of_ising.log_z);
    heat_logz_result_clear(&of_machine);
    heat_logz_result_clear(&of_ising);
    heat_model_free(machine);
    heat_model_free(ising);
    return status;
}
