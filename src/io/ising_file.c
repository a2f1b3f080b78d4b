/* E(s) = -sum J_ij s_i s_j - sum h_i s_i + offset, written down: `i j J` is a coupling, `i i h` a field,
 * `offset X` a constant. Repeated fields add up; repeated couplings are kept for the model to add up. */
#include "io/ising_file.h"
#include "base/context_private.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "io/coo_file.h"

#include <math.h>

typedef struct ising_reader {
    heat_text_source *source;
    heat_edge_list *list;
    int64_t base;    /* of the first index */
    int64_t highest; /* index allowed */
    int64_t n_used;  /* largest 0-based index + 1 */
    bool has_offset;
} ising_reader;

static bool is_bare(const heat_graph_head *head)
{
    const heat_head_line *line = &head->first;
    bool is_spin;

    if (heat_coo_find_vartype(head->bytes, head->n_bytes, &is_spin))
        return false; /* the comment says what the lines are */
    return line->n_words == 3 && heat_head_is_int(line, 0) && heat_head_is_int(line, 1) &&
           heat_head_is_real(line, 2);
}

static bool has_header(const heat_head_line *line)
{
    return line->n_words > 0 && line->length[0] == 5 && line->word[0][0] == 'i' && line->word[0][1] == 's' &&
           line->word[0][2] == 'i' && line->word[0][3] == 'n' && line->word[0][4] == 'g';
}

bool heat_ising_recognise(const heat_graph_head *head)
{
    return has_header(&head->first) || is_bare(head);
}

bool heat_ising1_recognise(const heat_graph_head *head)
{
    return is_bare(head);
}

static heat_status add_field(ising_reader *r, int64_t i, double h, const heat_text_token *token)
{
    heat_status status = heat_edge_list_add_field(heat_text_source_context(r->source), r->list, i, h);

    if (status != HEAT_OK)
        return status;
    if (!isfinite(r->list->field[i]))
        return heat_text_fail_at(r->source, token, "the fields h of variable %lld add up to infinity",
                                 (long long)(i + r->base));
    return HEAT_OK;
}

static heat_status read_offset(ising_reader *r, const heat_text_token *first)
{
    heat_text_token token;
    heat_status status;

    if (r->has_offset)
        return heat_text_fail_at(r->source, first, "a second offset");
    r->has_offset = true;
    status = heat_text_need_word(r->source, &token, "the offset X");
    if (status == HEAT_OK)
        status = heat_text_get_real(r->source, &token, "the offset X", &r->list->offset);
    return status == HEAT_OK ? heat_text_need_line_end(r->source, "this line is `offset X`") : status;
}

/* Reads the rest of a line `i j J`, whose first word is taken. */
static heat_status read_coupling(ising_reader *r, const heat_text_token *first)
{
    heat_text_token token;
    int64_t i, j;
    double value;
    heat_status status = heat_text_get_int(r->source, first, "the variable i", r->base, r->highest, &i);

    if (status == HEAT_OK)
        status = heat_text_need_word(r->source, &token, "the variable j");
    if (status == HEAT_OK)
        status = heat_text_get_int(r->source, &token, "the variable j", r->base, r->highest, &j);
    if (status == HEAT_OK)
        status = heat_text_need_word(r->source, &token, "the coupling J after i and j");
    if (status == HEAT_OK)
        status = heat_text_get_real(r->source, &token, "the coupling J", &value);
    if (status == HEAT_OK)
        status = heat_text_need_line_end(r->source, "a coupling is `i j J`");
    if (status != HEAT_OK)
        return status;
    i -= r->base;
    j -= r->base;
    if (i >= r->n_used)
        r->n_used = i + 1;
    if (j >= r->n_used)
        r->n_used = j + 1;
    if (i == j)
        return add_field(r, i, value, first);
    return heat_edge_list_add(heat_text_source_context(r->source), r->list, (int32_t)i, (int32_t)j, value);
}

/* Reads the lines from `token`, the first one's first word, to the end. */
static heat_status read_lines(ising_reader *r, heat_text_token *token)
{
    heat_status status = HEAT_OK;

    while (status == HEAT_OK && token->kind == HEAT_TEXT_WORD) {
        status = heat_text_is(token, "offset") ? read_offset(r, token) : read_coupling(r, token);
        if (status == HEAT_OK)
            status = heat_text_next_word(r->source, token);
    }
    if (status == HEAT_OK && r->list->n_variables == 0 && r->n_used == 0)
        return heat_text_fail(r->source, token, "a line `i j J`");
    if (status != HEAT_OK)
        return status;
    if (r->list->n_variables == 0)
        r->list->n_variables = r->n_used;
    return heat_edge_list_complete_field(heat_text_source_context(r->source), r->list);
}

heat_status heat_ising_read(heat_text_source *source, heat_edge_list *list)
{
    ising_reader r = {.source = source, .list = list, .highest = INT32_MAX - 1};
    heat_text_token token;
    heat_status status = heat_text_next_word(source, &token);

    if (status == HEAT_OK && heat_text_is(&token, "ising")) {
        status = heat_text_need_word(source, &token, "the number of variables N");
        if (status == HEAT_OK)
            status = heat_text_get_int(source, &token, "the number of variables N", 1, INT32_MAX,
                                       &list->n_variables);
        if (status == HEAT_OK)
            status = heat_text_need_line_end(source, "the header is `ising N`");
        if (status == HEAT_OK)
            status = heat_text_next_word(source, &token);
        r.highest = list->n_variables - 1;
    }
    return status == HEAT_OK ? read_lines(&r, &token) : status;
}

heat_status heat_ising1_read(heat_text_source *source, heat_edge_list *list)
{
    ising_reader r = {.source = source, .list = list, .base = 1, .highest = INT32_MAX};
    heat_text_token token;
    heat_status status = heat_text_next_word(source, &token);

    if (status == HEAT_OK && heat_text_is(&token, "ising"))
        return heat_text_fail_at(source, &token,
                                 "the header `ising N` says that variables count from 0: this is the format "
                                 "ising, not ising1");
    return status == HEAT_OK ? read_lines(&r, &token) : status;
}

static heat_status write_line(heat_atomic_file *file, int64_t i, int64_t j, double value)
{
    char number[40];

    return heat_atomic_file_print(file, "%lld %lld %s\n", (long long)i, (long long)j,
                                  heat_text_real(value, number, sizeof number));
}

heat_status heat_ising_write(heat_context *ctx, const char *path, const heat_edge_list *list)
{
    double sign = list->form == HEAT_FORM_MAX_CUT ? -1 : 1; /* J = -w */
    char number[40];
    heat_atomic_file *file;
    heat_status status = heat_atomic_file_create(ctx, path, &file);

    if (status == HEAT_OK)
        status = heat_atomic_file_print(file, "ising %lld\n", (long long)list->n_variables);
    if (status == HEAT_OK && list->offset != 0)
        status =
            heat_atomic_file_print(file, "offset %s\n", heat_text_real(list->offset, number, sizeof number));
    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++)
        status = write_line(file, list->i[e], list->j[e], sign * list->weight[e]);
    for (int64_t i = 0; list->field != NULL && i < list->n_variables && status == HEAT_OK; i++)
        if (list->field[i] != 0)
            status = write_line(file, i, i, list->field[i]);
    return heat_atomic_file_finish(file, status);
}
