/* Kept states as CmdStan writes its draws ("Stan CSV File Format" in the CmdStan Guide, as of version 2.33):
 * the options as comments, a header, a line a draw, the time as comments again. Readers go by the comments:
 * `algorithm = hmc` promises the seven columns of its sampler, and lines on the adaptation below the header;
 * what heatbath's engines without momenta make is announced as `fixed_param`, whose columns are lp__ and
 * accept_stat__. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "model/model_private.h"
#include "sample/walk_options.h"

#include <heatbath/sample.h>
#include <heatbath/version.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_SIZE = 40 };

/* One file under way: chain `chain` at temperature t. */
typedef struct stan_file {
    heat_atomic_file *file;
    const heat_model *model; /* NULL: variables have no names */
    const heat_sample_options *options;
    const heat_sample_result *r;
    const char *path;
    int32_t t, chain;
    bool has_momenta;
} stan_file;

size_t heat_sample_stan_path(const heat_sample_result *r, int32_t t, int32_t chain, const char *path,
                             char *buffer, size_t size)
{
    size_t stem = strlen(path);
    char number[NUMBER_SIZE];
    int length;

    if (heat_path_ends_in(path, ".csv"))
        stem -= strlen(".csv") + (path[stem - 1] == 'z' ? strlen(".gz") : 0);
    if (r->n_temperatures > 1)
        length = snprintf(buffer, size, "%.*s_T%s_%d%s", (int)stem, path,
                          heat_text_real(r->temperatures[t].temperature, number, sizeof number), chain + 1,
                          path + stem);
    else
        length = snprintf(buffer, size, "%.*s_%d%s", (int)stem, path, chain + 1, path + stem);
    return length < 0 ? 0 : (size_t)length;
}

/* Letters, digits, dots and underscores: readers cut names at commas, blanks and equal signs. */
static heat_status write_plain(const stan_file *f, const char *text)
{
    heat_status status = HEAT_OK;

    for (const char *c = text; *c != '\0' && status == HEAT_OK; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                        *c == '.' || *c == '_' || (unsigned char)*c >= 128;
        status = heat_atomic_file_write(f->file, is_plain ? c : "_", 1);
    }
    return status;
}

static heat_status write_name(const stan_file *f, int32_t i)
{
    const char *label = f->model == NULL ? NULL : heat_model_get_label(f->model, i);

    if (label != NULL)
        return write_plain(f, label);
    return heat_atomic_file_print(f->file, "x%lld",
                                  (long long)i + (f->model == NULL ? 0 : f->model->info.first_index));
}

static heat_status write_number(const stan_file *f, const char *separator, double value)
{
    char number[NUMBER_SIZE];

    return heat_atomic_file_print(f->file, "%s%s", separator,
                                  isnan(value)   ? "nan"
                                  : isinf(value) ? (value > 0 ? "inf" : "-inf")
                                                 : heat_text_real(value, number, sizeof number));
}

static heat_status write_algorithm(const stan_file *f)
{
    if (!f->has_momenta)
        return heat_atomic_file_print(f->file, "#     algorithm = fixed_param\n#       fixed_param\n");
    return heat_atomic_file_print(f->file,
                                  "#     adapt\n#       engaged = %d\n#     algorithm = hmc\n#       hmc\n"
                                  "#         engine = %s\n#           %s\n#             max_depth = 10\n"
                                  "#         metric = unit_e\n#         metric_file =\n",
                                  f->options->burn_in > 0,
                                  strcmp(f->r->engine, "nuts") == 0 ? "nuts" : "static",
                                  strcmp(f->r->engine, "nuts") == 0 ? "nuts" : "static");
}

/* Of the masses that were taken, in CmdStan's word for them. `metric` stays unit_e, as of any other readers
 * expect a line of numbers that is not written. */
static const char *name_metric(const stan_file *f)
{
    static const char *const names[] = {", metric unit_e", ", metric diag_e, adapted and not written",
                                        ", metric dense_e, adapted and not written"};
    const heat_engine *engine = heat_engine_get(f->r->engine);

    if (!f->has_momenta || f->model == NULL || engine == NULL || !heat_model_is_walked(f->model))
        return "";
    return names[heat_walk_plan_of(f->model, engine, f->options).mass];
}

/* The options, in CmdStan's nesting; then in words what no option of CmdStan says. */
static heat_status write_options(const stan_file *f)
{
    const char *slash = strrchr(f->path, '/');
    char number[NUMBER_SIZE];
    heat_status status = heat_atomic_file_print(
        f->file, "# stan_version_major = 2\n# stan_version_minor = 33\n# stan_version_patch = 0\n# model = ");

    if (status == HEAT_OK)
        status = write_plain(f, f->model == NULL ? "heatbath" : f->model->name);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(
            f->file,
            "\n# method = sample\n#   sample\n#     num_samples = %lld\n#     num_warmup = %lld\n"
            "#     save_warmup = 0\n#     thin = %lld\n",
            (long long)f->r->n_sweeps, (long long)f->options->burn_in, (long long)f->options->thin);
    if (status == HEAT_OK)
        status = write_algorithm(f);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(f->file,
                                        "#     num_chains = 1\n# id = %d\n# data\n#   file =\n"
                                        "# random\n#   seed = %llu\n# output\n#   file = %.150s\n",
                                        f->chain + 1, (unsigned long long)f->options->seed,
                                        slash == NULL ? f->path : slash + 1);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(
            f->file, "# heatbath %s, engine %s, chain %d of %d at temperature %s%s\n", heat_version(),
            f->r->engine, f->chain + 1, f->r->n_chains,
            heat_text_real(f->r->temperatures[f->t].temperature, number, sizeof number), name_metric(f));
    return status;
}

static int64_t first_draw(const stan_file *f)
{
    return ((int64_t)f->t * f->r->n_chains + f->chain) * f->r->n_draws;
}

/* The header, and below it what was adapted. */
static heat_status write_header(const stan_file *f)
{
    heat_status status = heat_atomic_file_print(
        f->file, "lp__,accept_stat__%s",
        f->has_momenta ? ",stepsize__,treedepth__,n_leapfrog__,divergent__,energy__" : "");

    for (int32_t i = 0; i < f->r->n_variables && status == HEAT_OK; i++) {
        status = heat_atomic_file_print(f->file, ",");
        if (status == HEAT_OK)
            status = write_name(f, i);
    }
    if (status == HEAT_OK)
        status = heat_atomic_file_print(f->file, "\n");
    if (status == HEAT_OK && f->has_momenta) {
        status = heat_atomic_file_print(f->file, "# Adaptation terminated\n");
        if (status == HEAT_OK)
            status = write_number(f, "# Step size = ", f->r->moves[first_draw(f)].step);
        if (status == HEAT_OK)
            status = heat_atomic_file_print(f->file, "\n");
    }
    return status;
}

static heat_status write_draw(const stan_file *f, int64_t row)
{
    const heat_sample_result *r = f->r;
    const heat_sample_temperature *at = &r->temperatures[f->t];
    const heat_sample_move *move = r->moves == NULL ? NULL : &r->moves[row];
    double acceptance = move != NULL ? move->acceptance : isnan(at->acceptance) ? 0 : at->acceptance;
    heat_status status = write_number(f, "", 0 - r->energies[row] / at->temperature);

    if (status == HEAT_OK)
        status = write_number(f, ",", acceptance);
    if (f->has_momenta) {
        const double columns[] = {move->step, move->depth, move->n_leaps, move->is_lost, move->total_energy};
        for (size_t k = 0; k < sizeof columns / sizeof *columns && status == HEAT_OK; k++)
            status = write_number(f, ",", columns[k]);
    }
    for (int64_t i = row * r->n_variables; i < (row + 1) * r->n_variables && status == HEAT_OK; i++)
        status = write_number(f, ",", r->states != NULL ? r->states[i] : r->values[i]);
    return status == HEAT_OK ? heat_atomic_file_print(f->file, "\n") : status;
}

static heat_status write_file(const stan_file *f)
{
    const int64_t first = first_draw(f);
    heat_status status = write_options(f);

    if (status == HEAT_OK)
        status = write_header(f);
    for (int64_t row = first; row < first + f->r->n_draws && status == HEAT_OK; row++)
        status = write_draw(f, row);
    return status;
}

/* One chain's, under its name. */
static heat_status save_chain(heat_context *ctx, stan_file *f, const char *path)
{
    size_t size = heat_sample_stan_path(f->r, f->t, f->chain, path, NULL, 0) + 1;
    char *name;
    heat_status status = heat_alloc(ctx, (int64_t)size, 1, &name);

    if (status != HEAT_OK)
        return status;
    heat_sample_stan_path(f->r, f->t, f->chain, path, name, size);
    f->path = name;
    status = heat_atomic_file_create(ctx, name, &f->file);
    if (status == HEAT_OK)
        status = heat_atomic_file_finish(f->file, write_file(f));
    heat_free(name);
    return status;
}

heat_status heat_sample_result_save_stan(heat_context *ctx, const heat_model *model,
                                         const heat_sample_options *options, const heat_sample_result *r,
                                         const char *path)
{
    heat_sample_options opt;
    stan_file f = {.model = model, .options = &opt, .r = r};
    heat_status status = HEAT_OK;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (r == NULL || path == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_sample_result_save_stan: no result or no path");
    if (r->states == NULL && r->values == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "no states were kept (option keep_states)");
    if (r->draw_temperatures != NULL)
        return heat_fail_option(ctx, "output_format", "stan",
                                "the draws of a schedule have many temperatures, CmdStan's have one");
    if (!heat_path_ends_in(path, ".csv"))
        return heat_fail_option(ctx, "output", path, "CmdStan's files are .csv");
    heat_sample_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    f.has_momenta = r->moves != NULL && r->n_draws > 0 && !isnan(r->moves[0].total_energy);
    for (f.t = 0; f.t < r->n_temperatures; f.t++)
        for (f.chain = 0; f.chain < r->n_chains && status == HEAT_OK; f.chain++)
            status = save_chain(ctx, &f, path);
    return status;
}
