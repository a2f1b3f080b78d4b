/* What every graph reader promises: a whole graph, or an error that says something. */
#ifndef HEATBATH_FUZZ_GRAPH_H
#define HEATBATH_FUZZ_GRAPH_H

#include "fuzz.h"
#include "io/edge_list.h"
#include "io/text_source.h"

#include <math.h>

static inline void fuzz_check_rbm(const heat_rbm *rbm)
{
    FUZZ_CHECK(rbm->n_visible >= 1 && rbm->n_hidden >= 1);
    for (int64_t k = 0; k < (int64_t)rbm->n_visible * rbm->n_hidden; k++)
        FUZZ_CHECK(isfinite(rbm->weights[k]));
    for (int32_t i = 0; i < rbm->n_visible; i++)
        FUZZ_CHECK(isfinite(rbm->visible_bias[i]));
    for (int32_t j = 0; j < rbm->n_hidden; j++)
        FUZZ_CHECK(isfinite(rbm->hidden_bias[j]));
}

static inline void fuzz_check_graph(heat_context *ctx, heat_status status, const heat_edge_list *list)
{
    int64_t numbers_a_field = list->form == HEAT_FORM_POTTS ? list->n_states : 1;

    if (status != HEAT_OK) {
        FUZZ_CHECK(heat_context_error(ctx)[0] != '\0');
        return;
    }
    FUZZ_CHECK(list->n_variables >= 1 && list->n_variables <= INT32_MAX);
    for (int64_t e = 0; e < list->n_edges; e++) {
        FUZZ_CHECK(list->i[e] >= 0 && list->i[e] < list->n_variables);
        FUZZ_CHECK(list->j[e] >= 0 && list->j[e] < list->n_variables);
        FUZZ_CHECK(list->i[e] != list->j[e]);
        if (list->tables == NULL)
            FUZZ_CHECK(isfinite(list->weight[e]));
        else
            FUZZ_CHECK(list->table[e] >= 0 && list->table[e] < list->n_tables);
    }
    FUZZ_CHECK(list->form != HEAT_FORM_POTTS || (list->n_states >= 2 && list->n_states <= 127));
    for (int64_t k = 0; k < list->n_tables * list->n_states * list->n_states; k++)
        FUZZ_CHECK(isfinite(list->tables[k]));
    for (int64_t i = 0; list->field != NULL && i < list->n_variables * numbers_a_field; i++)
        FUZZ_CHECK(isfinite(list->field[i]));
    FUZZ_CHECK(isfinite(list->offset));
    if (list->form == HEAT_FORM_RBM)
        fuzz_check_rbm(&list->rbm);
}

typedef heat_status (*fuzz_reader)(heat_text_source *source, heat_edge_list *list);

static inline heat_status fuzz_read_graph(heat_context *ctx, fuzz_reader read, const uint8_t *data,
                                          size_t size, heat_edge_list *list)
{
    heat_text_source *source;
    heat_status status = heat_text_source_open_memory(ctx, "fuzz", data, size, &source);

    if (status == HEAT_OK)
        status = read(source, list);
    heat_text_source_close(source);
    fuzz_check_graph(ctx, status, list);
    return status;
}

#endif
