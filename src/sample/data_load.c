/* heat_data_load: data by its text. It stands here, not beside the other built-ins, because the rows of a
 * teacher are drawn: ising-teacher:MODEL[,n=N[,seed=S][,temperature=T]]. They are exact draws where
 * elimination can make them, else the last states of N independent chains of the heat bath. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/data_format.h"
#include "model/custom_private.h"
#include "model/data_builtin.h"
#include "model/data_private.h"

#include <heatbath/exact.h>
#include <heatbath/sample.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_CHAINS = 65536, FEWEST_SWEEPS = 4 };

static const char teacher[] = "ising-teacher:";

typedef struct teacher_spec {
    char *model;
    int64_t n_rows;
    uint64_t seed;
    double temperature;
} teacher_spec;

static heat_status bad_key(heat_context *ctx, const char *spec, const char *key)
{
    return heat_fail(
        ctx, HEAT_ERROR_INPUT,
        "%s: '%.40s' is none of n=ROWS, seed=SEED, temperature=T, as in ising-teacher:sk:16,seed=3,n=1000,"
        "seed=1",
        spec, key);
}

/* Everything before ",n=" is the model's, keys and all; what follows is the teacher's. */
static heat_status parse(heat_context *ctx, const char *spec, teacher_spec *t)
{
    char *keys, *next;
    heat_status status = heat_copy_text(ctx, spec + strlen(teacher), &t->model);

    *t = (teacher_spec){t->model, 1000, 1, 1};
    if (status != HEAT_OK)
        return status;
    keys = strstr(t->model, ",n=");
    if (keys == NULL)
        return HEAT_OK;
    *keys++ = '\0';
    for (; keys != NULL; keys = next) {
        const char *value = strchr(keys, '=');
        bool fits = false;
        next = strchr(keys, ',');
        if (next != NULL)
            *next++ = '\0';
        value = value == NULL ? "" : value + 1;
        if (strncmp(keys, "n=", 2) == 0)
            fits =
                heat_parse_int(value, strlen(value), &t->n_rows) && t->n_rows >= 1 && t->n_rows < INT32_MAX;
        else if (strncmp(keys, "seed=", 5) == 0)
            fits = heat_parse_uint(value, strlen(value), &t->seed);
        else if (strncmp(keys, "temperature=", 12) == 0)
            fits = heat_parse_real(value, strlen(value), &t->temperature) && t->temperature > 0;
        if (!fits)
            return bad_key(ctx, spec, keys);
    }
    return HEAT_OK;
}

static heat_status draw(heat_context *ctx, const heat_model *model, const teacher_spec *t,
                        heat_sample_result *result)
{
    heat_sample_options opt;
    heat_exact_cost cost;
    heat_status status = heat_exact_estimate(ctx, model, ctx->config.memory, &cost);

    if (status != HEAT_OK)
        return status;
    heat_sample_options_init(&opt);
    opt.seed = t->seed;
    opt.temperature = t->temperature;
    opt.keep_states = true;
    opt.memory = ctx->config.memory;
    if (cost.affordable) {
        opt.engine = "exact";
        opt.replicas = 1;
        opt.sweeps = t->n_rows > FEWEST_SWEEPS ? t->n_rows : FEWEST_SWEEPS;
    } else if (t->n_rows <= MOST_CHAINS) {
        opt.engine = "heat-bath";
        opt.replicas = t->n_rows;
        opt.sweeps = FEWEST_SWEEPS;
    } else {
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "%s: no exact draws are affordable, and by sampling there are at most %d rows",
                         t->model, MOST_CHAINS);
    }
    return heat_sample(ctx, model, &opt, result);
}

/* Puts the drawn states into a table. */
static heat_status fill(heat_context *ctx, const char *spec, const heat_data_options *options,
                        const heat_model_info *info, const heat_model *model, const teacher_spec *t,
                        const heat_sample_result *s, heat_data_table *table)
{
    const heat_row_place place = {.file = spec};
    bool is_exact = s->n_chains == 1;
    heat_labels names = {0};
    double *row = NULL;
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < info->n_variables && info->has_labels && status == HEAT_OK; i++) {
        const char *name = heat_model_get_label(model, i);
        status = heat_labels_add(ctx, &names, HEAT_LABEL_WORD, name, strlen(name));
    }
    if (status == HEAT_OK)
        status = heat_data_table_begin(ctx, table, spec, info->n_variables, &names, options);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, info->n_variables, sizeof *row, &row);
    for (int64_t r = 0; r < t->n_rows && status == HEAT_OK; r++) {
        const int8_t *state = s->states + (is_exact ? r : (r + 1) * s->n_draws - 1) * info->n_variables;
        for (int32_t i = 0; i < info->n_variables; i++)
            row[i] = state[i];
        status = heat_data_table_add(ctx, table, row, &place);
    }
    if (status == HEAT_OK)
        heat_data_table_say(
            table, is_exact ? "exact draws at T = %g" : "last states of independent chains at T = %g",
            t->temperature);
    if (status == HEAT_OK)
        status = heat_data_table_end(ctx, table, spec);
    heat_labels_clear(&names);
    heat_free(row);
    return status;
}

static heat_status load_teacher(heat_context *ctx, const char *spec, const heat_data_options *options,
                                heat_data **out)
{
    teacher_spec t = {0};
    heat_sample_result result;
    heat_data_table table = {0};
    heat_model *model = NULL;
    heat_model_info info;
    heat_status status;

    heat_sample_result_init(&result);
    status = parse(ctx, spec, &t);
    if (status == HEAT_OK)
        status = heat_model_load(ctx, t.model, &model);
    if (status == HEAT_OK)
        status = draw(ctx, model, &t, &result);
    if (status != HEAT_OK)
        goto out;
    heat_model_describe(model, &info);
    if (result.states == NULL || result.n_draws * result.n_chains < t.n_rows)
        status = heat_fail(ctx, HEAT_ERROR_STOPPED, "stopped before the rows of %s were drawn", spec);
    else
        status = fill(ctx, spec, options, &info, model, &t, &result, &table);
    if (status == HEAT_OK)
        status = heat_data_wrap(ctx, &table, spec, "built-in", out);
out:
    heat_data_table_clear(&table);
    heat_sample_result_clear(&result);
    heat_model_free(model);
    heat_free(t.model);
    return status;
}

heat_status heat_data_load(heat_context *ctx, const char *spec, const heat_data_options *options,
                           heat_data **out)
{
    heat_data_options opt;
    bool known = false;
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (spec == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_load: no data named");
    heat_data_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    status = heat_option_check(ctx, heat_option_table_get("data"), &opt, NULL);
    if (status == HEAT_OK && opt.binarize_seed != 1 && opt.binarize != HEAT_RANDOM)
        status = heat_fail_option(ctx, "binarize_seed", NULL, "is the draw of --binarize random");
    if (status != HEAT_OK)
        return status;
    if (strcmp(spec, "-") != 0 && access(spec, F_OK) != 0) {
        if (strncmp(spec, teacher, strlen(teacher)) == 0)
            return load_teacher(ctx, spec, &opt, out);
        status = heat_data_builtin_create(ctx, spec, &opt, &known, out);
        if (known || status != HEAT_OK)
            return status;
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, spec, 0, 0,
                              "no such file, and no such built-in (digits, bars-and-stripes:4x4, shifter:8, "
                              "ising-teacher:MODEL)");
    }
    return heat_data_load_file(ctx, spec, &opt, out);
}

bool heat_data_is_named(heat_context *ctx, const char *spec, const char *format)
{
    static const char *const words[] = {"digits", "bars-and-stripes", "shifter", "ising-teacher"};
    struct stat about;
    bool alone;

    if (ctx == NULL || spec == NULL)
        return false;
    if (format != NULL && (!heat_data_has_format(format, &alone) || alone))
        return alone;
    if (strcmp(spec, "-") == 0)
        return false;
    if (stat(spec, &about) == 0) /* of a pipe, looking would take the bytes */
        return S_ISREG(about.st_mode) && !heat_custom_is_object(spec) && heat_data_recognise(ctx, spec);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strlen(words[k]) == strcspn(spec, ":") && strncmp(words[k], spec, strlen(words[k])) == 0)
            return true;
    return false;
}
