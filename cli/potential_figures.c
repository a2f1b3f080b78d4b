/* The figures of potentials: the landscape with a walk, or with minima and saddles, on it, and the marginals.
 * sample keeps for them some draws and a histogram of each of the first coordinates. */
#include "figures.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>

enum { WALK_DRAWS = 1000, MOST_DRAWS = 3000 };

static bool is_potential(const heat_model *model, const heat_model_info *info)
{
    return info != NULL && info->n_states == 0 && heat_model_get_label(model, 0) != NULL;
}

static bool has_landscape(const heat_model *model, const heat_model_info *info)
{
    return is_potential(model, info) && info->n_variables <= 2;
}

void cli_potential_prepare(const heat_model *model, const heat_model_info *info, heat_sample_options *options,
                           char list[CLI_FIGURE_LIST])
{
    if (!is_potential(model, info))
        return;
    if (has_landscape(model, info) && !options->keep_states) {
        options->keep_states = true;
        options->thin = options->sweeps > WALK_DRAWS ? options->sweeps / WALK_DRAWS : 1;
    }
    snprintf(list, CLI_FIGURE_LIST, "%s", options->histogram != NULL ? options->histogram : "");
    for (int32_t i = 0; i < info->n_variables && i < HEAT_REPORT_MARGINALS; i++) {
        const char *name = heat_model_get_label(model, i);
        size_t used = strlen(list);
        if (strchr(name, ',') == NULL && !cli_figure_is_listed(list, name) &&
            used + strlen(name) + 2 < CLI_FIGURE_LIST)
            snprintf(list + used, CLI_FIGURE_LIST - used, "%s%s", used > 0 ? "," : "", name);
    }
    options->histogram = list;
}

/* "marginals_T0.5" */
static void name_figure(const char *what, double temperature, char *stem, size_t size)
{
    char number[CLI_NUMBER_SIZE];

    snprintf(stem, size, "%s_T%s", what, cli_text_short(temperature, 6, number));
}

/* What the library wrote is drawn; that there is nothing to draw is no failure. */
static heat_status finish(cli *c, heat_status status, const char *stem, bool *have_gnuplot)
{
    if (status == HEAT_OK)
        cli_figure_draw(c, stem, have_gnuplot);
    return status == HEAT_OK || status == HEAT_ERROR_UNDEFINED ? HEAT_OK : cli_fail_library(c);
}

/* The first chain's draws at a temperature. */
static heat_status draw_walk(cli *c, const heat_model *model, const heat_sample_result *r, int32_t t,
                             bool *have_gnuplot)
{
    heat_report_landscape landscape;
    char stem[80];

    heat_report_landscape_init(&landscape);
    landscape.temperature = r->temperatures[t].temperature;
    landscape.schedule = r->draw_temperatures == NULL ? NULL : c->args.values.verb.sample.schedule;
    landscape.n_draws = r->n_chains * r->n_draws;
    landscape.n_walk = r->n_draws < MOST_DRAWS ? r->n_draws : MOST_DRAWS;
    landscape.draws = r->values + (int64_t)t * r->n_chains * r->n_draws * r->n_variables;
    name_figure("landscape", landscape.temperature, stem, sizeof stem);
    return finish(c, heat_report_potential(c->ctx, model, &landscape, c->args.values.own.figures, stem), stem,
                  have_gnuplot);
}

heat_status cli_potential_write(cli *c, const heat_model *model, const heat_model_info *info,
                                const heat_sample_result *r, bool *have_gnuplot)
{
    heat_status status = HEAT_OK;

    if (!is_potential(model, info))
        return HEAT_OK;
    if (r->cycle_occupancy != NULL)
        status = finish(c, heat_report_occupancy(c->ctx, model, r, c->args.values.own.figures), "occupancy",
                        have_gnuplot);
    for (int32_t k = 0; cli_figure_at(k, r->n_temperatures) >= 0 && status == HEAT_OK; k++) {
        int32_t t = cli_figure_at(k, r->n_temperatures);
        char stem[80];
        if (has_landscape(model, info) && r->values != NULL && r->n_draws > 0)
            status = draw_walk(c, model, r, t, have_gnuplot);
        name_figure("marginals", r->temperatures[t].temperature, stem, sizeof stem);
        if (status == HEAT_OK)
            status = finish(
                c,
                heat_report_marginals(c->ctx, model, &r->temperatures[t], c->args.values.own.figures, stem),
                stem, have_gnuplot);
    }
    return status;
}

heat_status cli_figures_prepare_landscape(cli *c, const heat_model *model, const heat_model_info *info)
{
    const char *dir = c->args.values.own.figures;

    if (dir != NULL && !has_landscape(model, info))
        return cli_fail_option(c, "figures", dir,
                               "%s draws potentials of one or two variables, and %s is none", c->verb->name,
                               info->name);
    return cli_figures_open(c);
}

static heat_status draw_places(cli *c, const heat_model *model, const heat_report_landscape *places)
{
    bool have_gnuplot = true;

    cli_hide_progress(c);
    return finish(c, heat_report_potential(c->ctx, model, places, c->args.values.own.figures, "landscape"),
                  "landscape", &have_gnuplot);
}

heat_status cli_figures_write_ground(cli *c, const heat_model *model, const heat_ground_result *r)
{
    heat_report_landscape landscape;

    if (c->args.values.own.figures == NULL || r->values == NULL)
        return HEAT_OK;
    heat_report_landscape_init(&landscape);
    landscape.n_minima = r->n_states > 0 ? r->n_states : 1;
    landscape.minima = r->n_states > 0 ? r->kept_values : r->values;
    landscape.n_saddles = r->n_saddles;
    landscape.saddles = r->saddles;
    return draw_places(c, model, &landscape);
}

heat_status cli_figures_write_explore(cli *c, const heat_model *model, const heat_explore_result *r)
{
    heat_report_landscape landscape;

    if (c->args.values.own.figures == NULL)
        return HEAT_OK;
    heat_report_landscape_init(&landscape);
    landscape.n_minima = r->n_basins;
    landscape.minima = r->states;
    landscape.n_saddles = r->n_saddles;
    landscape.saddles = r->saddles;
    return draw_places(c, model, &landscape);
}
