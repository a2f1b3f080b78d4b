/* DATA as an operand. */
#ifndef HEATBATH_DATA_VERBS_H
#define HEATBATH_DATA_VERBS_H

#include "cli.h"

/* True if the operand is data, by --format or its content. */
bool cli_data_is_operand(cli *c, const char *spec);

/* Loads it, by --format where that is given, and describes it. */
heat_status cli_data_load(cli *c, const char *spec, const heat_data_options *options, heat_data **data,
                          heat_data_info *info);

/* Fails if an option that says how data is read was given for a model. */
heat_status cli_data_refuse_options(cli *c, const char *spec);

/* info DATA and convert DATA FILE. */
heat_status cli_data_info(cli *c);
heat_status cli_data_convert(cli *c);

#endif
