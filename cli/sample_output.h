/* Results of sample as JSON and as text, for one model and for several. */
#ifndef HEATBATH_SAMPLE_OUTPUT_H
#define HEATBATH_SAMPLE_OUTPUT_H

#include "output.h"

/* The `result` of one model, but for its file. */
json_t *cli_sample_json(cli *c, const heat_sample_result *result);

/* Its rows, a temperature each, under `key`, and what was interpolated under `interpolated`. */
void cli_sample_put_temperatures(cli *c, json_t *object, const char *key, const heat_sample_result *result);

/* One temperature's table; its spins and edges, where they were asked for. */
void cli_sample_print_temperature(const heat_sample_temperature *temperature);
void cli_sample_print_arrays(const heat_sample_result *result, const heat_sample_temperature *temperature);

/* What was interpolated between the temperatures. */
void cli_sample_print_between(const heat_sample_result *result);

/* Samples several models, the operands taken apart, and prints each and their average. */
heat_status cli_sample_several(cli *c, int64_t n_models, const char *const *specs);

#endif
