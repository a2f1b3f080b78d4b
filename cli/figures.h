/* The figures of ground, sample and learn, --figures DIR. */
#ifndef HEATBATH_FIGURES_H
#define HEATBATH_FIGURES_H

#include "cli.h"

/* Before the work: makes the folder if it is absent, and fails if it cannot be written. */
heat_status cli_figures_open(cli *c);

/* The same, and sets the options that the figures of sample need: one kept state a chain of a lattice, unless
 * --output keeps them already; of a potential draws and histograms, whose list stands in `list`. */
enum { CLI_FIGURE_LIST = 2048 };
heat_status cli_figures_prepare(cli *c, const heat_model *model, const heat_model_info *info,
                                heat_sample_options *options, char list[CLI_FIGURE_LIST]);

/* After it: writes the figures, and has gnuplot draw them where it is installed; a note says where it is not.
 */
heat_status cli_figures_write(cli *c, const heat_model *model, const heat_model_info *info,
                              const heat_sample_result *result);

/* Draws DIR/STEM.svg from its .gp, unless gnuplot is known to be missing, which `have_gnuplot` then tells. */
void cli_figure_draw(cli *c, const char *stem, bool *have_gnuplot);

/* The temperature of figure k of some, the first and the last among them; -1: there are fewer. */
int32_t cli_figure_at(int32_t k, int32_t n);

/* True for a word of a list between commas (NULL: none). */
bool cli_figure_is_listed(const char *list, const char *name);

/* The parts of it that are of potentials (potential_figures.c). */
void cli_potential_prepare(const heat_model *model, const heat_model_info *info, heat_sample_options *options,
                           char list[CLI_FIGURE_LIST]);
heat_status cli_potential_write(cli *c, const heat_model *model, const heat_model_info *info,
                                const heat_sample_result *result, bool *have_gnuplot);

/* The figure of ground and explore: a potential of one or two variables, with minima and saddles. Refuses
 * other models before the work. */
heat_status cli_figures_prepare_landscape(cli *c, const heat_model *model, const heat_model_info *info);
heat_status cli_figures_write_ground(cli *c, const heat_model *model, const heat_ground_result *result);
heat_status cli_figures_write_explore(cli *c, const heat_model *model, const heat_explore_result *result);

/* The same for learn: the likelihood along training. */
heat_status cli_figures_write_learning(cli *c, const heat_learn_result *result);

#endif
