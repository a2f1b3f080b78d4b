/* Several MODELs of one command. */
#include "model_list.h"

#include <stdlib.h>

heat_status cli_model_list_open(cli *c, cli_model_list *list)
{
    int64_t count = 0;

    *list = (cli_model_list){.n = 0};
    for (int k = 0; k < c->args.n_operands; k++) {
        if (heat_model_expand(c->ctx, c->args.operands[k], &list->lists[k]) != HEAT_OK)
            return cli_fail_library(c);
        list->n += list->lists[k].count;
    }
    list->specs = malloc((size_t)list->n * sizeof *list->specs);
    if (list->specs == NULL)
        return cli_fail(c, HEAT_ERROR_MEMORY, "no memory for the names of %lld models", (long long)list->n);
    for (int k = 0; k < c->args.n_operands; k++)
        for (int64_t m = 0; m < list->lists[k].count; m++)
            list->specs[count++] = list->lists[k].specs[m];
    return HEAT_OK;
}

void cli_model_list_close(cli *c, cli_model_list *list)
{
    free(list->specs);
    for (int k = 0; k < c->args.n_operands; k++)
        heat_model_list_clear(&list->lists[k]);
}
