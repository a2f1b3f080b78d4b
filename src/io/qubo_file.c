/* E(x) = sum_i Q_ii x_i + sum_(i<j) Q_ij x_i x_j, x = 0, 1. The format has no place for a constant: heatbath
 * keeps one in the comment `c heatbath offset X`, which others pass over. */
#include "io/qubo_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/atomic_file.h"

typedef struct qubo_reader {
    heat_text_source *source;
    heat_edge_list *list;
    bool has_header, has_offset;
    int64_t n_nodes, n_couplers; /* promised */
    int64_t found_nodes;
    int64_t seen_capacity;
    uint8_t *seen; /* a bit a variable: it has its line `i i w` */
} qubo_reader;

static bool is_word(const heat_head_line *line, char c)
{
    return line->n_words > 0 && line->length[0] == 1 && line->word[0][0] == c;
}

bool heat_qubo_recognise(const heat_graph_head *head)
{
    return is_word(&head->first, 'c') || is_word(&head->first, 'p');
}

static heat_status skip_line(qubo_reader *r, heat_text_token *token)
{
    heat_status status = HEAT_OK;

    while (status == HEAT_OK && token->kind == HEAT_TEXT_WORD)
        status = heat_text_next(r->source, token);
    return status;
}

/* A line that began with `c`. */
static heat_status read_comment(qubo_reader *r)
{
    heat_text_token token;
    heat_status status = heat_text_next(r->source, &token);

    if (status != HEAT_OK || !heat_text_is(&token, "heatbath"))
        return status == HEAT_OK ? skip_line(r, &token) : status;
    status = heat_text_next(r->source, &token);
    if (status != HEAT_OK || !heat_text_is(&token, "offset"))
        return status == HEAT_OK ? skip_line(r, &token) : status;
    if (r->has_offset)
        return heat_text_fail_at(r->source, &token, "a second offset");
    r->has_offset = true;
    status = heat_text_need_word(r->source, &token, "the offset X");
    if (status == HEAT_OK)
        status = heat_text_get_real(r->source, &token, "the offset X", &r->list->offset);
    return status == HEAT_OK ? heat_text_need_line_end(r->source, "this line is `c heatbath offset X`")
                             : status;
}

static heat_status need_int(qubo_reader *r, const char *what, int64_t low, int64_t high, int64_t *out)
{
    heat_text_token token;
    heat_status status = heat_text_need_word(r->source, &token, what);

    return status == HEAT_OK ? heat_text_get_int(r->source, &token, what, low, high, out) : status;
}

/* The rest of the line that began with `p`. */
static heat_status read_header(qubo_reader *r, const heat_text_token *first)
{
    heat_text_token token;
    int64_t target;
    heat_status status;

    if (r->has_header)
        return heat_text_fail_at(r->source, first, "a second header `p qubo ...`");
    r->has_header = true;
    status = heat_text_need_word(r->source, &token, "the word qubo");
    if (status == HEAT_OK && !heat_text_is(&token, "qubo"))
        status = heat_text_fail(r->source, &token, "the word qubo");
    if (status == HEAT_OK)
        status = need_int(r, "the target, of which only 0 is known", 0, 0, &target);
    if (status == HEAT_OK)
        status = need_int(r, "the number of variables maxNodes", 1, INT32_MAX - 1, &r->list->n_variables);
    if (status == HEAT_OK)
        status = need_int(r, "the number of lines `i i w`, nNodes", 0, INT32_MAX, &r->n_nodes);
    if (status == HEAT_OK)
        status = need_int(r, "the number of lines `i j w`, nCouplers", 0, INT64_MAX, &r->n_couplers);
    return status == HEAT_OK
               ? heat_text_need_line_end(r->source, "the header is `p qubo 0 maxNodes nNodes nCouplers`")
               : status;
}

static heat_status add_node(qubo_reader *r, int64_t i, double value, const heat_text_token *first)
{
    heat_context *ctx = heat_text_source_context(r->source);
    heat_status status;

    if (r->found_nodes == r->n_nodes)
        return heat_text_fail_at(r->source, first, "the header promises %lld lines `i i w`, here is one more",
                                 (long long)r->n_nodes);
    r->found_nodes++;
    status = heat_grow(ctx, i / 8 + 1, 1, &r->seen_capacity, &r->seen);
    if (status != HEAT_OK)
        return status;
    if (r->seen[i / 8] >> i % 8 & 1)
        return heat_text_fail_at(r->source, first, "a second line `%lld %lld w`", (long long)i, (long long)i);
    r->seen[i / 8] |= (uint8_t)(1 << i % 8);
    return heat_edge_list_add_field(ctx, r->list, i, value);
}

static heat_status add_coupler(qubo_reader *r, int64_t i, int64_t j, double value,
                               const heat_text_token *first)
{
    if (i > j)
        return heat_text_fail_at(r->source, first, "expected i <= j, found %lld %lld", (long long)i,
                                 (long long)j);
    if (r->list->n_edges == r->n_couplers)
        return heat_text_fail_at(r->source, first, "the header promises %lld lines `i j w`, here is one more",
                                 (long long)r->n_couplers);
    return heat_edge_list_add(heat_text_source_context(r->source), r->list, (int32_t)i, (int32_t)j, value);
}

/* The rest of a line `i j w`. */
static heat_status read_term(qubo_reader *r, const heat_text_token *first)
{
    heat_text_token token;
    int64_t i, j, highest = r->list->n_variables - 1;
    double value;
    heat_status status;

    if (!r->has_header)
        return heat_text_fail(r->source, first, "the header `p qubo 0 maxNodes nNodes nCouplers`");
    status = heat_text_get_int(r->source, first, "the variable i", 0, highest, &i);
    if (status == HEAT_OK)
        status = need_int(r, "the variable j", 0, highest, &j);
    if (status == HEAT_OK)
        status = heat_text_need_word(r->source, &token, "the weight w");
    if (status == HEAT_OK)
        status = heat_text_get_real(r->source, &token, "the weight w", &value);
    if (status == HEAT_OK)
        status = heat_text_need_line_end(r->source, "a term is `i j w`");
    if (status != HEAT_OK)
        return status;
    return i == j ? add_node(r, i, value, first) : add_coupler(r, i, j, value, first);
}

/* Which line is the second one is forgotten by then: remembering it would take more memory than the graph. */
static heat_status check_pairs(qubo_reader *r)
{
    const heat_text_token nowhere = {.kind = HEAT_TEXT_END};
    heat_edge_list *list = r->list;
    int64_t repeat;
    heat_status status = heat_edge_list_find_repeat(heat_text_source_context(r->source), list, &repeat);

    if (status == HEAT_OK && repeat >= 0)
        status = heat_text_fail_at(r->source, &nowhere, "two lines `%d %d w`, where one is allowed",
                                   list->i[repeat], list->j[repeat]);
    return status;
}

/* The promises, at the end of the file. */
static heat_status check_counts(qubo_reader *r, const heat_text_token *end)
{
    if (!r->has_header)
        return heat_text_fail(r->source, end, "the header `p qubo 0 maxNodes nNodes nCouplers`");
    if (r->found_nodes < r->n_nodes)
        return heat_text_fail_at(r->source, end,
                                 "the header promises %lld lines `i i w`, the file holds %lld",
                                 (long long)r->n_nodes, (long long)r->found_nodes);
    if (r->list->n_edges < r->n_couplers)
        return heat_text_fail_at(r->source, end,
                                 "the header promises %lld lines `i j w`, the file holds %lld",
                                 (long long)r->n_couplers, (long long)r->list->n_edges);
    return heat_edge_list_complete_field(heat_text_source_context(r->source), r->list);
}

heat_status heat_qubo_read(heat_text_source *source, heat_edge_list *list)
{
    qubo_reader r = {.source = source, .list = list};
    heat_text_token token;
    heat_status status = heat_text_next_word(source, &token);

    list->form = HEAT_FORM_QUBO;
    while (status == HEAT_OK && token.kind == HEAT_TEXT_WORD) {
        if (heat_text_is(&token, "c"))
            status = read_comment(&r);
        else
            status = heat_text_is(&token, "p") ? read_header(&r, &token) : read_term(&r, &token);
        if (status == HEAT_OK)
            status = heat_text_next_word(source, &token);
    }
    if (status == HEAT_OK)
        status = check_counts(&r, &token);
    if (status == HEAT_OK)
        status = check_pairs(&r);
    heat_free(r.seen);
    return status;
}

static heat_status write_term(heat_atomic_file *file, int64_t i, int64_t j, double value)
{
    char number[40];

    return heat_atomic_file_print(file, "%lld %lld %s\n", (long long)i, (long long)j,
                                  heat_text_real(value, number, sizeof number));
}

heat_status heat_qubo_write(heat_context *ctx, const char *path, const heat_edge_list *list)
{
    int64_t n_nodes = 0;
    char number[40];
    heat_atomic_file *file;
    heat_status status = heat_atomic_file_create(ctx, path, &file);

    for (int64_t i = 0; list->field != NULL && i < list->n_variables; i++)
        n_nodes += list->field[i] != 0;
    if (status == HEAT_OK && list->offset != 0)
        status = heat_atomic_file_print(file, "c heatbath offset %s\n",
                                        heat_text_real(list->offset, number, sizeof number));
    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, "p qubo 0 %lld %lld %lld\n", (long long)list->n_variables,
                                        (long long)n_nodes, (long long)list->n_edges);
    for (int64_t i = 0; n_nodes > 0 && i < list->n_variables && status == HEAT_OK; i++)
        if (list->field[i] != 0)
            status = write_term(file, i, i, list->field[i]);
    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++)
        status = write_term(file, list->i[e], list->j[e], list->weight[e]);
    return heat_atomic_file_finish(file, status);
}
