/* Basins against the cycle of an annealing that reheats: the share of the chains that ended each cycle in a
 * basin, and its mean over the cycles so far, within two standard errors of independent chains and cycles. */
#include "base/context_private.h"
#include "report/figure_file.h"

#include <heatbath/report.h>
#include <math.h>
#include <stdio.h>

enum { MOST_BASINS = 8 };

static const char *const colours[MOST_BASINS] = {"1b6ca8", "d95f02", "1b9e77", "7570b3",
                                                 "e7298a", "666666", "a6761d", "66a61e"};

static heat_status write_row(const heat_sample_result *r, int64_t cycle, double *sums, heat_atomic_file *file)
{
    const double n = (double)cycle + 1;
    char number[32];
    heat_status status;

    snprintf(number, sizeof number, "%lld", (long long)cycle + 1);
    status = heat_figure_write(file, number, NULL);
    for (int32_t b = 0; b < r->n_basins && b < MOST_BASINS && status == HEAT_OK; b++) {
        double share = r->cycle_occupancy[cycle * r->n_basins + b], mean;
        sums[b] += share;
        mean = sums[b] / n;
        status = heat_figure_number(file, "\t", share);
        if (status == HEAT_OK)
            status = heat_figure_number(file, "\t", mean);
        if (status == HEAT_OK)
            status = heat_figure_number(file, "\t", sqrt(mean * (1 - mean) / (n * r->n_chains)));
    }
    return status == HEAT_OK ? heat_figure_write(file, "\n", NULL) : status;
}

static heat_status write_table(heat_context *ctx, const heat_sample_result *r, const char *dir)
{
    double sums[MOST_BASINS] = {0};
    heat_atomic_file *file;
    heat_status status = heat_figure_create(ctx, dir, "occupancy", "tsv", &file);

    if (status == HEAT_OK)
        status =
            heat_figure_write(file, "# cycle, and of every basin: share, mean so far, its error\n", NULL);
    for (int64_t cycle = 0; cycle < r->n_cycles && status == HEAT_OK; cycle++)
        status = write_row(r, cycle, sums, file);
    return heat_atomic_file_finish(file, status);
}

/* "basin 1, U = 0 at (-1)" */
static void name_basin(const heat_sample_result *r, int32_t b, char *text, size_t size)
{
    int length = snprintf(text, size, "basin %d, U = %.5g", b + 1, r->basin_energies[b]);

    if (r->n_variables == 1)
        snprintf(text + length, size - (size_t)length, " at %.3g", r->basin_states[b]);
    else if (r->n_variables == 2)
        snprintf(text + length, size - (size_t)length, " at (%.3g, %.3g)", r->basin_states[2 * b],
                 r->basin_states[2 * b + 1]);
}

static heat_status plot_basin(const heat_sample_result *r, int32_t b, heat_atomic_file *gp)
{
    char columns[64], band[96], points[32], name[160];

    name_basin(r, b, name, sizeof name);
    snprintf(points, sizeof points, "1:%d", 3 * b + 2);
    snprintf(columns, sizeof columns, "1:%d", 3 * b + 3);
    snprintf(band, sizeof band, "1:($%d-2*$%d):($%d+2*$%d)", 3 * b + 3, 3 * b + 4, 3 * b + 3, 3 * b + 4);
    return heat_figure_write(
        gp, b == 0 ? "plot " : ", \\\n     ", "'occupancy.tsv' using ", points,
        " with points pt 7 ps 0.25 lc rgb '#a0", colours[b], "' notitle, \\\n     '' using ", band,
        " with filledcurves fs solid 0.2 noborder lc rgb '#", colours[b], "' notitle, \\\n     '' using ",
        columns, " with lines lw 1.6 lc rgb '#", colours[b], "' title '", name, "'", NULL);
}

static heat_status write_commands(heat_context *ctx, const heat_model *model, const heat_sample_result *r,
                                  const char *dir)
{
    heat_model_info info;
    char text[220], range[64], title[HEAT_FIGURE_TEXT_SIZE];
    heat_atomic_file *gp;
    heat_status status = heat_figure_create(ctx, dir, "occupancy", "gp", &gp);

    heat_model_describe(model, &info);
    snprintf(text, sizeof text, "%.150s, %d chains cooled to T = %.6g", info.name, r->n_chains,
             r->temperatures[0].temperature);
    snprintf(range, sizeof range, "set logscale x\nset xrange [1:%lld]\n", (long long)r->n_cycles);
    if (status == HEAT_OK)
        status = heat_figure_begin(gp, "occupancy", 760, 460);
    if (status == HEAT_OK)
        status =
            heat_figure_write(gp, "set title '", heat_figure_text(text, title),
                              "' noenhanced\nset xlabel 'cycle'\nset ylabel 'share of the chains; its mean "
                              "so far'\nset yrange [-0.02:1.02]\nset grid\n",
                              r->n_cycles > 1 ? range : "", NULL);
    for (int32_t b = 0; b < r->n_basins && b < MOST_BASINS && status == HEAT_OK; b++)
        status = plot_basin(r, b, gp);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, "\n", NULL);
    return heat_atomic_file_finish(gp, status);
}

heat_status heat_report_occupancy(heat_context *ctx, const heat_model *model,
                                  const heat_sample_result *result, const char *dir)
{
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL || dir == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_occupancy: no model, result or folder");
    if (result->cycle_occupancy == NULL || result->n_cycles < 1 || result->n_basins < 1)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "a run without cycles and basins has no occupancy to draw");
    status = write_table(ctx, result, dir);
    return status == HEAT_OK ? write_commands(ctx, model, result, dir) : status;
}
