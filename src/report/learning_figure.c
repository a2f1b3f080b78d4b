/* The likelihood along training: of the data trained on, with the band of the bounds of log Z where that is
 * not exact, and of the validation data, whose distance is what was learned by heart. */
#include "base/context_private.h"
#include "report/figure_file.h"

#include <heatbath/report.h>
#include <math.h>
#include <stdio.h>

static heat_status write_look(heat_atomic_file *file, const heat_learn_look *look)
{
    const heat_learn_count *c = &look->count;
    const double row[] = {look->train,
                          look->train + c->log_z - c->upper,
                          look->train + c->log_z - c->lower,
                          look->validation,
                          c->log_z,
                          c->error,
                          c->lower,
                          c->upper,
                          look->ess};
    char epoch[32];
    heat_status status;

    snprintf(epoch, sizeof epoch, "%lld", (long long)look->epoch);
    status = heat_figure_write(file, epoch, NULL);
    for (size_t k = 0; k < sizeof row / sizeof *row && status == HEAT_OK; k++)
        status = heat_figure_number(file, "\t", row[k]);
    return status == HEAT_OK ? heat_figure_write(file, "\n", NULL) : status;
}

static heat_status write_table(heat_context *ctx, const heat_learn_result *r, const char *dir)
{
    heat_atomic_file *file;
    heat_status status = heat_figure_create(ctx, dir, "learning", "tsv", &file);

    if (status != HEAT_OK)
        return status;
    status = heat_figure_write(file,
                               "# epoch\ttrain\ttrain_lower\ttrain_upper\tvalidation\tlog_z\tlog_z_error\t"
                               "log_z_lower\tlog_z_upper\tess\n",
                               NULL);
    for (int64_t k = 0; k < r->n_history && status == HEAT_OK; k++)
        status = write_look(file, &r->history[k]);
    return heat_atomic_file_finish(file, status);
}

heat_status heat_report_learning(heat_context *ctx, const heat_learn_result *r, const char *dir)
{
    heat_atomic_file *gp;
    bool has_validation = false, has_bounds = false;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (r == NULL || dir == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_learning: no result or folder");
    if (r->n_history < 2)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "nothing to draw: the likelihood was looked at less than twice");
    for (int64_t k = 0; k < r->n_history; k++) {
        has_validation = has_validation || isfinite(r->history[k].validation);
        has_bounds = has_bounds || r->history[k].count.error > 0;
    }
    if ((status = write_table(ctx, r, dir)) != HEAT_OK ||
        (status = heat_figure_create(ctx, dir, "learning", "gp", &gp)) != HEAT_OK)
        return status;
    status = heat_figure_begin(gp, "learning", 760, 480);
    if (status == HEAT_OK)
        status = heat_figure_write(gp,
                                   "set xlabel 'epoch'\nset ylabel 'log-likelihood, nats a row'\n"
                                   "plot ",
                                   has_bounds ? "'learning.tsv' using 1:3:4 with filledcurves lc rgb "
                                                "'#a6cee3' title 'bounds', \\\n     "
                                              : "",
                                   "'learning.tsv' using 1:2 with lines lw 1.6 lc rgb '#1b6ca8' title '",
                                   r->exact && !has_bounds ? "train, exact" : "train",
                                   has_validation ? "', \\\n     'learning.tsv' using 1:5 with lines lw 1.6 "
                                                    "lc rgb '#d95f02' title 'validation'\n"
                                                  : "'\n",
                                   NULL);
    return heat_atomic_file_finish(gp, status);
}
