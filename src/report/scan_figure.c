/* A scan against temperature: one panel a quantity, points with error bars over exact curves. Which panels
 * there are is a table; a panel is drawn if its observable has a value at some temperature. Curves: exact
 * roads where they are quick (exact_curve.h); of square lattices Kaufman,
 * Phys. Rev. 76 (1949) 1232 (finite lattice); Yang, Phys. Rev. 85 (1952) 808: m = (1 - sinh(2 J /
 * T)^-4)^(1/8) below T_c = 2 J / log(1 + sqrt 2). */
#include "base/context_private.h"
#include "base/memory.h"
#include "report/exact_curve.h"
#include "report/figure_file.h"

#include <heatbath/exact.h>
#include <heatbath/report.h>
#include <heatbath/version.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CURVE_POINTS = 241, MOST_PANELS = 8 };

typedef enum divided_by { ONE, VARIABLES, LENGTH } divided_by;

/* One panel: the first of its observables that was measured. */
typedef struct panel_row {
    const char *observable;
    const char *label;
    divided_by by;     /* of the whole system: drawn per variable, or in lengths of the lattice */
    const char *range; /* gnuplot's */
} panel_row;

static const panel_row panel_rows[] = {
    {"energy", "energy", VARIABLES, "[*:*]"},
    {"heat_capacity", "heat capacity", VARIABLES, "[0:*]"},
    {"abs_magnetization_per_spin", "|m|", ONE, "[0:*]"},
    {"order_parameter", "order parameter", ONE, "[0:*]"},
    {"binder", "Binder cumulant", ONE, "[*:*]"},
    {"order_binder", "Binder cumulant", ONE, "[*:*]"},
    {"susceptibility", "susceptibility", ONE, "[0:*]"},
    {"correlation_length", "correlation length / L", LENGTH, "[0:*]"},
    {"order_susceptibility", "susceptibility", ONE, "[0:*]"},
    {"overlap_squared", "overlap squared", ONE, "[0:*]"},
    {"overlap_binder", "Binder cumulant of the overlap", ONE, "[*:*]"},
    {"link_overlap", "link overlap", ONE, "[*:*]"},
};
enum { N_PANEL_ROWS = sizeof panel_rows / sizeof *panel_rows };

typedef struct scan {
    heat_context *ctx;
    heat_model_info info;
    const heat_sample_result *result;
    int32_t n_curves;
    const heat_report_curve *curves;
    heat_exact_curve exact;
    int n_exact;
    heat_report_curve exact_curves[2];
    double low, high; /* temperatures */
    bool square;      /* an Ising model on a periodic square lattice, one coupling, no field */
    int n_panels;
    const panel_row *panels[MOST_PANELS];
} scan;

static const heat_observable *find(const heat_sample_temperature *t, const char *name)
{
    for (int32_t k = 0; k < t->n_observables; k++)
        if (strcmp(t->observables[k].name, name) == 0)
            return &t->observables[k];
    return NULL;
}

static bool is_measured(const heat_sample_result *r, const char *name)
{
    for (int32_t t = 0; t < r->n_temperatures; t++) {
        const heat_observable *o = find(&r->temperatures[t], name);
        if (o != NULL && isfinite(o->mean))
            return true;
    }
    return false;
}

static bool is_square_ising(const heat_model_info *info)
{
    return info->coding == HEAT_CODING_SPIN && info->n_dimensions == 2 && !info->has_field &&
           info->extent[0] > 2 && info->extent[1] > 2 && info->n_edges == 2 * (int64_t)info->n_variables &&
           info->min_coupling == info->max_coupling && info->min_coupling > 0;
}

/* Curves of the model that was sampled: one, and no variable of it held. */
static heat_status choose_exact(scan *s, const heat_model *model)
{
    const double *values[2] = {s->exact.energy, s->exact.heat_capacity};
    static const char *const names[2] = {"energy", "heat_capacity"};
    bool is_whole = s->result->n_models <= 1 && s->result->n_clamped == 0;

    heat_status status = HEAT_OK;

    s->square = is_whole && is_square_ising(&s->info);
    if (is_whole && !s->square)
        status = heat_exact_curve_get(s->ctx, model, s->low, s->high, &s->exact);
    for (int k = 0; k < 2; k++)
        if (s->exact.n > 0 && isfinite(values[k][0]))
            s->exact_curves[s->n_exact++] =
                (heat_report_curve){names[k], "exact", s->exact.n, s->exact.temperature, values[k]};
    return status;
}

/* Curve c of those of the model and those of the caller. */
static const heat_report_curve *curve_at(const scan *s, int32_t c)
{
    return c < s->n_exact ? &s->exact_curves[c] : &s->curves[c - s->n_exact];
}

static void choose_panels(scan *s)
{
    for (int k = 0; k < N_PANEL_ROWS && s->n_panels < MOST_PANELS; k++)
        if (is_measured(s->result, panel_rows[k].observable))
            s->panels[s->n_panels++] = &panel_rows[k];
}

static heat_status write_table_head(const heat_sample_temperature *head, heat_atomic_file *file)
{
    heat_status status = heat_figure_write(file, "temperature", NULL);

    for (int32_t k = 0; k < head->n_observables && status == HEAT_OK; k++)
        status = heat_figure_write(file, "\t", head->observables[k].name, "\t", head->observables[k].name,
                                   "_error", NULL);
    return status == HEAT_OK ? heat_figure_write(file, "\n", NULL) : status;
}

static heat_status write_table_row(const heat_sample_temperature *head, const heat_sample_temperature *t,
                                   heat_atomic_file *file)
{
    heat_status status = heat_figure_number(file, "", t->temperature);

    for (int32_t k = 0; k < head->n_observables && status == HEAT_OK; k++) {
        const heat_observable *o = find(t, head->observables[k].name);
        status = heat_figure_number(file, "\t", o == NULL ? (double)NAN : o->mean);
        if (status == HEAT_OK)
            status = heat_figure_number(file, "\t", o == NULL ? (double)NAN : o->error);
    }
    return status == HEAT_OK ? heat_figure_write(file, "\n", NULL) : status;
}

/* Columns: temperature, then mean and standard error of every observable of the first temperature. */
static heat_status write_table(const scan *s, const char *dir)
{
    const heat_sample_temperature *head = &s->result->temperatures[0];
    heat_atomic_file *file;
    heat_status status = heat_figure_create(s->ctx, dir, "scan", "tsv", &file);

    if (status == HEAT_OK)
        status = write_table_head(head, file);
    for (int32_t t = 0; t < s->result->n_temperatures && status == HEAT_OK; t++)
        status = write_table_row(head, &s->result->temperatures[t], file);
    return heat_atomic_file_finish(file, status);
}

/* The same columns between the temperatures, as far as they were interpolated: scan_between.tsv. */
static heat_status write_between(const scan *s, const char *dir)
{
    const heat_sample_temperature *head = &s->result->between[0];
    heat_atomic_file *file;
    heat_status status = heat_figure_create(s->ctx, dir, "scan_between", "tsv", &file);

    if (status == HEAT_OK)
        status = write_table_head(head, file);
    for (int32_t k = 0; k < s->result->n_between && status == HEAT_OK; k++)
        status = write_table_row(head, &s->result->between[k], file);
    return heat_atomic_file_finish(file, status);
}

static heat_status write_point(heat_atomic_file *file, const char *observable, const char *title, double t,
                               double value)
{
    char clean[HEAT_FIGURE_TEXT_SIZE];
    heat_status status = heat_figure_write(file, observable, "\t", heat_figure_text(title, clean), NULL);

    if (status == HEAT_OK)
        status = heat_figure_number(file, "\t", t);
    if (status == HEAT_OK)
        status = heat_figure_number(file, "\t", value);
    return status == HEAT_OK ? heat_figure_write(file, "\n", NULL) : status;
}

static double yang(double coupling, double t)
{
    double x = sinh(2 * coupling / t);

    return x > 1 ? pow(1 - pow(x, -4), 0.125) : 0;
}

/* Rows of a square lattice: which of the three curves. */
enum square_curve { KAUFMAN_ENERGY, KAUFMAN_CAPACITY, YANG, N_SQUARE_CURVES };
static const char *const square_names[][2] = {
    {"energy", "exact"},
    {"heat_capacity", "exact"},
    {"abs_magnetization_per_spin", "infinite lattice"},
};

static heat_status write_square_curve(const scan *s, int curve, heat_atomic_file *file)
{
    double coupling = s->info.min_coupling;
    heat_status status = HEAT_OK;

    for (int k = 0; k < CURVE_POINTS && status == HEAT_OK; k++) {
        double at = s->low + (s->high - s->low) * k / (CURVE_POINTS - 1), energy, capacity, value;
        status = heat_exact_square_ising(s->ctx, (int32_t)s->info.extent[0], (int32_t)s->info.extent[1],
                                         coupling, at, NULL, &energy, &capacity);
        value = curve == KAUFMAN_ENERGY ? energy : curve == KAUFMAN_CAPACITY ? capacity : yang(coupling, at);
        if (status == HEAT_OK)
            status = write_point(file, square_names[curve][0], square_names[curve][1], at, value);
    }
    return status == HEAT_OK ? heat_figure_write(file, "\n\n", NULL) : status;
}

/* Long rows `observable, title, temperature, value`; curves are parted by two empty lines. */
static heat_status write_curves(const scan *s, const char *dir)
{
    heat_atomic_file *file;
    heat_status status = heat_figure_create(s->ctx, dir, "scan_exact", "tsv", &file);

    for (int curve = 0; curve < N_SQUARE_CURVES && s->square && status == HEAT_OK; curve++)
        status = write_square_curve(s, curve, file);
    for (int32_t c = 0; c < s->n_exact + s->n_curves && status == HEAT_OK; c++) {
        const heat_report_curve *curve = curve_at(s, c);
        for (int64_t k = 0; k < curve->n && status == HEAT_OK; k++)
            status =
                write_point(file, curve->observable, curve->title, curve->temperature[k], curve->value[k]);
        if (status == HEAT_OK)
            status = heat_figure_write(file, "\n\n", NULL);
    }
    return heat_atomic_file_finish(file, status);
}

/* Every curve of the panel; its index is its place in the file. */
static heat_status plot_curves(const scan *s, const panel_row *panel, const char *divisor,
                               heat_atomic_file *gp)
{
    int first = s->square ? N_SQUARE_CURVES : 0, drawn = 0;
    heat_status status = HEAT_OK;

    for (int k = 0; k < first + s->n_exact + s->n_curves && status == HEAT_OK; k++) {
        const char *observable = k < first ? square_names[k][0] : curve_at(s, k - first)->observable;
        const char *title = k < first ? square_names[k][1] : curve_at(s, k - first)->title;
        char quoted[HEAT_FIGURE_TEXT_SIZE], style[96];
        if (strcmp(observable, panel->observable) != 0)
            continue;
        snprintf(style, sizeof style, "with lines lw 1.6 dt %d lc rgb '#%s'", 1 + drawn,
                 drawn == 0 ? "d95f02" : "7570b3");
        snprintf(quoted, sizeof quoted, "%d", k);
        status = heat_figure_write(gp, "'scan_exact.tsv' index ", quoted, " using 3:($4", divisor, ") ",
                                   style, " title '", NULL);
        if (status == HEAT_OK)
            status = heat_figure_write(gp, heat_figure_text(title, quoted), "', \\\n     ", NULL);
        drawn++;
    }
    return status;
}

/* What was interpolated: a band of one standard error either way, and the curve in it. */
static heat_status plot_between(const scan *s, const panel_row *panel, const char *divisor,
                                heat_atomic_file *gp)
{
    const heat_sample_temperature *head = s->result->between;
    const char *name = panel->observable;
    heat_status status;

    if (s->result->n_between == 0 || find(head, name) == NULL)
        return HEAT_OK;
    status = heat_figure_write(gp, "'scan_between.tsv' using (column('temperature')):((column('", name,
                               "')-column('", name, "_error'))", divisor, "):((column('", name, "')+column('",
                               name, "_error'))", divisor,
                               ") with filledcurves lc rgb '#a6cee3' notitle, \\\n     ", NULL);
    if (status == HEAT_OK)
        status =
            heat_figure_write(gp, "'scan_between.tsv' using (column('temperature')):(column('", name, "')",
                              divisor, ") with lines lw 1 lc rgb '#1b6ca8' title 'MBAR', \\\n     ", NULL);
    return status;
}

static heat_status write_panel(const scan *s, const panel_row *panel, heat_atomic_file *gp)
{
    char divisor[32] = "";
    heat_status status;

    if (panel->by == VARIABLES)
        snprintf(divisor, sizeof divisor, "/%d", s->info.n_variables);
    if (panel->by == LENGTH)
        snprintf(divisor, sizeof divisor, "/%lld", (long long)s->info.extent[0]);
    status = heat_figure_write(gp, "\nset ylabel '", panel->label,
                               panel->by != VARIABLES               ? ""
                               : s->info.coding == HEAT_CODING_SPIN ? " per spin"
                                                                    : " per variable",
                               "' noenhanced\nset yrange ", panel->range, "\nplot ", NULL);
    if (status == HEAT_OK)
        status = plot_curves(s, panel, divisor, gp);
    if (status == HEAT_OK)
        status = plot_between(s, panel, divisor, gp);
    if (status == HEAT_OK)
        status = heat_figure_write(
            gp, "'scan.tsv' using (column('temperature')):(column('", panel->observable, "')", divisor,
            "):(column('", panel->observable, "_error')", divisor,
            ") with yerrorbars pt 7 ps 0.6 lw 1.2 lc rgb '#1b6ca8' title 'measured'\n", NULL);
    return status;
}

/* ", 2 of 9 temperatures not converged", "" if all did. */
static const char *refusals(const heat_sample_result *r, char *buffer, size_t size)
{
    int32_t refused = 0;

    for (int32_t t = 0; t < r->n_temperatures; t++)
        refused += r->temperatures[t].outcome == HEAT_OUTCOME_NOT_CONVERGED;
    snprintf(buffer, size, ", %d of %d temperatures not converged", refused, r->n_temperatures);
    return refused > 0 ? buffer : "";
}

/* The title, the temperature axis and the layout of the panels. */
static heat_status write_head(const scan *s, heat_atomic_file *gp)
{
    int rows = (s->n_panels + 1) / 2, columns = s->n_panels > 1 ? 2 : 1;
    char text[HEAT_FIGURE_TEXT_SIZE], line[320], refused[80], models[64] = "";
    double margin = 0.03 * (s->high - s->low);
    heat_status status = heat_figure_begin(gp, "scan", 480 * columns, 60 + 350 * rows);

    if (status == HEAT_OK)
        status = heat_figure_write(gp, "set multiplot title '", heat_figure_text(s->info.name, text), NULL);
    if (s->result->n_models > 1)
        snprintf(models, sizeof models, " and %lld more models", (long long)s->result->n_models - 1);
    snprintf(line, sizeof line, "%s, %s, %d chains of %lld sweeps%s'.\"\\n\" noenhanced layout %d,%d\n",
             models, s->result->engine, s->result->n_chains, (long long)s->result->n_sweeps,
             refusals(s->result, refused, sizeof refused), rows, columns);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, line, NULL);
    snprintf(line, sizeof line, "set xlabel 'temperature'\nset xrange [%.10g:%.10g]\n", s->low - margin,
             s->high + margin);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, line, NULL);
    return status;
}

static heat_status write_commands(const scan *s, const char *dir)
{
    heat_atomic_file *gp;
    heat_status status = heat_figure_create(s->ctx, dir, "scan", "gp", &gp);

    if (status == HEAT_OK)
        status = write_head(s, gp);
    if (status == HEAT_OK && s->square) {
        char line[160];
        double critical = 2 * s->info.min_coupling / log(1 + sqrt(2));
        snprintf(line, sizeof line,
                 "# T_c of the infinite lattice\n"
                 "set arrow 1 from %.10g, graph 0 to %.10g, graph 1 nohead dt 3 lw 1 lc rgb '#888888'\n",
                 critical, critical);
        status = heat_figure_write(gp, line, NULL);
    }
    for (int k = 0; k < s->n_panels && status == HEAT_OK; k++)
        status = write_panel(s, s->panels[k], gp);
    if (status == HEAT_OK)
        status = heat_figure_write(gp, "\nunset multiplot\n", NULL);
    return heat_atomic_file_finish(gp, status);
}

heat_status heat_report_scan(heat_context *ctx, const heat_model *model, const heat_sample_result *result,
                             int32_t n_curves, const heat_report_curve *curves, const char *dir)
{
    scan s = {.ctx = ctx, .result = result, .n_curves = n_curves, .curves = curves};
    heat_status status = HEAT_OK;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL || dir == NULL || n_curves < 0 || (n_curves > 0 && curves == NULL))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_report_scan: no model, result, curves or folder");
    heat_model_describe(model, &s.info);
    if (result->n_temperatures < 2)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "a scan of %d temperature has no figure",
                         result->n_temperatures);
    s.low = s.high = result->temperatures[0].temperature;
    for (int32_t t = 1; t < result->n_temperatures; t++) {
        s.low = fmin(s.low, result->temperatures[t].temperature);
        s.high = fmax(s.high, result->temperatures[t].temperature);
    }
    choose_panels(&s);
    if (s.n_panels == 0)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "no average of the scan was accepted: there is no figure");
    status = choose_exact(&s, model);
    if (status == HEAT_OK)
        status = write_table(&s, dir);
    if (status == HEAT_OK && result->n_between > 0)
        status = write_between(&s, dir);
    if (status == HEAT_OK && (s.square || s.n_exact + n_curves > 0))
        status = write_curves(&s, dir);
    if (status == HEAT_OK)
        status = write_commands(&s, dir);
    return status;
}
