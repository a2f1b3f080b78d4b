/* dimod's signs: E = +sum_i bias_i v_i + sum_(i<j) bias_ij v_i v_j, v = -1, +1 or 0, 1. Biases of one place
 * add up. Numbers are written without an exponent where that is possible, because dimod reads none. */
#include "io/coo_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/atomic_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of `vartype=`, `vartype:` or `vartype ` in one comment: 'S', 'B' or 0. */
static char vartype_of(const char *at, const char *end)
{
    static const char key[] = "vartype";
    const size_t length = sizeof key - 1;

    for (; (size_t)(end - at) > length; at++) {
        const char *value = at + length;
        if (memcmp(at, key, length) != 0)
            continue;
        while (value < end && (*value == '=' || *value == ':' || *value == ' '))
            value++;
        if (end - value >= 4 && memcmp(value, "SPIN", 4) == 0)
            return 'S';
        if (end - value >= 6 && memcmp(value, "BINARY", 6) == 0)
            return 'B';
    }
    return 0;
}

bool heat_coo_find_vartype(const char *bytes, size_t n_bytes, bool *is_spin)
{
    const char *at = bytes, *end = bytes + n_bytes;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        char found;
        if (line_end == NULL)
            line_end = end;
        while (at < line_end && (*at == ' ' || *at == '\t' || *at == '\r'))
            at++;
        if (at < line_end && *at != '#')
            return false;
        found = vartype_of(at, line_end);
        if (found != 0) {
            *is_spin = found == 'S';
            return true;
        }
        at = line_end + 1;
    }
    return false;
}

bool heat_coo_recognise(const heat_graph_head *head)
{
    const heat_head_line *line = &head->first;
    bool is_spin;

    if (line->n_words != 0 &&
        (line->n_words != 3 || !heat_head_is_int(line, 0) || !heat_head_is_int(line, 1)))
        return false;
    return heat_coo_find_vartype(head->bytes, head->n_bytes, &is_spin);
}

/* Reads the rest of a line; linear biases stay in the list as edges i = i until the variables are known. */
static heat_status read_bias(heat_text_source *source, const heat_text_token *first, double sign,
                             heat_edge_list *list)
{
    heat_text_token token;
    int64_t i, j;
    double value;
    heat_status status = heat_text_get_int(source, first, "the variable i", 0, INT32_MAX - 1, &i);

    if (status == HEAT_OK)
        status = heat_text_need_word(source, &token, "the variable j");
    if (status == HEAT_OK)
        status = heat_text_get_int(source, &token, "the variable j", 0, INT32_MAX - 1, &j);
    if (status == HEAT_OK)
        status = heat_text_need_word(source, &token, "the bias after i and j");
    if (status == HEAT_OK)
        status = heat_text_get_real(source, &token, "the bias", &value);
    if (status == HEAT_OK)
        status = heat_text_need_line_end(source, "a bias is `i j bias`");
    if (status != HEAT_OK)
        return status;
    return heat_edge_list_add(heat_text_source_context(source), list, (int32_t)i, (int32_t)j, sign * value);
}

static int32_t highest_of(const heat_edge_list *list)
{
    int32_t highest = -1;

    for (int64_t e = 0; e < list->n_edges; e++) {
        highest = list->i[e] > highest ? list->i[e] : highest;
        highest = list->j[e] > highest ? list->j[e] : highest;
    }
    return highest;
}

/* A set of numbers below 2^31 that tells how many of it lie below one: a bit each, and a count a word. */
typedef struct rank_set {
    int64_t n_words;
    uint64_t *word;
    int32_t *below;
} rank_set;

static heat_status rank_set_init(heat_context *ctx, rank_set *set, int64_t n)
{
    heat_status status;

    set->n_words = n / 64 + 1;
    status = heat_alloc(ctx, set->n_words, sizeof *set->word, &set->word);
    return status == HEAT_OK ? heat_alloc(ctx, set->n_words, sizeof *set->below, &set->below) : status;
}

static void rank_set_add(rank_set *set, int32_t k)
{
    set->word[k / 64] |= (uint64_t)1 << k % 64;
}

/* Counts what has been added; returns how many. */
static int64_t rank_set_count(rank_set *set)
{
    int64_t count = 0;

    for (int64_t w = 0; w < set->n_words; w++) {
        set->below[w] = (int32_t)count;
        count += __builtin_popcountll(set->word[w]);
    }
    return count;
}

static int32_t rank_of(const rank_set *set, int32_t k)
{
    uint64_t lower = set->word[k / 64] & (((uint64_t)1 << k % 64) - 1);

    return set->below[k / 64] + __builtin_popcountll(lower);
}

/* The numbers above 0 to n - 1 become labels, and the edges' ends their places among them. */
static heat_status relabel(heat_context *ctx, heat_edge_list *list, const rank_set *named)
{
    heat_status status = HEAT_OK;

    for (int64_t e = 0; e < list->n_edges; e++) {
        list->i[e] = rank_of(named, list->i[e]);
        list->j[e] = rank_of(named, list->j[e]);
    }
    for (int64_t w = 0; w < named->n_words; w++)
        for (uint64_t left = named->word[w]; left != 0 && status == HEAT_OK; left &= left - 1)
            status = heat_labels_add_int(ctx, &list->labels, 64 * w + __builtin_ctzll(left));
    return status;
}

/* Counts the variables that are named, and numbers them without gaps. */
static heat_status find_variables(heat_context *ctx, heat_edge_list *list)
{
    int64_t n = (int64_t)highest_of(list) + 1;
    rank_set named = {0};
    heat_status status = rank_set_init(ctx, &named, n);

    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++) {
        rank_set_add(&named, list->i[e]);
        rank_set_add(&named, list->j[e]);
    }
    if (status == HEAT_OK) {
        list->n_variables = rank_set_count(&named);
        if (list->n_variables < n)
            status = relabel(ctx, list, &named);
    }
    heat_free(named.word);
    heat_free(named.below);
    return status;
}

/* Moves the edges i = i into the field. */
static heat_status take_linear(heat_context *ctx, heat_edge_list *list)
{
    int64_t kept = 0;
    uint8_t *seen = NULL; /* a bit a variable */
    heat_status status = heat_alloc(ctx, list->n_variables / 8 + 1, 1, &seen);

    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++) {
        int32_t i = list->i[e];
        if (i == list->j[e]) {
            status = heat_edge_list_add_field(ctx, list, i, list->weight[e]);
            list->n_repeated_fields += seen[i / 8] >> i % 8 & 1;
            seen[i / 8] |= (uint8_t)(1 << i % 8);
            continue;
        }
        list->i[kept] = i;
        list->j[kept] = list->j[e];
        list->weight[kept++] = list->weight[e];
    }
    list->n_edges = kept;
    heat_free(seen);
    return status == HEAT_OK ? heat_edge_list_complete_field(ctx, list) : status;
}

static heat_status check_field(heat_text_source *source, const heat_text_token *end,
                               const heat_edge_list *list)
{
    for (int64_t i = 0; list->field != NULL && i < list->n_variables; i++)
        if (!isfinite(list->field[i]))
            return heat_text_fail_at(source, end, "the biases of one variable add up to infinity");
    return HEAT_OK;
}

heat_status heat_coo_read(heat_text_source *source, heat_edge_list *list)
{
    heat_context *ctx = heat_text_source_context(source);
    heat_text_token token;
    const char *bytes;
    size_t n_bytes;
    bool is_spin;
    heat_status status;

    heat_text_source_peek(source, &bytes, &n_bytes);
    if (!heat_coo_find_vartype(bytes, n_bytes, &is_spin)) {
        token = (heat_text_token){.kind = HEAT_TEXT_END, .line = 1, .column = 1};
        return heat_text_fail_at(source, &token,
                                 "expected a first line `# vartype=SPIN` or `# vartype=BINARY`");
    }
    list->form = is_spin ? HEAT_FORM_ISING : HEAT_FORM_QUBO;
    status = heat_text_next_word(source, &token);
    if (status == HEAT_OK && token.kind == HEAT_TEXT_END)
        return heat_text_fail(source, &token, "a line `i j bias`");
    while (status == HEAT_OK && token.kind == HEAT_TEXT_WORD) {
        status = read_bias(source, &token, is_spin ? -1 : 1, list);
        if (status == HEAT_OK)
            status = heat_text_next_word(source, &token);
    }
    if (status == HEAT_OK)
        status = find_variables(ctx, list);
    if (status == HEAT_OK)
        status = take_linear(ctx, list);
    return status == HEAT_OK ? check_field(source, &token, list) : status;
}

/* The shortest decimal without an exponent, where it is not absurdly long. */
static const char *positional(double value, char *out, size_t size)
{
    char number[40], digits[40];
    char *e;
    int n_digits = 0, power;

    heat_text_real(value, number, sizeof number);
    e = strchr(number, 'e');
    if (e == NULL || fabs(value) < 1e-40 || fabs(value) > 1e40) {
        snprintf(out, size, "%s", number);
        return out;
    }
    power = (int)strtol(e + 1, NULL, 10);
    for (const char *c = number; c < e; c++)
        if (*c >= '0' && *c <= '9')
            digits[n_digits++] = *c;
    digits[n_digits] = '\0';
    if (power < 0)
        snprintf(out, size, "%s0.%.*s%s", value < 0 ? "-" : "", -power - 1,
                 "0000000000000000000000000000000000000000", digits);
    else
        snprintf(out, size, "%s%s%.*s", value < 0 ? "-" : "", digits, power + 1 - n_digits,
                 "0000000000000000000000000000000000000000");
    return out;
}

/* `labels` is NULL where the variables are called by their numbers. */
static heat_status write_bias(heat_atomic_file *file, const heat_labels *labels, int64_t i, int64_t j,
                              double value)
{
    char number[100];

    if (labels != NULL) {
        (void)heat_labels_get_index(labels, i, &i); /* they are known to be indices */
        (void)heat_labels_get_index(labels, j, &j);
    }
    return heat_atomic_file_print(file, "%lld %lld %s\n", (long long)i, (long long)j,
                                  positional(value, number, sizeof number));
}

/* A bit a variable: it has an edge. A variable without edge or bias is written with a bias of 0, or it would
 * not exist. */
static heat_status find_edged(heat_context *ctx, const heat_edge_list *list, uint8_t **edged)
{
    heat_status status = heat_alloc(ctx, list->n_variables, 1, edged);

    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++)
        (*edged)[list->i[e]] = (*edged)[list->j[e]] = 1;
    return status;
}

heat_status heat_coo_write(heat_context *ctx, const char *path, const heat_edge_list *list)
{
    double sign = list->form == HEAT_FORM_ISING ? -1 : 1; /* a Max-Cut weight is -J already */
    const heat_labels *labels = heat_labels_are_indices(&list->labels) ? &list->labels : NULL;
    uint8_t *edged = NULL;
    heat_atomic_file *file = NULL;
    heat_status status;

    if (list->offset != 0)
        return heat_fail_file(ctx, HEAT_ERROR_OUTPUT, path, 0, 0,
                              "COO cannot hold an offset: write .json or .h5");
    status = find_edged(ctx, list, &edged);
    if (status == HEAT_OK)
        status = heat_atomic_file_create(ctx, path, &file);
    if (status == HEAT_OK)
        status =
            heat_atomic_file_print(file, "# vartype=%s\n", list->form == HEAT_FORM_QUBO ? "BINARY" : "SPIN");
    for (int64_t i = 0; i < list->n_variables && status == HEAT_OK; i++) {
        double bias = list->field == NULL ? 0 : list->field[i];
        if (bias != 0 || !edged[i])
            status = write_bias(file, labels, i, i, sign * bias);
    }
    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++)
        status = write_bias(file, labels, list->i[e], list->j[e], sign * list->weight[e]);
    heat_free(edged);
    return heat_atomic_file_finish(file, status);
}
