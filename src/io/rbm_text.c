/* The matrix names its companions: they bear its name but for the letter. */
#include "io/rbm_text.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/matrix_file.h"
#include "io/rbm_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char ending[] = "_W.txt";

static bool is_matrix_line(const heat_head_line *line)
{
    for (int k = 0; k < line->n_words && k < HEAT_HEAD_WORDS; k++)
        if (!heat_head_is_real(line, k))
            return false;
    return line->n_words > 0;
}

bool heat_rbm_text_recognise(const heat_graph_head *head)
{
    return is_matrix_line(&head->first) && is_matrix_line(&head->second) &&
           head->first.n_words == head->second.n_words &&
           (head->first.n_words > 3 || !heat_head_is_int(&head->first, 0));
}

/* The path of the companion with that letter: false if the name has no place for it. */
static bool companion(const char *path, char letter, char *out, size_t size)
{
    size_t length = strlen(path), tail = strlen(ending);
    const char *at;

    if (!heat_path_ends_in(path, ending) || length >= size)
        return false;
    length -= heat_path_ends_in(path, ".gz") ? 3 : 0;
    at = path + length - tail + 1;
    snprintf(out, size, "%.*s%c%s", (int)(at - path), path, letter, at + 1);
    return true;
}

/* A bias, one number a line or all in one. */
static heat_status read_bias(heat_context *ctx, const char *path, heat_npy_array *a)
{
    heat_text_source *source = NULL;
    heat_status status = heat_text_source_open(ctx, path, &source);

    if (status == HEAT_OK)
        status = heat_matrix_read_text(source, a);
    heat_text_source_close(source);
    if (status == HEAT_OK && a->extent[0] != 1 && a->extent[1] != 1)
        status =
            heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "expected one row or one column of numbers");
    a->rank = 1;
    a->extent[0] *= a->extent[1];
    return status;
}

/* Which letters the biases have: a and b, or b and c. */
static heat_status choose_letters(heat_context *ctx, const char *path, char *visible, char *hidden)
{
    char a[HEAT_MESSAGE_SIZE], c[HEAT_MESSAGE_SIZE];
    bool has_a, has_c;

    if (!companion(path, 'a', a, sizeof a) || !companion(path, 'c', c, sizeof c))
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                              "a matrix of numbers: the weights of an RBM are named NAME_W.txt, beside "
                              "NAME_a.txt and NAME_b.txt (biases of the visible and the hidden units)");
    has_a = access(a, F_OK) == 0;
    has_c = access(c, F_OK) == 0;
    if (has_a == has_c)
        return heat_fail_file(
            ctx, HEAT_ERROR_INPUT, path, 0, 0,
            "the biases of its units are expected in files whose names have a and b in place of W, or b "
            "and c; %s there",
            has_a ? "a and c are both" : "neither a nor c is");
    *visible = has_a ? 'a' : 'b';
    *hidden = has_a ? 'b' : 'c';
    return HEAT_OK;
}

heat_status heat_rbm_text_read(heat_text_source *source, heat_edge_list *list)
{
    heat_context *ctx = heat_text_source_context(source);
    const char *path = heat_text_source_name(source);
    char visible = 'a', hidden = 'b', visible_path[HEAT_MESSAGE_SIZE], hidden_path[HEAT_MESSAGE_SIZE];
    heat_rbm_parts p = {.weights_name = "W", .visible_name = visible_path, .hidden_name = hidden_path};
    heat_status status = choose_letters(ctx, path, &visible, &hidden);

    if (status != HEAT_OK)
        return status;
    companion(path, visible, visible_path, sizeof visible_path);
    companion(path, hidden, hidden_path, sizeof hidden_path);
    status = heat_matrix_read_text(source, &p.weights);
    if (status == HEAT_OK)
        status = read_bias(ctx, visible_path, &p.visible_bias);
    if (status == HEAT_OK)
        status = read_bias(ctx, hidden_path, &p.hidden_bias);
    if (status == HEAT_OK)
        status = heat_rbm_parts_assemble(ctx, path, &p, list);
    heat_free(p.weights.values);
    heat_free(p.visible_bias.values);
    heat_free(p.hidden_bias.values);
    return status;
}
