/* One line at a time, in place; a digit alone between two separators, which is most of a large data set, is
 * read without looking further. */
#include "io/delimited.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FEWEST_COUNTED_NAMES = 3, SHOWN = 40 };

typedef enum column_kind { UNKNOWN = 0, NUMBERS, WORDS } column_kind;

typedef struct reader {
    heat_context *ctx;
    heat_byte_window *window;
    const heat_data_options *options;
    heat_data_table *table;
    char delimiter; /* ' ': any run of blanks */
    int64_t line, n_fields;
    double *values;   /* [n_fields] */
    int64_t *columns; /* [n_fields] first byte of each field, from 1 */
    unsigned char *kind;
} reader;

/* A field of the line at hand. Text inside quotes is unquoted in place, so `text` need not lie in the line.
 */
typedef struct field {
    const char *text;
    size_t length;
    bool quoted;
} field;

static heat_status HEAT_PRINTF(3, 4) fail(const reader *r, int64_t column, const char *format, ...)
{
    char sentence[HEAT_MESSAGE_SIZE / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, heat_byte_window_name(r->window), r->line, column, "%s",
                          sentence);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next line that holds a row. */
static heat_status next_line(reader *r, bool *found, const char **text, size_t *length)
{
    for (;;) {
        size_t k = 0;
        heat_status status = heat_byte_window_line(r->window, found, text, length);
        if (status != HEAT_OK || !*found)
            return status;
        if (r->line++ == 0 && *length >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
            *text += 3;
            *length -= 3;
        }
        while (k < *length && is_blank((*text)[k]))
            k++;
        if (k < *length && (*text)[k] != '#')
            return HEAT_OK;
    }
}

/* Control characters other than blanks: this is no text. */
static heat_status check_text(const reader *r, const char *text, size_t length)
{
    for (size_t k = 0; k < length; k++)
        if (((unsigned char)text[k] < ' ' && text[k] != '\t') || text[k] == 0x7f)
            return fail(r, (int64_t)k + 1, "expected text, found the byte 0x%02x: this is a binary file",
                        (unsigned char)text[k]);
    return HEAT_OK;
}

/* A quoted field: "" inside stands for one quote. It is unquoted into the line itself. */
static heat_status take_quoted(const reader *r, const char *line, const char **at, const char *end, field *f)
{
    char *to = (char *)(uintptr_t)(*at + 1);
    const char *from = *at + 1;

    *f = (field){.text = to, .quoted = true};
    for (;; from++) {
        if (from == end)
            return fail(r, *at - line + 1, "the quote that begins here does not end on its line");
        if (*from == '"' && (from + 1 == end || from[1] != '"'))
            break;
        from += *from == '"';
        *to++ = *from;
    }
    f->length = (size_t)(to - f->text);
    from++;
    while (from < end && *from == ' ')
        from++;
    if (from < end && *from != r->delimiter && !(r->delimiter == ' ' && is_blank(from[-1])))
        return fail(r, from - line + 1, "expected the field's end behind its closing quote");
    *at = from;
    return HEAT_OK;
}

/* Takes the field at *at and leaves *at on its separator, or at the end. */
static heat_status take_field(const reader *r, const char *line, const char **at, const char *end, field *f)
{
    const char *begin = *at, *stop;

    while (begin < end && is_blank(*begin) && *begin != r->delimiter)
        begin++;
    if (begin < end && *begin == '"') {
        *at = begin;
        return take_quoted(r, line, at, end, f);
    }
    stop = begin;
    while (stop < end && *stop != r->delimiter && !(r->delimiter == ' ' && *stop == '\t'))
        stop++;
    *at = stop;
    while (stop > begin && is_blank(stop[-1]))
        stop--;
    *f = (field){begin, (size_t)(stop - begin), false};
    return HEAT_OK;
}

/* Steps over the separator at *at; false at the end of the line. */
static bool step(const reader *r, const char **at, const char *end)
{
    if (r->delimiter == ' ')
        while (*at < end && is_blank(**at))
            ++*at;
    else if (*at < end) {
        ++*at;
        return true;
    }
    return *at < end;
}

static const char *skip_blanks(const reader *r, const char *line, const char *end)
{
    while (r->delimiter == ' ' && line < end && is_blank(*line))
        line++;
    return line;
}

static bool is_missing(const field *f)
{
    static const char *const words[] = {"NA", "N/A", "NaN", "nan", "null", "?"};

    if (f->length == 0)
        return true;
    for (size_t k = 0; k < sizeof words / sizeof *words && !f->quoted; k++)
        if (strlen(words[k]) == f->length && memcmp(words[k], f->text, f->length) == 0)
            return true;
    return false;
}

/* Puts the value of field k into the row. */
static heat_status read_value(reader *r, int64_t k, const field *f)
{
    heat_row_place place = {heat_byte_window_name(r->window), r->line, r->columns};
    int shown = (int)(f->length < SHOWN ? f->length : SHOWN);
    bool is_number = false;

    if (is_missing(f)) {
        r->values[k] = (double)NAN;
        return HEAT_OK;
    }
    if (!f->quoted || r->kind[k] == NUMBERS)
        is_number = heat_parse_real(f->text, f->length, &r->values[k]);
    if (r->kind[k] == UNKNOWN)
        r->kind[k] = is_number ? NUMBERS : WORDS;
    if (is_number == (r->kind[k] == NUMBERS))
        return is_number
                   ? HEAT_OK
                   : heat_data_table_word(r->ctx, r->table, k, f->text, f->length, &place, &r->values[k]);
    if (is_number)
        return fail(r, r->columns[k], "expected a word, as above in this column, found the number '%.*s'",
                    shown, f->text);
    return fail(r, r->columns[k], "expected a finite number, as above in this column, found '%.*s'", shown,
                f->text);
}

static heat_status read_row(reader *r, const char *line, size_t length)
{
    const char *end = line + length, *at = skip_blanks(r, line, end);
    bool more = true;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; status == HEAT_OK; k++) {
        field f;
        if (k == r->n_fields || !more) {
            if (k == r->n_fields && !more)
                return HEAT_OK;
            return fail(r, more ? at - line + 1 : (int64_t)length + 1,
                        "expected %lld fields as above, found %s", (long long)r->n_fields,
                        more ? "more" : "fewer");
        }
        r->columns[k] = at - line + 1;
        if (at + 1 < end && at[1] == r->delimiter && r->kind[k] == NUMBERS && *at >= '0' && *at <= '9') {
            r->values[k] = *at - '0';
            at++;
        } else {
            status = take_field(r, line, &at, end, &f);
            if (status == HEAT_OK)
                status = read_value(r, k, &f);
        }
        more = step(r, &at, end);
    }
    return status;
}

/* What separates the fields of the first line. */
static heat_status find_delimiter(reader *r, const char *line, size_t length)
{
    bool comma = memchr(line, ',', length) != NULL, semicolon = memchr(line, ';', length) != NULL;

    if (memchr(line, '\t', length) != NULL)
        r->delimiter = '\t';
    else if (comma && semicolon)
        return fail(
            r, 1, "commas and semicolons both stand in this line: which separates the fields cannot be told");
    else
        r->delimiter = comma ? ',' : semicolon ? ';' : ' ';
    return HEAT_OK;
}

/* The fields of a line as names; a line that cannot be split is told by read_row. */
static heat_status split(const reader *r, const char *line, size_t length, heat_labels *names,
                         int64_t *n_numbers, int64_t *n_counted)
{
    const char *end = line + length, *at = skip_blanks(r, line, end);
    heat_status status = HEAT_OK;
    bool more = true;
    double value;
    field f;

    *n_numbers = *n_counted = 0;
    while (more && status == HEAT_OK) {
        status = take_field(r, line, &at, end, &f);
        if (status != HEAT_OK)
            break;
        if (heat_parse_real(f.text, f.length, &value)) {
            *n_counted += value == (double)*n_numbers;
            ++*n_numbers;
        } else {
            *n_numbers += is_missing(&f); /* no name either */
        }
        status = heat_labels_add(r->ctx, names, HEAT_LABEL_WORD, f.text, f.length);
        more = step(r, &at, end);
    }
    return status;
}

/* Copies a line: looking at the next one moves it. */
static heat_status copy_line(const reader *r, const char *line, size_t length, char **copy)
{
    heat_status status = heat_alloc(r->ctx, (int64_t)length + 1, 1, copy);

    if (status == HEAT_OK)
        memcpy(*copy, line, length);
    return status;
}

/* How many numbers the second line holds. */
static heat_status count_below(const reader *r, const char *line, size_t length, int64_t *n_numbers)
{
    heat_labels unused = {0};
    int64_t n_counted;
    char *copy = NULL; /* splitting a quoted field rewrites it */
    heat_status status = copy_line(r, line, length, &copy);

    if (status == HEAT_OK)
        status = split(r, copy, length, &unused, n_numbers, &n_counted);
    heat_free(copy);
    heat_labels_clear(&unused);
    return status;
}

/* Whether the first line names the columns. It does if it holds no number and the second line holds one; it
 * does not if it holds a number, unless it counts 0, 1, 2, ...: then, and when neither line holds a number,
 * there are two readings. n_below: the numbers of the second line, -1 if there is none. */
static heat_status find_header(reader *r, const char *first, size_t length, int64_t n_below,
                               heat_labels *names, bool *has_header)
{
    const char *asked = r->options->header;
    int64_t n_numbers, n_counted;
    heat_status status = split(r, first, length, names, &n_numbers, &n_counted);

    r->n_fields = names->n;
    *has_header = strcmp(asked, "yes") == 0;
    if (status != HEAT_OK || strcmp(asked, "auto") != 0)
        return status;
    if (n_counted == names->n && names->n >= FEWEST_COUNTED_NAMES && n_below >= 0)
        return fail(r, 1,
                    "0, 1, 2, ... can be read as names of the columns and as a row: say --header yes or no");
    if (n_numbers == 0 && n_below <= 0)
        return fail(r, 1,
                    "words, with no number below: can be read as names of the columns and as a row: say "
                    "--header yes or no");
    *has_header = n_numbers == 0;
    return HEAT_OK;
}

static heat_status begin(reader *r, const heat_labels *names)
{
    heat_status status = heat_data_table_begin(r->ctx, r->table, heat_byte_window_name(r->window),
                                               r->n_fields, names, r->options);

    if (status == HEAT_OK)
        status = heat_alloc(r->ctx, r->n_fields, sizeof *r->values, &r->values);
    if (status == HEAT_OK)
        status = heat_alloc(r->ctx, r->n_fields, sizeof *r->columns, &r->columns);
    if (status == HEAT_OK)
        status = heat_alloc(r->ctx, r->n_fields, 1, &r->kind);
    return status;
}

static heat_status add_row(reader *r, const char *line, size_t length)
{
    heat_row_place place = {heat_byte_window_name(r->window), r->line, r->columns};
    heat_status status = read_row(r, line, length);

    if (status != HEAT_OK) {
        heat_status binary = check_text(r, line, length);
        return binary != HEAT_OK ? binary : status;
    }
    return heat_data_table_add(r->ctx, r->table, r->values, &place);
}

/* The first line with what it decides; *second is the line behind it, whose number is r->line. */
static heat_status read_head(reader *r, bool *found, const char **second, size_t *second_length)
{
    const char *line;
    heat_labels names = {0}, none = {0};
    size_t length;
    int64_t first_line, second_line, n_below = -1;
    char *first = NULL, *again = NULL;
    bool has_header = false;
    heat_status status = next_line(r, found, &line, &length);

    if (status == HEAT_OK && !*found)
        return heat_fail_file(r->ctx, HEAT_ERROR_INPUT, heat_byte_window_name(r->window), 0, 0,
                              "holds no row of data");
    if (status == HEAT_OK)
        status = check_text(r, line, length);
    if (status == HEAT_OK)
        status = find_delimiter(r, line, length);
    if (status == HEAT_OK)
        status = copy_line(r, line, length, &first);
    if (status == HEAT_OK)
        status = copy_line(r, line, length, &again);
    first_line = r->line;
    if (status == HEAT_OK)
        status = next_line(r, found, second, second_length);
    if (status == HEAT_OK && *found)
        status = count_below(r, *second, *second_length, &n_below);
    second_line = r->line;
    r->line = first_line;
    if (status == HEAT_OK)
        status = find_header(r, first, length, n_below, &names, &has_header);
    if (status == HEAT_OK)
        status = begin(r, has_header ? &names : &none);
    if (status == HEAT_OK && !has_header)
        status = add_row(r, again, length);
    r->line = second_line;
    if (status == HEAT_OK)
        heat_data_table_say(r->table, "the first line %s", has_header ? "names the columns" : "is a row");
    heat_labels_clear(&names);
    heat_free(first);
    heat_free(again);
    return status;
}

heat_status heat_delimited_read(heat_byte_window *window, const heat_data_options *options,
                                heat_data_table *table)
{
    reader r = {.ctx = window->ctx, .window = window, .options = options, .table = table};
    const char *line;
    size_t length;
    bool found;
    heat_status status = read_head(&r, &found, &line, &length);

    while (status == HEAT_OK && found) {
        status = add_row(&r, line, length);
        if (status == HEAT_OK)
            status = next_line(&r, &found, &line, &length);
    }
    if (status == HEAT_OK)
        status = heat_data_table_end(r.ctx, table, heat_byte_window_name(window));
    heat_free(r.values);
    heat_free(r.columns);
    heat_free(r.kind);
    return status;
}
