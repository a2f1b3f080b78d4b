/* rudy: vertices count from 1, a missing weight is 1. An edge from a vertex to itself is never cut, so it is
 * counted and left out; repeated edges are kept for the model to add up. */
#include "io/rudy_file.h"
#include "base/context_private.h"
#include "base/text.h"
#include "io/atomic_file.h"

#include <math.h>

bool heat_rudy_recognise(const heat_graph_head *head)
{
    const heat_head_line *header = &head->first, *edge = &head->second;

    if (header->n_words != 2 || !heat_head_is_int(header, 0) || !heat_head_is_int(header, 1))
        return false;
    return edge->n_words == 0 || heat_head_is_int(edge, 0); /* a wrong edge is told by the reader */
}

static heat_status read_header(heat_text_source *source, int64_t *n, int64_t *m)
{
    static const char form[] = "the header is `n m`";
    heat_text_token token;
    heat_status status = heat_text_next_word(source, &token);

    if (status == HEAT_OK && token.kind == HEAT_TEXT_END)
        return heat_text_fail(source, &token, "the header `n m`");
    if (status == HEAT_OK)
        status = heat_text_get_int(source, &token, "the number of vertices n", 1, INT32_MAX, n);
    if (status == HEAT_OK)
        status = heat_text_need_word(source, &token, "the number of edges m");
    if (status == HEAT_OK)
        status = heat_text_get_int(source, &token, "the number of edges m", 0, INT64_MAX, m);
    return status == HEAT_OK ? heat_text_need_line_end(source, form) : status;
}

/* An entry q of MQLib's symmetric matrix. */
static heat_status add_entry(heat_text_source *source, const heat_text_token *first, int64_t i, int64_t j,
                             double q, heat_edge_list *list)
{
    heat_context *ctx = heat_text_source_context(source);
    heat_status status;

    if (i != j && !isfinite(2 * q))
        return heat_text_fail_at(source, first, "the entry counts twice: it is too large");
    if (i != j)
        return heat_edge_list_add(ctx, list, (int32_t)i, (int32_t)j, 2 * q);
    status = heat_edge_list_add_field(ctx, list, i, q);
    if (status == HEAT_OK && !isfinite(list->field[i]))
        return heat_text_fail_at(source, first, "the diagonal entries of variable %lld add up to infinity",
                                 (long long)i + 1);
    return status;
}

/* Reads the rest of an edge's line, whose first word is taken. */
static heat_status read_edge(heat_text_source *source, const heat_text_token *first, heat_edge_list *list)
{
    heat_text_token token;
    int64_t i, j;
    double weight = 1;
    heat_status status = heat_text_get_int(source, first, "the vertex i", 1, list->n_variables, &i);

    if (status == HEAT_OK)
        status = heat_text_need_word(source, &token, "the vertex j");
    if (status == HEAT_OK)
        status = heat_text_get_int(source, &token, "the vertex j", 1, list->n_variables, &j);
    if (status == HEAT_OK)
        status = heat_text_next(source, &token);
    if (status == HEAT_OK && token.kind == HEAT_TEXT_WORD) {
        status = heat_text_get_real(source, &token, "the weight w", &weight);
        if (status == HEAT_OK)
            status = heat_text_need_line_end(source, "an edge is `i j w`");
    }
    if (status != HEAT_OK)
        return status;
    if (list->form == HEAT_FORM_QUBO)
        return add_entry(source, first, i - 1, j - 1, weight, list);
    if (i == j) {
        if (list->n_self_loops++ == 0) {
            list->loop_line = first->line;
            list->loop_column = first->column;
        }
        return HEAT_OK;
    }
    return heat_edge_list_add(heat_text_source_context(source), list, (int32_t)(i - 1), (int32_t)(j - 1),
                              weight);
}

static heat_status read_graph(heat_text_source *source, heat_edge_list *list)
{
    heat_text_token token;
    int64_t n, m, found = 0;
    heat_status status = read_header(source, &n, &m);

    if (status != HEAT_OK)
        return status;
    list->n_variables = n;
    for (;; found++) {
        status = heat_text_next_word(source, &token);
        if (status != HEAT_OK)
            return status;
        if (token.kind == HEAT_TEXT_END && found < m)
            return heat_text_fail_at(source, &token,
                                     "the header promises m = %lld edges, the file ends after %lld",
                                     (long long)m, (long long)found);
        if (token.kind == HEAT_TEXT_END)
            return HEAT_OK;
        if (found == m)
            return heat_text_fail_at(source, &token, "the header promises m = %lld edges, here is one more",
                                     (long long)m);
        status = read_edge(source, &token, list);
        if (status != HEAT_OK)
            return status;
    }
}

heat_status heat_rudy_read(heat_text_source *source, heat_edge_list *list)
{
    list->form = HEAT_FORM_MAX_CUT;
    return read_graph(source, list);
}

heat_status heat_mqlib_read(heat_text_source *source, heat_edge_list *list)
{
    heat_status status;

    list->form = HEAT_FORM_QUBO;
    status = read_graph(source, list);
    return status == HEAT_OK ? heat_edge_list_complete_field(heat_text_source_context(source), list) : status;
}

/* A reason why the format cannot hold the graph; NULL if it can. */
static const char *what_does_not_fit(const heat_edge_list *list)
{
    for (int64_t i = 0; list->field != NULL && i < list->n_variables; i++)
        if (list->field[i] != 0)
            return "a field";
    return list->offset != 0 ? "an offset" : NULL;
}

heat_status heat_rudy_write(heat_context *ctx, const char *path, const heat_edge_list *list)
{
    const char *obstacle = what_does_not_fit(list);
    double sign = list->form == HEAT_FORM_MAX_CUT ? 1 : -1; /* w = -J */
    heat_atomic_file *file;
    heat_status status;

    if (obstacle != NULL)
        return heat_fail_file(ctx, HEAT_ERROR_OUTPUT, path, 0, 0,
                              "a Max-Cut file cannot hold %s: write .ising or .h5", obstacle);
    status = heat_atomic_file_create(ctx, path, &file);
    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, "%lld %lld\n", (long long)list->n_variables,
                                        (long long)list->n_edges);
    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++) {
        char weight[40];
        status = heat_atomic_file_print(file, "%lld %lld %s\n", list->i[e] + 1LL, list->j[e] + 1LL,
                                        heat_text_real(sign * list->weight[e], weight, sizeof weight));
    }
    return heat_atomic_file_finish(file, status);
}
