/* The figures of sample and learn, --figures DIR. */
#ifndef HEATBATH_FIGURES_H
#define HEATBATH_FIGURES_H

#include "cli.h"

/* Before the work: makes the folder if it is absent, and fails if it cannot be written. Sets the options that
 * the figures need: one kept state a chain of a lattice, unless --output keeps them already; `info` and
 * `options` are NULL for an average over models. */
heat_status cli_figures_prepare(cli *c, const heat_model_info *info, heat_sample_options *options);

/* After it: writes the figures, and has gnuplot draw them where it is installed; a note says where it is not.
 */
heat_status cli_figures_write(cli *c, const heat_model *model, const heat_model_info *info,
                              const heat_sample_result *result);

/* The same for learn: the likelihood along training. */
heat_status cli_figures_write_learning(cli *c, const heat_learn_result *result);

#endif
