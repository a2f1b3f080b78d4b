/* Built-in data: NAME or NAME:SHAPE.
 *   digits               1797 images of 8 x 8, values 0 to 16, and which digit it is (data/README.md)
 *   bars-and-stripes:HxW the 2^H + 2^W - 2 different images whose rows, or whose columns, are uniform
 * (MacKay, Information Theory, Inference and Learning Algorithms (2003), section 43) shifter:N            N
 * bits, the same shifted by -1, 0 or +1 around, and three bits that say which: all 3 * 2^N (Hinton and
 * Sejnowski, in Parallel Distributed Processing 1 (1986), chapter 7) */
#include "model/data_builtin.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/delimited.h"
#include "model/data_private.h"

#include <string.h>

enum { MOST_LENGTH = 16 };

/* A built-in under way. `shape` is what stands behind the colon, "" without one. */
typedef struct making {
    heat_context *ctx;
    const char *spec, *shape;
    const heat_data_options *options;
    heat_data_table *table;
} making;

static heat_status begin(const making *m, int64_t n_fields)
{
    const heat_labels no_names = {0};

    if (m->options->array != NULL)
        return heat_fail_option(m->ctx, "array", m->options->array, "%s is no .npz file", m->spec);
    if (m->options->packed > 0)
        return heat_fail_option(m->ctx, "packed", NULL, "%s is no file of packed bytes", m->spec);
    return heat_data_table_begin(m->ctx, m->table, m->spec, n_fields, &no_names, m->options);
}

static heat_status add(const making *m, const double *row)
{
    const heat_row_place place = {.file = m->spec};

    return heat_data_table_add(m->ctx, m->table, row, &place);
}

static heat_status bad_shape(const making *m, const char *example)
{
    return heat_fail(m->ctx, HEAT_ERROR_INPUT, "%s: expected lengths from 1 to %d, for example %s", m->spec,
                     MOST_LENGTH, example);
}

static bool parse_length(const char *text, size_t length, int64_t *out)
{
    return heat_parse_int(text, length, out) && *out >= 1 && *out <= MOST_LENGTH;
}

static heat_status make_digits(const making *m)
{
    heat_data_options options = *m->options;
    heat_byte_window window;
    heat_status status;

    if (m->shape[0] != '\0')
        return heat_fail(m->ctx, HEAT_ERROR_INPUT, "%s: digits takes no shape", m->spec);
    options.label = options.label == NULL ? "last" : options.label;
    options.header = "no";
    status = heat_byte_window_open_memory(m->ctx, m->spec, heat_digits_file, heat_digits_file_size, &window);
    if (status == HEAT_OK)
        status = heat_delimited_read(&window, &options, m->table);
    heat_byte_window_close(&window);
    if (status == HEAT_OK && m->table->n_columns == 64 && m->table->names.n == 0) {
        m->table->n_dimensions = 2;
        m->table->extent[0] = m->table->extent[1] = 8;
    }
    return status;
}

/* Bars are columns, stripes rows: pattern k of the `length` lines, along which all is alike. */
static heat_status add_lines(const making *m, int64_t height, int64_t width, bool bars, int64_t pattern)
{
    double row[MOST_LENGTH * MOST_LENGTH];

    for (int64_t y = 0; y < height; y++)
        for (int64_t x = 0; x < width; x++)
            row[y * width + x] = (double)(pattern >> (bars ? x : y) & 1);
    return add(m, row);
}

static heat_status make_bars_and_stripes(const making *m)
{
    const char *x = strchr(m->shape, 'x');
    int64_t height, width;
    heat_status status;

    if (x == NULL || !parse_length(m->shape, (size_t)(x - m->shape), &height) ||
        !parse_length(x + 1, strlen(x + 1), &width))
        return bad_shape(m, "bars-and-stripes:4x4");
    status = begin(m, height * width);
    for (int64_t k = 0; k < (int64_t)1 << width && status == HEAT_OK; k++)
        status = add_lines(m, height, width, true, k);
    for (int64_t k = 1; k < ((int64_t)1 << height) - 1 && status == HEAT_OK;
         k++) /* the two uniform ones are there */
        status = add_lines(m, height, width, false, k);
    if (status == HEAT_OK)
        status = heat_data_table_end(m->ctx, m->table, m->spec);
    if (status == HEAT_OK && !m->table->has_labels && !m->table->has_weights) {
        m->table->n_dimensions = 2;
        m->table->extent[0] = height;
        m->table->extent[1] = width;
    }
    return status;
}

static heat_status make_shifter(const making *m)
{
    double row[2 * MOST_LENGTH + 3];
    int64_t n;
    heat_status status;

    if (!parse_length(m->shape, strlen(m->shape), &n))
        return bad_shape(m, "shifter:8");
    status = begin(m, 2 * n + 3);
    for (int64_t k = 0; k < 3 << n && status == HEAT_OK; k++) {
        int64_t bits = k / 3, shift = k % 3 - 1;
        for (int64_t i = 0; i < n; i++) {
            row[i] = (double)(bits >> i & 1);
            row[n + (i + shift + n) % n] = row[i];
        }
        for (int64_t s = 0; s < 3; s++)
            row[2 * n + s] = s == k % 3;
        status = add(m, row);
    }
    return status == HEAT_OK ? heat_data_table_end(m->ctx, m->table, m->spec) : status;
}

static const struct data_builtin {
    const char *name;
    heat_status (*make)(const making *m);
} builtins[] = {
    {"digits", make_digits}, {"bars-and-stripes", make_bars_and_stripes}, {"shifter", make_shifter}};

heat_status heat_data_builtin_create(heat_context *ctx, const char *spec, const heat_data_options *options,
                                     bool *known, heat_data **out)
{
    size_t length = strcspn(spec, ":");
    heat_data_table table = {0};
    making m = {ctx, spec, spec + length + (spec[length] == ':'), options, &table};
    heat_status status = HEAT_OK;

    *known = false;
    *out = NULL;
    for (size_t k = 0; k < sizeof builtins / sizeof *builtins && !*known; k++) {
        *known = strlen(builtins[k].name) == length && strncmp(builtins[k].name, spec, length) == 0;
        if (*known)
            status = builtins[k].make(&m);
    }
    if (*known && status == HEAT_OK)
        return heat_data_wrap(ctx, &table, spec, "built-in", out);
    heat_data_table_clear(&table);
    return status;
}
