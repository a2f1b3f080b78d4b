/* Results of logz as JSON, for one model and for several. */
#ifndef HEATBATH_LOGZ_OUTPUT_H
#define HEATBATH_LOGZ_OUTPUT_H

#include "output.h"

/* The `result` of one model, and its reasons. */
json_t *cli_logz_json(cli *c, const heat_logz_result *result);
json_t *cli_logz_reasons(cli *c, const heat_logz_result *result);

/* Whether --marginals goes with the other options and the number of models, before the work; it takes the
 * exact method. */
heat_status cli_logz_check_marginals(cli *c, int64_t n_models);

/* Finds them and writes them. */
heat_status cli_logz_write_marginals(cli *c, const heat_model *model);

/* Counts several models, the operands taken apart, and prints each and their average. */
heat_status cli_logz_several(cli *c, int64_t n_models, const char *const *specs);

#endif
