/* The marginals of a potential's coordinates: histograms with errors, one panel a coordinate, over the exact
 * densities where there are one or two variables. */
#include "base/context_private.h"
#include "base/memory.h"
#include "report/exact_density.h"
#include "report/figure_file.h"

#include <heatbath/report.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CURVE_POINTS = 301 };

typedef struct marginals {
    heat_context *ctx;
    const heat_model *model;
    heat_model_info info;
    const heat_sample_temperature *at;
    const char *dir, *stem;
    int32_t n;
    int32_t variables[HEAT_REPORT_MARGINALS];
    const heat_sample_histogram *histograms[HEAT_REPORT_MARGINALS];
    double low[HEAT_REPORT_MARGINALS], high[HEAT_REPORT_MARGINALS]; /* of the axis */
    bool has_exact;
} marginals;

static const heat_sample_histogram *find(const heat_sample_temperature *t, const char *name)
{
    for (int32_t k = 0; k < t->n_histograms; k++)
        if (strcmp(t->histograms[k].name, name) == 0 && t->histograms[k].n_bins > 0)
            return &t->histograms[k];
    return NULL;
}

/* The coordinates that have a histogram, from its first bin to its last and a little beyond. */
static void choose_panels(marginals *m)
{
    for (int32_t i = 0; i < m->info.n_variables && m->n < HEAT_REPORT_MARGINALS; i++) {
        const char *name = heat_model_get_label(m->model, i);
        const heat_sample_histogram *h = name == NULL ? NULL : find(m->at, name);
        double margin;
        if (h == NULL)
            continue;
        margin = 0.05 * (h->edges[h->n_bins] - h->edges[0]);
        m->low[m->n] = h->edges[0] - margin;
        m->high[m->n] = h->edges[h->n_bins] + margin;
        m->variables[m->n] = i;
        m->histograms[m->n++] = h;
    }
}

static heat_status write_bins(const heat_sample_histogram *h, heat_atomic_file *file)
{
    heat_status status = HEAT_OK;

    for (int32_t b = 0; b < h->n_bins && status == HEAT_OK; b++) {
        double low = h->edges[b], high = h->edges[b + 1], width = high - low;
        const double row[] = {
            low, high, h->p[b], h->error[b], 0.5 * (low + high), h->p[b] / width, h->error[b] / width};
        status = heat_figure_write(file, h->name, NULL);
        for (size_t k = 0; k < sizeof row / sizeof *row && status == HEAT_OK; k++)
            status = heat_figure_number(file, "\t", row[k]);
        if (status == HEAT_OK)
            status = heat_figure_write(file, "\n", NULL);
    }
    return status == HEAT_OK ? heat_figure_write(file, "\n\n", NULL) : status;
}

static heat_status write_table(const marginals *m)
{
    heat_atomic_file *file;
    heat_status status = heat_figure_create(m->ctx, m->dir, m->stem, "tsv", &file);

    if (status == HEAT_OK)
        status =
            heat_figure_write(file, "# name\tlow\thigh\tp\terror\tmiddle\tdensity\tdensity_error\n", NULL);
    for (int32_t k = 0; k < m->n && status == HEAT_OK; k++)
        status = write_bins(m->histograms[k], file);
    return heat_atomic_file_finish(file, status);
}

static heat_status write_curve(marginals *m, int32_t k, double *x, double *density, heat_atomic_file *file)
{
    const char *name = heat_model_get_label(m->model, m->variables[k]);
    heat_status status;

    for (int p = 0; p < CURVE_POINTS; p++)
        x[p] = m->low[k] + (m->high[k] - m->low[k]) * p / (CURVE_POINTS - 1);
    status = heat_exact_density_get(m->ctx, m->model, m->at->temperature, m->variables[k], CURVE_POINTS, x,
                                    density);
    for (int p = 0; p < CURVE_POINTS && status == HEAT_OK; p++) {
        m->has_exact |= isfinite(density[p]);
        status = heat_figure_write(file, name, NULL);
        if (status == HEAT_OK)
            status = heat_figure_number(file, "\t", x[p]);
        if (status == HEAT_OK)
            status = heat_figure_number(file, "\t", density[p]);
        if (status == HEAT_OK)
            status = heat_figure_write(file, "\n", NULL);
    }
    return status == HEAT_OK ? heat_figure_write(file, "\n\n", NULL) : status;
}

/* STEM_exact.tsv, of models of one or two variables none of which is held. */
static heat_status write_exact(marginals *m)
{
    char stem[160];
    double *x = NULL;
    heat_atomic_file *file;
    heat_status status;

    if (m->info.n_variables > 2)
        return HEAT_OK;
    status = heat_alloc(m->ctx, 2 * (int64_t)CURVE_POINTS, sizeof *x, &x);
    if (status != HEAT_OK)
        return status;
    snprintf(stem, sizeof stem, "%s_exact", m->stem);
    status = heat_figure_create(m->ctx, m->dir, stem, "tsv", &file);
    if (status == HEAT_OK)
        status = heat_figure_write(file, "# name\tx\tdensity\n", NULL);
    for (int32_t k = 0; k < m->n && status == HEAT_OK; k++)
        status = write_curve(m, k, x, x + CURVE_POINTS, file);
    heat_free(x);
    return heat_atomic_file_finish(file, status);
}

static heat_status plot_panel(const marginals *m, int32_t k, heat_atomic_file *gp)
{
    const heat_sample_histogram *h = m->histograms[k];
    const bool is_known = isfinite(h->p[0]);
    char range[96], index[16], name[HEAT_FIGURE_TEXT_SIZE];
    heat_status status;

    snprintf(range, sizeof range, "set xrange [%.10g:%.10g]\n", m->low[k], m->high[k]);
    snprintf(index, sizeof index, "%d", k);
    status = heat_figure_write(gp, range, "set xlabel '", heat_figure_text(h->name, name), "' noenhanced\n",
                               k == 0 ? "set key\n" : "unset key\n", NULL);
    if (status == HEAT_OK && is_known)
        status = heat_figure_write(
            gp, "plot '", m->stem, ".tsv' index ", index,
            " using 6:7:($3-$2) with boxes fs solid 0.35 noborder lc rgb '#1b6ca8' title 'draws', \\\n     '",
            m->stem, ".tsv' index ", index,
            " using 6:($7>0?$7-$8:NaN):(0):(2*$8) with vectors nohead lw 1 lc rgb '#1b6ca8' notitle", NULL);
    if (status == HEAT_OK && m->has_exact)
        status =
            heat_figure_write(gp, is_known ? ", \\\n     '" : "plot '", m->stem, "_exact.tsv' index ", index,
                              " using 2:3 with lines lw 1.6 lc rgb '#d95f02' title 'exact'", NULL);
    if (status == HEAT_OK && !is_known)
        status = heat_figure_write(gp, m->has_exact ? ", \\\n     " : "plot ",
                                   "NaN with lines lc rgb '#888888' title 'draws: not converged'", NULL);
    return status == HEAT_OK ? heat_figure_write(gp, "\n", NULL) : status;
}

static heat_status write_commands(const marginals *m)
{
    const int columns = m->n == 1   ? 1
                        : m->n <= 4 ? 2
                        : m->n <= 9 ? 3
                                    : 4,
              rows = (m->n + columns - 1) / columns;
    char layout[96], title[HEAT_FIGURE_TEXT_SIZE], text[200];
    heat_atomic_file *gp;
    heat_status status = heat_figure_create(m->ctx, m->dir, m->stem, "gp", &gp);

    snprintf(text, sizeof text, "%.150s, T = %.6g", m->info.name, m->at->temperature);
    snprintf(layout, sizeof layout, "set multiplot layout %d,%d title '", rows, columns);
    if (status == HEAT_OK)
        status = heat_figure_begin(gp, m->stem, columns == 1 ? 700 : 420 * columns,
                                   columns == 1 ? 460 : 310 * rows + 40);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, layout, heat_figure_text(text, title),
                                   "' noenhanced\nset key inside top right noopaque vertical maxrows 2\n"
                                   "set ylabel 'probability density'\nset yrange [0:*]\nset grid\n",
                                   NULL);
    for (int32_t k = 0; k < m->n && status == HEAT_OK; k++) {
        if (k % columns == 1)
            status = heat_figure_write(gp, "unset ylabel\n", NULL);
        else if (k % columns == 0)
            status = heat_figure_write(gp, "set ylabel 'probability density'\n", NULL);
        if (status == HEAT_OK)
            status = plot_panel(m, k, gp);
    }
    if (status == HEAT_OK)
        status = heat_figure_write(gp, "unset multiplot\n", NULL);
    return heat_atomic_file_finish(gp, status);
}

heat_status heat_report_marginals(heat_context *ctx, const heat_model *model,
                                  const heat_sample_temperature *at, const char *dir, const char *stem)
{
    marginals m = {.ctx = ctx, .model = model, .at = at, .dir = dir, .stem = stem};
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || at == NULL || dir == NULL || stem == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_marginals: no model, result, folder or name");
    heat_model_describe(model, &m.info);
    choose_panels(&m);
    if (m.n == 0)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "no coordinate has a histogram: there are no marginals to draw");
    status = write_table(&m);
    if (status == HEAT_OK)
        status = write_exact(&m);
    return status == HEAT_OK ? write_commands(&m) : status;
}
