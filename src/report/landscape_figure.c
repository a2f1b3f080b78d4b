/* A potential of one or two variables as a picture: the curve U(x), and below it a walk in time; or a map of
 * U in colours between lines of equal energy, and the walk on it. Minima and saddles are marked. */
#include "base/context_private.h"
#include "base/memory.h"
#include "report/figure_file.h"

#include <heatbath/report.h>
#include <math.h>
#include <stdio.h>

enum { CURVE = 401, SIDE = 121, LINES = 14, MOVES = 200 };

/* Energies are shown up to so many T above the lowest; or so much of the height of the highest saddle. */
static const double most_thermal = 12, past_saddle = 1.8;

typedef struct landscape {
    heat_context *ctx;
    const heat_model *model;
    heat_model_info info;
    const heat_report_landscape *of;
    const char *dir, *stem;
    double low[2], high[2]; /* of the axes */
    double floor, ceiling;  /* energies shown */
    int64_t n_points;
    double *points, *energies; /* of the grid, x outside of y */
} landscape;

void heat_report_landscape_init(heat_report_landscape *of)
{
    *of = (heat_report_landscape){.size = sizeof *of};
}

/* --- what is in view --- */

static void take_in(landscape *s, int64_t count, const double *x)
{
    const int32_t n = s->info.n_variables;

    for (int64_t k = 0; k < count * n; k++) {
        s->low[k % n] = fmin(s->low[k % n], x[k]);
        s->high[k % n] = fmax(s->high[k % n], x[k]);
    }
}

/* All that is marked, with a margin that shows more of the surroundings where there is no walk; within walls.
 */
static void choose_view(landscape *s)
{
    const heat_report_landscape *of = s->of;
    const double part = of->n_draws > 0 ? 0.12 : 0.45;
    double widest = 0;

    for (int32_t i = 0; i < s->info.n_variables; i++) {
        s->low[i] = (double)INFINITY;
        s->high[i] = -(double)INFINITY;
    }
    take_in(s, of->n_draws, of->draws);
    take_in(s, of->n_minima, of->minima);
    take_in(s, of->n_saddles, of->saddles);
    for (int32_t i = 0; i < s->info.n_variables; i++)
        widest = fmax(widest, s->high[i] - s->low[i]);
    widest = widest > 0 ? widest : 1;
    for (int32_t i = 0; i < s->info.n_variables; i++) {
        double lower, upper, margin = part * (of->n_draws > 0 ? s->high[i] - s->low[i] : widest);
        heat_model_get_bounds(s->model, i, &lower, &upper);
        margin = margin > 0 ? margin : 1;
        s->low[i] = fmax(s->low[i] - margin, lower);
        s->high[i] = fmin(s->high[i] + margin, upper);
    }
}

/* NaN where it is none: that is a hole in the picture, no failure. */
static heat_status energy_at(const landscape *s, const double *x, double *energy)
{
    heat_status status = heat_model_get_energy_of(s->ctx, s->model, 1, x, energy, NULL);

    if (status != HEAT_OK)
        *energy = (double)NAN;
    return status == HEAT_ERROR_MEMORY ? status : HEAT_OK;
}

/* All together, which is quick; one by one where that fails. */
static heat_status evaluate(const landscape *s)
{
    heat_status status =
        heat_model_get_energy_of(s->ctx, s->model, s->n_points, s->points, s->energies, NULL);

    if (status != HEAT_ERROR_CALLBACK)
        return status;
    status = HEAT_OK;
    for (int64_t k = 0; k < s->n_points && status == HEAT_OK; k++)
        status = energy_at(s, s->points + k * s->info.n_variables, s->energies + k);
    return status;
}

static heat_status fill_grid(landscape *s)
{
    const bool is_plane = s->info.n_variables == 2;
    const int64_t side = is_plane ? SIDE : CURVE;
    heat_status status;

    s->n_points = is_plane ? side * side : side;
    status = heat_alloc(s->ctx, s->n_points * s->info.n_variables, sizeof *s->points, &s->points);
    if (status == HEAT_OK)
        status = heat_alloc(s->ctx, s->n_points, sizeof *s->energies, &s->energies);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < s->n_points; k++) {
        double across = (double)(is_plane ? k / side : k) / (double)(side - 1);
        s->points[is_plane ? 2 * k : k] = s->low[0] + (s->high[0] - s->low[0]) * across;
        if (is_plane)
            s->points[2 * k + 1] =
                s->low[1] + (s->high[1] - s->low[1]) * (double)(k % side) / (double)(side - 1);
    }
    return evaluate(s);
}

/* The lowest and the highest energy of some places. */
static heat_status find_range(const landscape *s, int64_t count, const double *x, double *lowest,
                              double *highest)
{
    heat_status status = HEAT_OK;

    *lowest = (double)INFINITY;
    *highest = -(double)INFINITY;
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        double energy;
        status = energy_at(s, x + k * s->info.n_variables, &energy);
        *lowest = fmin(*lowest, energy);
        *highest = fmax(*highest, energy);
    }
    return status;
}

static heat_status choose_energies(landscape *s)
{
    const heat_report_landscape *of = s->of;
    double highest = -(double)INFINITY, saddle = highest, floor, above, under;
    heat_status status = find_range(s, of->n_minima, of->minima, &floor, &above);

    if (status == HEAT_OK)
        status = find_range(s, of->n_saddles, of->saddles, &under, &saddle);
    for (int64_t k = 0; k < s->n_points; k++)
        if (isfinite(s->energies[k])) {
            floor = fmin(floor, s->energies[k]);
            highest = fmax(highest, s->energies[k]);
        }
    s->floor = floor;
    s->ceiling = fmax(floor + past_saddle * (saddle - floor), floor + most_thermal * of->temperature);
    if (!(s->ceiling > floor) || s->ceiling > highest)
        s->ceiling = highest > floor ? highest : floor + 1;
    return status;
}

/* --- the table: blocks of the grid, the walk, minima and saddles, parted by two empty lines --- */

static heat_status write_row(const landscape *s, const double *x, double energy, heat_atomic_file *file)
{
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < s->info.n_variables && status == HEAT_OK; i++)
        status = heat_figure_number(file, i == 0 ? "" : "\t", x[i]);
    if (status == HEAT_OK)
        status = heat_figure_number(file, "\t", energy);
    return status == HEAT_OK ? heat_figure_write(file, "\n", NULL) : status;
}

static heat_status write_grid(const landscape *s, heat_atomic_file *file)
{
    const int32_t n = s->info.n_variables;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < s->n_points && status == HEAT_OK; k++) {
        if (n == 2 && k > 0 && k % SIDE == 0)
            status = heat_figure_write(file, "\n", NULL);
        if (status == HEAT_OK)
            status = write_row(s, s->points + k * n, s->energies[k], file);
    }
    return status;
}

/* An empty block is a row of no place: gnuplot counts blocks that have rows. */
static heat_status write_places(const landscape *s, const char *name, int64_t count, const double *x,
                                heat_atomic_file *file)
{
    const int32_t n = s->info.n_variables;
    const double nowhere[2] = {(double)NAN, (double)NAN};
    heat_status status = heat_figure_write(file, "\n\n# ", name, "\n", NULL);

    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        double energy;
        status = energy_at(s, x + k * n, &energy);
        if (status == HEAT_OK)
            status = write_row(s, x + k * n, energy, file);
    }
    if (count == 0 && status == HEAT_OK)
        status = write_row(s, nowhere, (double)NAN, file);
    return status;
}

static heat_status write_table(const landscape *s)
{
    const heat_report_landscape *of = s->of;
    heat_atomic_file *file;
    heat_status status = heat_figure_create(s->ctx, s->dir, s->stem, "tsv", &file);

    if (status == HEAT_OK)
        status = heat_figure_write(file, "# ", NULL);
    for (int32_t i = 0; i < s->info.n_variables && status == HEAT_OK; i++)
        status = heat_figure_write(file, heat_model_get_label(s->model, i), "\t", NULL);
    if (status == HEAT_OK)
        status = heat_figure_write(file, "energy\n", NULL);
    if (status == HEAT_OK)
        status = write_grid(s, file);
    if (status == HEAT_OK)
        status = write_places(s, "walk", of->n_walk, of->draws, file);
    if (status == HEAT_OK)
        status = write_places(s, "minima", of->n_minima, of->minima, file);
    if (status == HEAT_OK)
        status = write_places(s, "saddles", of->n_saddles, of->saddles, file);
    return heat_atomic_file_finish(file, status);
}

/* --- the commands --- */

static heat_status write_title(const landscape *s, heat_atomic_file *gp)
{
    char text[280], title[HEAT_FIGURE_TEXT_SIZE];

    if (s->of->schedule != NULL)
        snprintf(text, sizeof text, "%.150s, all of --schedule %.80s", s->info.name, s->of->schedule);
    else if (s->of->temperature > 0)
        snprintf(text, sizeof text, "%.150s, T = %.6g", s->info.name, s->of->temperature);
    else
        snprintf(text, sizeof text, "%.150s", s->info.name);
    return heat_figure_write(gp, "set title '", heat_figure_text(text, title), "' noenhanced\n", NULL);
}

static heat_status write_axis(const landscape *s, int32_t i, heat_atomic_file *gp)
{
    const char *axis = i == 0 ? "x" : "y";
    char range[96], name[HEAT_FIGURE_TEXT_SIZE];

    snprintf(range, sizeof range, "range [%.10g:%.10g]\n", s->low[i], s->high[i]);
    return heat_figure_write(gp, "set ", axis, "label '",
                             heat_figure_text(heat_model_get_label(s->model, i), name), "' noenhanced\nset ",
                             axis, range, NULL);
}

/* Minima and saddles, over what is plotted; `columns` of place and height. */
static heat_status plot_marks(const landscape *s, const char *columns, heat_atomic_file *gp)
{
    heat_status status = HEAT_OK;

    if (s->of->n_minima > 0)
        status = heat_figure_write(gp, ", \\\n     '", s->stem, ".tsv' index 2 using ", columns,
                                   " with points pt 7 ps 0.9 lc rgb '#c0392b' title 'minima'", NULL);
    if (status == HEAT_OK && s->of->n_saddles > 0)
        status = heat_figure_write(gp, ", \\\n     '", s->stem, ".tsv' index 3 using ", columns,
                                   " with points pt 2 ps 1.1 lw 2 lc rgb '#c0392b' title 'saddles'", NULL);
    return status == HEAT_OK ? heat_figure_write(gp, "\n", NULL) : status;
}

static heat_status write_curve(const landscape *s, heat_atomic_file *gp)
{
    const bool has_walk = s->of->n_walk > 0;
    const double margin = 0.06 * (s->ceiling - s->floor);
    char line[160];
    heat_status status = heat_figure_begin(gp, s->stem, 700, has_walk ? 640 : 440);

    if (status == HEAT_OK && has_walk)
        status = heat_figure_write(gp,
                                   "set multiplot\nset lmargin 11\nset rmargin 3\n"
                                   "set origin 0,0.5\nset size 1,0.5\nset bmargin 0.6\n",
                                   NULL);
    if (status == HEAT_OK)
        status = write_axis(s, 0, gp);
    if (status == HEAT_OK && has_walk)
        status = heat_figure_write(gp, "unset xlabel\nset format x ''\n", NULL);
    if (status == HEAT_OK)
        status = write_title(s, gp);
    snprintf(line, sizeof line, "set ylabel 'U'\nset yrange [%.10g:%.10g]\nset grid\n", s->floor - margin,
             s->ceiling);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, line, "set key top center horizontal\n", NULL);
    if (status == HEAT_OK)
        status =
            heat_figure_write(gp, "plot '", s->stem,
                              ".tsv' index 0 using 1:2 with lines lw 1.8 lc rgb '#444444' title 'U'", NULL);
    if (status == HEAT_OK && has_walk) {
        snprintf(line, sizeof line,
                 ", \\\n     %.10g with lines dt 2 lw 1 lc rgb '#d95f02' title '%sT above the lowest'",
                 s->floor + s->of->temperature, s->of->schedule != NULL ? "coldest " : "");
        status = heat_figure_write(gp, ", \\\n     '", s->stem,
                                   ".tsv' index 1 using 1:2 with points pt 7 ps 0.35 lc rgb '#401b6ca8' "
                                   "title 'draws'",
                                   line, NULL);
    }
    if (status == HEAT_OK)
        status = plot_marks(s, "1:2", gp);
    if (status == HEAT_OK && has_walk)
        status = heat_figure_write(
            gp,
            "unset title\nunset key\nset origin 0,0\nset size 1,0.5\nset tmargin 0.6\nset bmargin 3.2\n"
            "set format x\nset ylabel 'draw of one chain'\nset yrange [*:*]\n",
            NULL);
    if (status == HEAT_OK && has_walk)
        status = write_axis(s, 0, gp);
    if (status == HEAT_OK && has_walk)
        status = heat_figure_write(
            gp, "plot '", s->stem,
            ".tsv' index 1 using 1:0 with lines lw 0.7 lc rgb '#1b6ca8'\nunset multiplot\n", NULL);
    return status;
}

static heat_status write_map(const landscape *s, heat_atomic_file *gp)
{
    const double step = (s->ceiling - s->floor) / LINES;
    const long long n_moves = s->of->n_walk - 1, drawn = n_moves < MOVES ? n_moves : MOVES;
    char levels[200], top[64], moves[200];
    heat_status status = heat_figure_begin(gp, s->stem, 760, 640);

    snprintf(moves, sizeof moves,
             ".tsv' index 1 every ::0::%lld using 1:2 with lines lw 0.5 lc rgb '#90000000' title 'moves, "
             "%s%lld of "
             "%lld', \\\n     '",
             drawn, drawn < n_moves ? "the first " : "", drawn, n_moves);
    snprintf(
        levels, sizeof levels,
        "set contour base\nset cntrparam levels incremental %.10g,%.10g,%.10g\nset cbrange [%.10g:%.10g]\n",
        s->floor + step, step, s->ceiling, s->floor, s->ceiling);
    snprintf(top, sizeof top, "top = %.10g\n", s->ceiling);
    if (status == HEAT_OK)
        status = write_title(s, gp);
    for (int32_t i = 0; i < 2 && status == HEAT_OK; i++)
        status = write_axis(s, i, gp);
    if (status == HEAT_OK)
        status = heat_figure_write(
            gp, "set datafile separator whitespace\n", levels, top,
            "unset surface\nset table $lines\nsplot '", s->stem,
            ".tsv' index 0 using 1:2:3\nunset table\nunset contour\nset surface\nunset grid\n"
            "set palette defined (0 '#20456e', 0.25 '#3f7f93', 0.5 '#8db9a3', 0.75 '#dfe3c4', 1 '#fbf8ef')\n"
            "set cblabel 'U'\nset key above horizontal maxrows 1\n"
            "plot '",
            s->stem,
            ".tsv' index 0 using 1:2:($3>top?top:$3) with image notitle, \\\n"
            "     $lines using 1:2 with lines lw 0.6 lc rgb '#60303030' notitle",
            NULL);
    if (status == HEAT_OK && s->of->n_walk > 0)
        status = heat_figure_write(gp, ", \\\n     '", s->stem, moves, s->stem,
                                   ".tsv' index 1 using 1:2 with points pt 7 ps 0.3 lc rgb '#d95f02' title "
                                   "'draws of one chain'",
                                   NULL);
    return status == HEAT_OK ? plot_marks(s, "1:2", gp) : status;
}

static heat_status check(const landscape *s)
{
    if (s->info.n_states != 0 || s->info.n_variables < 1 || s->info.n_variables > 2 ||
        heat_model_get_label(s->model, 0) == NULL)
        return heat_fail(s->ctx, HEAT_ERROR_UNABLE, "%s is no potential of one or two variables",
                         s->info.name);
    if (s->of->n_draws + s->of->n_minima + s->of->n_saddles < 1)
        return heat_fail(s->ctx, HEAT_ERROR_ARGUMENT, "heat_report_landscape: neither a draw nor a minimum");
    return HEAT_OK;
}

heat_status heat_report_potential(heat_context *ctx, const heat_model *model, const heat_report_landscape *of,
                                  const char *dir, const char *stem)
{
    landscape s = {.ctx = ctx, .model = model, .of = of, .dir = dir, .stem = stem};
    heat_atomic_file *gp;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || of == NULL || dir == NULL || stem == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_potential: no model, points, folder or name");
    heat_model_describe(model, &s.info);
    status = check(&s);
    if (status != HEAT_OK)
        return status;
    choose_view(&s);
    status = fill_grid(&s);
    if (status != HEAT_OK)
        goto out;
    status = choose_energies(&s);
    if (status == HEAT_OK)
        status = write_table(&s);
    if (status == HEAT_OK)
        status = heat_figure_create(ctx, dir, stem, "gp", &gp);
    if (status == HEAT_OK)
        status =
            heat_atomic_file_finish(gp, s.info.n_variables == 1 ? write_curve(&s, gp) : write_map(&s, gp));
out:
    heat_free(s.points);
    heat_free(s.energies);
    return status;
}
