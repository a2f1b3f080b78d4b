/* Several MODELs of one command: files, built-ins, and ranges of seeds taken apart. */
#ifndef HEATBATH_MODEL_LIST_H
#define HEATBATH_MODEL_LIST_H

#include "cli.h"

typedef struct cli_model_list {
    heat_model_list lists[CLI_MOST_OPERANDS];
    int64_t n;
    const char **specs; /* [n]; the texts belong to the lists */
} cli_model_list;

/* All operands of the command. Close it whatever the outcome. */
heat_status cli_model_list_open(cli *c, cli_model_list *list);
void cli_model_list_close(cli *c, cli_model_list *list);

#endif
