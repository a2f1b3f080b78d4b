/* Which numbers make up the sheets of sample and learn; the library draws them. */
#include "images.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_SIDE = 4, SAMPLES = 64, FILTERS = 144, SHEETS = 8, MOST_BURN_IN = 1000, LEAST_BURN_IN = 50 };

static const double sheet_visits = 4e9; /* of edges, by the fresh chains of a sheet: some seconds */

/* Images to be drawn, and how they were filled. */
typedef struct sheet {
    heat_report_images of;
    double *values;
} sheet;

static heat_status parse_shape(cli *c, const char *text, int64_t n, cli_image *image)
{
    char *end, *rest;

    image->rows = strtoll(text, &end, 10);
    image->columns = *end == 'x' ? strtoll(end + 1, &rest, 10) : 0;
    if (*end != 'x' || *rest != '\0' || image->rows < 1 || image->columns < 1)
        return cli_fail_option(c, "image", text, "'%.80s' is no ROWSxCOLUMNS, such as 28x28", text);
    if (image->rows > n || image->columns != n / image->rows || image->rows * image->columns != n)
        return cli_fail_option(c, "image", text, "%lld visible units are not %.80s", (long long)n, text);
    return HEAT_OK;
}

heat_status cli_image_shape(cli *c, int64_t n, const heat_data_info *data, cli_image *image)
{
    const char *text = c->args.values.own.image;
    int64_t side = (int64_t)(sqrt((double)n) + 0.5);

    *image = (cli_image){0, 0};
    if (text != NULL && c->args.values.own.figures == NULL)
        return cli_fail_option(c, "image", text, "is for the pictures of --figures");
    if (text != NULL)
        return parse_shape(c, text, n, image);
    if (data != NULL && data->n_dimensions == 2)
        *image = (cli_image){data->extent[0], data->extent[1]};
    else if (side >= LEAST_SIDE && side * side == n)
        *image = (cli_image){side, side};
    return HEAT_OK;
}

void cli_images_prepare(heat_sample_options *options)
{
    int64_t draws = (SAMPLES + options->replicas - 1) / options->replicas;

    if (options->keep_states)
        return;
    options->keep_states = true;
    options->thin = options->sweeps / draws > 0 ? options->sweeps / draws : 1;
}

static heat_status sheet_init(cli *c, const cli_image *image, int64_t n, sheet *s)
{
    heat_report_images_init(&s->of);
    s->of.n = n;
    s->of.rows = image->rows;
    s->of.columns = image->columns;
    s->values = malloc((size_t)(n * image->rows * image->columns) * sizeof *s->values);
    s->of.values = s->values;
    return s->values == NULL ? cli_fail(c, HEAT_ERROR_MEMORY, "no memory for a sheet of images") : HEAT_OK;
}

static double *image_of(const sheet *s, int64_t k)
{
    return s->values + k * s->of.rows * s->of.columns;
}

/* Colours over the values that a layer can have, or, of real numbers, those that there are. */
static void set_range(const heat_model_info *info, bool is_spin, sheet *s)
{
    int64_t count = s->of.n * s->of.rows * s->of.columns;

    s->of.low = is_spin ? -1 : 0;
    s->of.high = info->n_states > 2 ? info->n_states - 1 : 1;
    if (info->n_states > 0)
        return;
    s->of.low = (double)INFINITY;
    s->of.high = -(double)INFINITY;
    for (int64_t k = 0; k < count; k++) {
        s->of.low = fmin(s->of.low, s->values[k]);
        s->of.high = fmax(s->of.high, s->values[k]);
    }
    if (!(s->of.low < s->of.high))
        s->of.high = s->of.low + 1;
}

static heat_status draw(cli *c, const sheet *s, const char *stem)
{
    return heat_report_image_sheet(c->ctx, &s->of, c->args.values.own.figures, stem) == HEAT_OK
               ? HEAT_OK
               : cli_fail_library(c);
}

/* The visible units of a draw. */
static void read_draw(const heat_sample_result *r, int64_t draw, int64_t n, double *image)
{
    for (int64_t i = 0; i < n; i++)
        image[i] =
            r->states != NULL ? r->states[draw * r->n_variables + i] : r->values[draw * r->n_variables + i];
}

/* Up to SAMPLES of the draws at a temperature, of all chains alike and of a chain evenly, chain by chain. */
static int64_t place_of(const heat_sample_result *r, int32_t t, int64_t k, int64_t per_chain)
{
    int64_t chain = k / per_chain, draw = (k % per_chain + 1) * r->n_draws / per_chain - 1;

    return ((int64_t)t * r->n_chains + chain) * r->n_draws + draw;
}

static heat_status draw_samples(cli *c, const heat_model_info *info, const cli_image *image,
                                const heat_sample_result *r, int32_t t, const char *stem)
{
    int64_t n_chains = r->n_chains < SAMPLES ? r->n_chains : SAMPLES, per_chain = SAMPLES / n_chains;
    sheet s = {.values = NULL};
    heat_status status;

    per_chain = per_chain < r->n_draws ? per_chain : r->n_draws;
    status = sheet_init(c, image, n_chains * per_chain, &s);
    for (int64_t k = 0; k < s.of.n && status == HEAT_OK; k++)
        read_draw(r, place_of(r, t, k, per_chain), image->rows * image->columns, image_of(&s, k));
    if (status == HEAT_OK) {
        set_range(info, info->coding == HEAT_CODING_SPIN, &s);
        status = draw(c, &s, stem);
    }
    free(s.values);
    return status;
}

/* What was held, a draw of each of a few chains, the mean over all draws. */
static heat_status draw_inpainting(cli *c, const heat_model_info *info, const cli_image *image,
                                   const heat_sample_result *r, const double *held, int32_t t,
                                   const char *stem)
{
    int64_t n = image->rows * image->columns, shown = r->n_chains < 10 ? r->n_chains : 10;
    int64_t all = r->n_chains * r->n_draws;
    double *mean, *one;
    sheet s = {.values = NULL};
    heat_status status = sheet_init(c, image, shown + 2, &s);

    if (status != HEAT_OK)
        return status;
    mean = image_of(&s, shown + 1);
    one = image_of(&s, 0); /* scratch until it is filled */
    memset(mean, 0, (size_t)n * sizeof *mean);
    for (int64_t k = 0; k < all; k++) {
        read_draw(r, (int64_t)t * all + k, n, one);
        for (int64_t i = 0; i < n; i++)
            mean[i] += one[i] / (double)all;
    }
    for (int64_t k = 0; k < shown; k++)
        read_draw(r, place_of(r, t, k, 1), n, image_of(&s, k + 1));
    set_range(info, info->coding == HEAT_CODING_SPIN, &s);
    memcpy(one, held, (size_t)n * sizeof *one);
    s.of.across = shown + 2;
    status = draw(c, &s, stem);
    free(s.values);
    return status;
}

/* The held values of the visible units; *held stays NULL where none is held. */
static heat_status load_held(cli *c, const heat_model *model, const heat_model_info *info, double **held)
{
    const char *path = c->args.values.verb.sample.clamp;
    bool any = false;

    if (path == NULL)
        return HEAT_OK;
    *held = malloc((size_t)info->n_variables * sizeof **held);
    if (*held == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "no memory for the values of %d variables", info->n_variables);
    if (heat_model_load_clamp_values(c->ctx, model, path, *held) != HEAT_OK)
        return cli_fail_library(c);
    for (int32_t i = 0; i < info->n_visible; i++)
        any = any || !isnan((*held)[i]);
    if (!any) {
        free(*held);
        *held = NULL;
    }
    return HEAT_OK;
}

heat_status cli_images_write_samples(cli *c, const heat_model *model, const cli_image *image,
                                     const heat_sample_result *r)
{
    heat_model_info info;
    double *held = NULL;
    heat_status status;

    if (image->rows == 0 || r->n_draws == 0)
        return HEAT_OK;
    heat_model_describe(model, &info);
    status = load_held(c, model, &info, &held);
    for (int32_t t = 0; t < r->n_temperatures && t < SHEETS && status == HEAT_OK; t++) {
        char number[CLI_NUMBER_SIZE], stem[80];
        snprintf(stem, sizeof stem, "%s_T%s", held != NULL ? "inpainting" : "samples",
                 cli_text_short(r->temperatures[t].temperature, 6, number));
        status = held != NULL ? draw_inpainting(c, &info, image, r, held, t, stem)
                              : draw_samples(c, &info, image, r, t, stem);
    }
    free(held);
    return status;
}

/* A column of W each; of Potts visible units its numbers for each value, one image after the other. */
static heat_status draw_filters(cli *c, const heat_model *model, const cli_image *image)
{
    heat_rbm rbm;
    int64_t n = image->rows * image->columns, q, columns;
    double largest = 0;
    sheet s = {.values = NULL};
    heat_status status;

    heat_rbm_init(&rbm);
    if (heat_model_get_rbm(c->ctx, model, &rbm) != HEAT_OK)
        return HEAT_OK; /* another machine */
    q = rbm.visible == HEAT_LAYER_POTTS ? rbm.visible_states : 1;
    columns = rbm.hidden == HEAT_LAYER_POTTS ? (int64_t)rbm.n_hidden * rbm.hidden_states : rbm.n_hidden;
    status = sheet_init(c, image, columns * q < FILTERS ? columns * q : FILTERS / q * q, &s);
    for (int64_t k = 0; k < s.of.n && status == HEAT_OK; k++)
        for (int64_t i = 0; i < n; i++) {
            double w = rbm.weights[(i * q + k % q) * columns + k / q];
            image_of(&s, k)[i] = w;
            largest = fmax(largest, fabs(w));
        }
    if (status == HEAT_OK && s.of.n > 0) {
        s.of.is_signed = true;
        s.of.across = q > 1 ? q : 0;
        s.of.high = largest > 0 ? largest : 1;
        s.of.low = -s.of.high;
        status = draw(c, &s, "filters");
    }
    free(s.values);
    return status;
}

/* As many sweeps as some seconds allow. */
static int64_t burn_in_of(const heat_model_info *info)
{
    double sweeps = sheet_visits / SAMPLES / ((double)info->n_edges + 1);

    return sweeps > MOST_BURN_IN ? MOST_BURN_IN : sweeps < LEAST_BURN_IN ? LEAST_BURN_IN : (int64_t)sweeps;
}

heat_status cli_images_write_learned(cli *c, const heat_model *model, const cli_image *image)
{
    heat_sample_options options;
    heat_sample_result r;
    heat_model_info info;
    heat_status status = HEAT_OK;

    if (image->rows == 0)
        return HEAT_OK;
    heat_model_describe(model, &info);
    heat_sample_options_init(&options);
    heat_sample_result_init(&r);
    options.seed = c->args.values.verb.learn.seed;
    options.threads = c->args.values.verb.learn.threads;
    options.replicas = SAMPLES;
    options.sweeps = options.thin = 4;
    options.burn_in = burn_in_of(&info);
    options.keep_states = true;
    if (heat_sample(c->ctx, model, &options, &r) != HEAT_OK)
        status = cli_fail_library(c);
    if (status == HEAT_OK && r.n_draws > 0)
        status = draw_samples(c, &info, image, &r, 0, "samples");
    heat_sample_result_clear(&r);
    return status == HEAT_OK ? draw_filters(c, model, image) : status;
}
