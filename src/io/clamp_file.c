/* Both readings of a file of held variables are followed side by side, word by word; at its end one of them
 * must stand. */
#include "io/clamp_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Why a reading fell: the first place, and the words for it. */
typedef struct fault {
    bool is_set;
    int64_t line, column;
    char text[192];
} fault;

typedef struct label_entry {
    const char *text;
    int64_t variable;
} label_entry;

typedef struct reading {
    const heat_clamp_form *form;
    label_entry *labels; /* sorted by text; NULL where there are none */
    double *row, *lines; /* what the two say */
    int64_t n_words;     /* of the row */
    fault row_fault, lines_fault;
    bool has_header;
    bool is_paired; /* every line so far has two words */
    int64_t place;  /* of the next word in its line */
    int64_t variable;
} reading;

static void set_fault(fault *f, const heat_text_token *token, const char *text)
{
    int length = (int)(token->length < 40 ? token->length : 40);

    if (f->is_set)
        return;
    *f = (fault){.is_set = true, .line = token->line, .column = token->column};
    if (token->kind == HEAT_TEXT_WORD)
        snprintf(f->text, sizeof f->text, "%s, found '%.*s'", text, length, token->text);
    else
        snprintf(f->text, sizeof f->text, "%s", text);
}

static bool parse_value(const heat_clamp_form *form, const heat_text_token *token, double *value)
{
    int64_t v;

    if (form->n_states == 0)
        return heat_parse_real(token->text, token->length, value) && isfinite(*value);
    if (!heat_parse_int(token->text, token->length, &v) ||
        !(form->spin ? v == -1 || v == 1 : v >= 0 && v < form->n_states))
        return false;
    *value = (double)v;
    return true;
}

static bool is_missing(const heat_text_token *token)
{
    return heat_text_is(token, "?") || heat_text_is(token, "NA") || heat_text_is(token, "nan");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const label_entry *)a)->text, ((const label_entry *)b)->text);
}

static heat_status sort_labels(heat_context *ctx, reading *r)
{
    const heat_labels *labels = r->form->labels;
    heat_status status;

    if (labels == NULL || labels->n == 0)
        return HEAT_OK;
    status = heat_alloc(ctx, labels->n, sizeof *r->labels, &r->labels);
    for (int64_t k = 0; k < labels->n && status == HEAT_OK; k++)
        r->labels[k] = (label_entry){heat_labels_get(labels, k), k};
    if (status == HEAT_OK)
        qsort(r->labels, (size_t)labels->n, sizeof *r->labels, by_text);
    return status;
}

static bool find_variable(const reading *r, const heat_text_token *token, int64_t *variable)
{
    char word[HEAT_WORD_SIZE];
    const label_entry key = {word, 0}, *found;

    if (r->labels == NULL) {
        bool is_number = heat_parse_int(token->text, token->length, variable);
        *variable -= is_number ? r->form->first_index : 0;
        return is_number && *variable >= 0 && *variable < r->form->n;
    }
    if (token->length >= sizeof word)
        return false;
    memcpy(word, token->text, token->length);
    word[token->length] = '\0';
    found = bsearch(&key, r->labels, (size_t)r->form->labels->n, sizeof key, by_text);
    *variable = found == NULL ? -1 : found->variable;
    return found != NULL;
}

static void read_in_row(reading *r, const heat_text_token *token)
{
    double value = (double)NAN;

    if (!is_missing(token) && !parse_value(r->form, token, &value))
        set_fault(&r->row_fault, token,
                  r->form->spin            ? "expected -1, +1 or ?"
                  : r->form->n_states == 0 ? "expected a number or ?"
                                           : "expected a state or ?");
    else if (r->n_words >= r->form->n)
        set_fault(&r->row_fault, token, "expected the end of the file after one value for each variable");
    else
        r->row[r->n_words] = value;
    r->n_words++;
}

static void read_in_line(reading *r, const heat_text_token *token)
{
    double value = (double)NAN;
    long long first = r->form->first_index, last = first + (long long)r->form->n - 1;
    char text[96] = "expected the name of a variable";

    if (r->labels == NULL)
        snprintf(text, sizeof text, "expected the index of a variable, %lld to %lld", first, last);
    if (r->place == 0 && !find_variable(r, token, &r->variable)) {
        r->variable = -1;
        set_fault(&r->lines_fault, token, text);
    } else if (r->place == 0 && !isnan(r->lines[r->variable])) {
        set_fault(&r->lines_fault, token, "this variable has a value already");
    } else if (r->place == 1 && !parse_value(r->form, token, &value)) {
        set_fault(&r->lines_fault, token,
                  r->form->spin            ? "expected a spin, -1 or +1"
                  : r->form->n_states == 0 ? "expected a number"
                                           : "expected a state of the variable");
    } else if (r->place == 1 && r->variable >= 0) {
        r->lines[r->variable] = value;
    } else if (r->place >= 2) {
        r->is_paired = false;
        set_fault(&r->lines_fault, token, "expected the end of the line after index,value");
    }
    r->place++;
}

static void end_line(reading *r, const heat_text_token *token)
{
    if (r->place == 1) {
        r->is_paired = false;
        set_fault(&r->lines_fault, token, "expected index,value, the line ends after the index");
    }
    r->place = 0;
}

/* The first line may be a header; else its words are read as any others. */
static heat_status follow(heat_text_source *source, reading *r)
{
    heat_text_token token = {.kind = HEAT_TEXT_WORD};
    bool is_first = true;

    while (token.kind != HEAT_TEXT_END) {
        heat_status status = heat_text_next(source, &token);
        if (status != HEAT_OK)
            return status;
        if (token.kind != HEAT_TEXT_WORD) {
            end_line(r, &token);
            continue;
        }
        if (is_first && heat_text_is(&token, "index")) {
            status = heat_text_need_word(source, &token, "the word value");
            if (status == HEAT_OK && !heat_text_is(&token, "value"))
                status = heat_text_fail(source, &token, "the header index,value");
            if (status == HEAT_OK)
                status = heat_text_need_line_end(source, "the header index,value");
            if (status != HEAT_OK)
                return status;
            r->has_header = true;
            set_fault(&r->row_fault, &token, "");
        } else {
            read_in_row(r, &token);
            read_in_line(r, &token);
        }
        is_first = false;
    }
    if (r->n_words < r->form->n && (r->n_words == 0 || r->n_words != r->form->n_visible) &&
        !r->row_fault.is_set) {
        char text[128], visible[48] = "";
        if (r->form->n_visible > 0 && r->form->n_visible < r->form->n)
            snprintf(visible, sizeof visible, " or %lld (of the visible units)",
                     (long long)r->form->n_visible);
        snprintf(text, sizeof text, "expected %lld%s values, or lines index,value; the file ends after %lld",
                 (long long)r->form->n, visible, (long long)r->n_words);
        set_fault(&r->row_fault, &token, text);
    }
    if (r->n_words == 0 && !r->has_header)
        set_fault(&r->lines_fault, &token, "");
    return HEAT_OK;
}

static heat_status decide(heat_text_source *source, const reading *r, double *held)
{
    bool row = !r->row_fault.is_set, lines = !r->lines_fault.is_set;
    const fault *f = r->has_header || (r->is_paired && r->n_words > 0) ? &r->lines_fault : &r->row_fault;
    heat_text_token place = {.line = f->line, .column = f->column};

    if (row && lines && memcmp(r->row, r->lines, (size_t)r->form->n * sizeof *r->row) != 0)
        return heat_text_fail_at(source, &(heat_text_token){.line = 1, .column = 1},
                                 "two readings: a row of %lld values, or lines index,value; write one value "
                                 "a line, or a first line index,value",
                                 (long long)r->form->n);
    if (!row && !lines)
        return heat_text_fail_at(source, &place, "%s", f->text);
    memcpy(held, row ? r->row : r->lines, (size_t)r->form->n * sizeof *held);
    return HEAT_OK;
}

heat_status heat_clamp_read(heat_text_source *source, const heat_clamp_form *form, double *held)
{
    heat_context *ctx = heat_text_source_context(source);
    reading r = {.form = form, .is_paired = true};
    heat_status status = heat_alloc(ctx, form->n, sizeof *r.row, &r.row);

    heat_text_source_split_commas(source);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, form->n, sizeof *r.lines, &r.lines);
    if (status == HEAT_OK)
        status = sort_labels(ctx, &r);
    if (status == HEAT_OK) {
        for (int64_t i = 0; i < form->n; i++)
            r.row[i] = r.lines[i] = (double)NAN;
        status = follow(source, &r);
    }
    if (status == HEAT_OK)
        status = decide(source, &r, held);
    heat_free(r.row);
    heat_free(r.lines);
    heat_free(r.labels);
    return status;
}

heat_status heat_clamp_file_read(heat_context *ctx, const char *path, const heat_clamp_form *form,
                                 double *held)
{
    heat_text_source *source;
    heat_status status = heat_text_source_open(ctx, path, &source);

    if (status != HEAT_OK)
        return status;
    status = heat_clamp_read(source, form, held);
    heat_text_source_close(source);
    return status;
}
