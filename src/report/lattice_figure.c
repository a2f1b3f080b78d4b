/* States and other values of lattice models as pictures. Sites are numbered with the last axis fastest: two
 * axes are rows and columns, one is a row, three are planes of the first axis side by side, a column apart.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "report/figure_file.h"
#include "report/png_image.h"

#include <heatbath/report.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_COLOURS = 256, GREYS = 255, PIXELS = 512 };

/* A picture: a grid of squares, some of them gaps between planes. */
typedef struct picture {
    int64_t planes, rows, columns; /* of the lattice */
    int64_t across;                /* planes in a row of them */
    int64_t width, height;         /* of the grid */
    int n_colours;                 /* the gap's is the last, where there is one */
    heat_colour palette[MOST_COLOURS];
    uint8_t *index; /* [height][width] */
    double *value;  /* [height][width] NaN in gaps */
} picture;

static const heat_colour spin_colours[] = {{27, 48, 84}, {244, 208, 111}};
static const heat_colour potts_colours[] = {{27, 48, 84},    {244, 208, 111}, {200, 70, 70},
                                            {88, 158, 125},  {150, 110, 170}, {120, 180, 220},
                                            {230, 140, 170}, {110, 110, 110}};
enum { N_POTTS_COLOURS = sizeof potts_colours / sizeof *potts_colours };
static const heat_colour gap_colour = {255, 255, 255};

/* A hue of the colour circle, 0 to 6, light and dark in turn so that neighbours differ. */
static heat_colour hue(int k, int n)
{
    double h = 6.0 * k / n, x = 1 - fabs(fmod(h, 2) - 1), light = k % 2 == 0 ? 230 : 150;
    double parts[6][3] = {{1, x, 0}, {x, 1, 0}, {0, 1, x}, {0, x, 1}, {x, 0, 1}, {1, 0, x}};
    const double *p = parts[(int)h % 6];

    return (heat_colour){(uint8_t)(light * p[0]), (uint8_t)(light * p[1]), (uint8_t)(light * p[2])};
}

static void fill_palette(picture *p, int n_values, bool greys)
{
    for (int k = 0; k < n_values; k++) {
        uint8_t level = (uint8_t)(255.0 * k / (n_values - 1) + 0.5);
        p->palette[k] = greys                         ? (heat_colour){level, level, level}
                        : n_values == 2               ? spin_colours[k]
                        : n_values <= N_POTTS_COLOURS ? potts_colours[k]
                                                      : hue(k, n_values);
    }
    p->palette[n_values] = gap_colour;
    p->n_colours = n_values + 1;
}

static heat_status measure(heat_context *ctx, const heat_model_info *info, picture *p)
{
    int64_t d = info->n_dimensions;

    if (d < 1 || d > 3)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "%.200s is no lattice of one to three dimensions: no picture", info->name);
    p->columns = info->extent[d - 1];
    p->rows = d > 1 ? info->extent[d - 2] : 1;
    p->planes = d > 2 ? info->extent[0] : 1;
    if (p->planes * p->rows * p->columns != info->n_variables)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%.200s has more than one variable a cell: no picture",
                         info->name);
    p->across = (int64_t)ceil(sqrt((double)p->planes));
    p->height = (p->planes + p->across - 1) / p->across * (p->rows + 1) - 1;
    p->width = p->across * (p->columns + 1) - 1;
    return HEAT_OK;
}

/* Site number of a square of the grid, -1 in a gap. */
static int64_t site_of(const picture *p, int64_t row, int64_t column)
{
    int64_t plane = row / (p->rows + 1) * p->across + column / (p->columns + 1);
    int64_t y = row % (p->rows + 1), x = column % (p->columns + 1);

    return y == p->rows || x == p->columns || plane >= p->planes ? -1
                                                                 : (plane * p->rows + y) * p->columns + x;
}

static heat_status write_png(heat_context *ctx, const picture *p, const char *dir, const char *stem)
{
    size_t size = strlen(dir) + strlen(stem) + sizeof "/.png";
    int64_t longest = p->width > p->height ? p->width : p->height;
    char *path;
    heat_status status = heat_alloc(ctx, (int64_t)size, 1, &path);

    if (status != HEAT_OK)
        return status;
    snprintf(path, size, "%s/%s.png", dir, stem);
    status = heat_png_write(ctx, path, p->width, p->height, longest < PIXELS ? PIXELS / longest : 1, p->index,
                            p->n_colours, p->palette);
    heat_free(path);
    return status;
}

static heat_status write_table(heat_context *ctx, const picture *p, const char *dir, const char *stem)
{
    heat_atomic_file *file;
    heat_status status = heat_figure_create(ctx, dir, stem, "tsv", &file);

    for (int64_t k = 0; k < p->width * p->height && status == HEAT_OK; k++) {
        status = heat_figure_number(file, k % p->width == 0 ? "" : "\t", p->value[k]);
        if (status == HEAT_OK && (k + 1) % p->width == 0)
            status = heat_figure_write(file, "\n", NULL);
    }
    return heat_atomic_file_finish(file, status);
}

/* The same colours for gnuplot: low and high are the values of the first and the last. */
static heat_status write_palette(heat_atomic_file *gp, const picture *p, double low, double high, bool greys)
{
    int n = p->n_colours - 1;
    char line[160];
    heat_status status = HEAT_OK;

    if (greys) {
        snprintf(line, sizeof line, "set palette gray\nset cbrange [%.17g:%.17g]\n", low, high);
        return heat_figure_write(gp, line, NULL);
    }
    for (int k = 0; k < n && status == HEAT_OK; k++) {
        snprintf(line, sizeof line, "%s %d '#%02x%02x%02x'", k == 0 ? "set palette defined (" : ",", k,
                 p->palette[k].red, p->palette[k].green, p->palette[k].blue);
        status = heat_figure_write(gp, line, NULL);
    }
    snprintf(line, sizeof line, ")\nset palette maxcolors %d\nset cbrange [%.17g:%.17g]\nunset colorbox\n", n,
             low, high);
    return status == HEAT_OK ? heat_figure_write(gp, line, NULL) : status;
}

static heat_status write_commands(heat_context *ctx, const picture *p, const char *title, double low,
                                  double high, bool greys, const char *dir, const char *stem)
{
    char quoted[HEAT_FIGURE_TEXT_SIZE];
    double tall = (double)p->height / (double)p->width;
    heat_atomic_file *gp;
    heat_status status = heat_figure_create(ctx, dir, stem, "gp", &gp);

    if (status == HEAT_OK)
        status = heat_figure_begin(gp, stem, 640, 80 + (int)(580 * fmin(fmax(tall, 0.1), 2)));
    if (status == HEAT_OK)
        status = heat_figure_write(gp, "set title '", heat_figure_text(title, quoted), "' noenhanced\n",
                                   "set size ratio -1\nunset grid\nunset tics\n",
                                   "set yrange [*:*] reverse\n", NULL);
    if (status == HEAT_OK)
        status = write_palette(gp, p, low, high, greys);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, "plot '", stem, ".tsv' matrix with image notitle\n", NULL);
    return heat_atomic_file_finish(gp, status);
}

/* Files of one value a site. Values from low to high are n_values colours. */
static heat_status draw(heat_context *ctx, const heat_model_info *info, const int8_t *state,
                        const double *values, int n_values, double low, double high, const char *title,
                        const char *dir, const char *stem)
{
    picture p = {0};
    heat_status status = measure(ctx, info, &p);

    if (status != HEAT_OK ||
        (status = heat_alloc(ctx, p.width * p.height, sizeof *p.index, &p.index)) != HEAT_OK ||
        (status = heat_alloc(ctx, p.width * p.height, sizeof *p.value, &p.value)) != HEAT_OK)
        goto out;
    fill_palette(&p, n_values, values != NULL);
    for (int64_t k = 0; k < p.width * p.height; k++) {
        int64_t site = site_of(&p, k / p.width, k % p.width);
        double value = site < 0 ? (double)NAN : values != NULL ? values[site] : state[site];
        double place = (value - low) / (high - low) * (n_values - 1);
        p.value[k] = value;
        p.index[k] = (uint8_t)(isnan(value) ? n_values : fmin(fmax(place + 0.5, 0), n_values - 1));
    }
    if ((status = write_png(ctx, &p, dir, stem)) == HEAT_OK &&
        (status = write_table(ctx, &p, dir, stem)) == HEAT_OK)
        status = write_commands(ctx, &p, title, low, high, values != NULL, dir, stem);
out:
    heat_free(p.index);
    heat_free(p.value);
    return status;
}

heat_status heat_report_state(heat_context *ctx, const heat_model *model, const int8_t *state,
                              const char *title, const char *dir, const char *stem)
{
    heat_model_info info;
    double energy;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || state == NULL || title == NULL || dir == NULL || stem == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_state: no model, state, title or folder");
    heat_model_describe(model, &info);
    if (info.n_states >= MOST_COLOURS || info.n_states < 2)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%d values a site are not told apart in a picture",
                         info.n_states);
    status = heat_model_get_energy(ctx, model, 1, state, &energy); /* names a value outside the coding */
    if (status != HEAT_OK)
        return status;
    return draw(ctx, &info, state, NULL, info.n_states, info.coding == HEAT_CODING_SPIN ? -1 : 0,
                info.coding == HEAT_CODING_SPIN ? 1 : info.n_states - 1, title, dir, stem);
}

heat_status heat_report_sites(heat_context *ctx, const heat_model *model, const double *values, double low,
                              double high, const char *title, const char *dir, const char *stem)
{
    heat_model_info info;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || values == NULL || title == NULL || dir == NULL || stem == NULL || !(low < high) ||
        !(high - low < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_sites: no model, values, range or folder");
    heat_model_describe(model, &info);
    return draw(ctx, &info, NULL, values, GREYS, low, high, title, dir, stem);
}
