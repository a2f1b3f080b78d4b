/* Histograms over each other, as densities p / width at the middles of the bins. */
#include "base/context_private.h"
#include "report/figure_file.h"

#include <heatbath/report.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const colours[] = {"1b6ca8", "d95f02", "1b9e77", "7570b3",
                                      "e7298a", "666666", "a6761d", "66a61e"};
enum { N_COLOURS = sizeof colours / sizeof *colours };

static heat_status check(heat_context *ctx, int32_t n, const heat_report_histogram *h)
{
    for (int32_t k = 0; k < n; k++) {
        if (h[k].n_bins < 1 || h[k].edges == NULL || h[k].p == NULL || h[k].error == NULL)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "histogram %d has no bins", k);
        for (int64_t b = 0; b < h[k].n_bins; b++)
            if (!(h[k].edges[b] < h[k].edges[b + 1]))
                return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "bin %lld of histogram %d is none", (long long)b,
                                 k);
    }
    return HEAT_OK;
}

static heat_status write_bin(heat_atomic_file *file, const heat_report_histogram *h, int64_t b)
{
    double low = h->edges[b], high = h->edges[b + 1], width = high - low;
    const double row[] = {
        low, high, h->p[b], h->error[b], 0.5 * (low + high), h->p[b] / width, h->error[b] / width};
    char clean[HEAT_FIGURE_TEXT_SIZE];
    heat_status status = heat_figure_write(file, heat_figure_text(h->title, clean), NULL);

    for (size_t k = 0; k < sizeof row / sizeof *row && status == HEAT_OK; k++)
        status = heat_figure_number(file, "\t", row[k]);
    return status == HEAT_OK ? heat_figure_write(file, "\n", NULL) : status;
}

/* Long rows; histograms are parted by two empty lines. */
static heat_status write_table(heat_context *ctx, int32_t n, const heat_report_histogram *h, const char *dir,
                               const char *stem)
{
    heat_atomic_file *file;
    heat_status status = heat_figure_create(ctx, dir, stem, "tsv", &file);

    if (status == HEAT_OK)
        status =
            heat_figure_write(file, "# title\tlow\thigh\tp\terror\tmiddle\tdensity\tdensity_error\n", NULL);
    for (int32_t k = 0; k < n && status == HEAT_OK; k++) {
        for (int64_t b = 0; b < h[k].n_bins && status == HEAT_OK; b++)
            status = write_bin(file, &h[k], b);
        if (status == HEAT_OK)
            status = heat_figure_write(file, "\n\n", NULL);
    }
    return heat_atomic_file_finish(file, status);
}

/* Steps, and errors on the bins that were met. */
static heat_status plot(heat_atomic_file *gp, int32_t k, const char *title, const char *stem)
{
    char number[16], quoted[HEAT_FIGURE_TEXT_SIZE];
    const char *colour = colours[k % N_COLOURS];

    snprintf(number, sizeof number, "%d", k);
    return heat_figure_write(gp, k == 0 ? "plot " : ", \\\n     ", "'", stem, ".tsv' index ", number,
                             " using 6:7 with histeps lw 1.4 lc rgb '#", colour, "' title '",
                             heat_figure_text(title, quoted), "', \\\n     '", stem, ".tsv' index ", number,
                             " using 6:($7>0?$7-$8:NaN):(0):(2*$8) with vectors nohead lw 1 lc rgb '#",
                             colour, "' notitle", NULL);
}

/* The axes: from the first bin that was met to the last. */
static heat_status write_axes(heat_atomic_file *gp, const char *label, int32_t n,
                              const heat_report_histogram *h)
{
    double low = INFINITY, high = -INFINITY, margin;
    char line[128], quoted[HEAT_FIGURE_TEXT_SIZE];
    heat_status status;

    for (int32_t k = 0; k < n; k++)
        for (int64_t b = 0; b < h[k].n_bins; b++)
            if (h[k].p[b] > 0) {
                low = fmin(low, h[k].edges[b]);
                high = fmax(high, h[k].edges[b + 1]);
            }
    margin = 0.02 * (high - low);
    status = heat_figure_write(gp, "set xlabel '", heat_figure_text(label, quoted),
                               "' noenhanced\nset ylabel 'probability density'\nset yrange [0:*]\n", NULL);
    snprintf(line, sizeof line, "set xrange [%.10g:%.10g]\n", low - margin, high + margin);
    return status == HEAT_OK && low < high ? heat_figure_write(gp, line, NULL) : status;
}

heat_status heat_report_histograms(heat_context *ctx, const char *label, int32_t n,
                                   const heat_report_histogram *histograms, const char *dir, const char *stem)
{
    heat_atomic_file *gp;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (label == NULL || n < 1 || histograms == NULL || dir == NULL || stem == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_histograms: no histograms, folder or name");
    if ((status = check(ctx, n, histograms)) != HEAT_OK ||
        (status = write_table(ctx, n, histograms, dir, stem)) != HEAT_OK ||
        (status = heat_figure_create(ctx, dir, stem, "gp", &gp)) != HEAT_OK)
        return status;
    status = heat_figure_begin(gp, stem, 760, 480);
    if (status == HEAT_OK)
        status = write_axes(gp, label, n, histograms);
    for (int32_t k = 0; k < n && status == HEAT_OK; k++)
        status = plot(gp, k, histograms[k].title, stem);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, "\n", NULL);
    return heat_atomic_file_finish(gp, status);
}
