/* Parts of data: rows taken by number, a random split, and the files or fractions of --validation and --test.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/data_private.h"
#include "random/stream.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static void copy_row(const heat_data_table *from, int64_t row, heat_data_table *to)
{
    int64_t words = heat_data_table_words(from->n_columns), at = to->n_rows++;

    memcpy(to->values + at * to->stride, from->values + row * from->stride, (size_t)from->stride);
    if (from->has_labels)
        to->label[at] = from->label[row];
    if (from->has_weights)
        to->weight[at] = from->weight[row];
    if (from->missing == NULL)
        return;
    memcpy(to->missing + at * words, from->missing + row * words, (size_t)words * sizeof *to->missing);
    for (int64_t k = 0; k < words; k++)
        to->n_missing += __builtin_popcountll(to->missing[at * words + k]);
}

heat_status heat_data_take(heat_context *ctx, const heat_data *data, int64_t n_rows, const int64_t *rows,
                           heat_data **out)
{
    heat_data_table table;
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (data == NULL || n_rows < 1 || rows == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_take: no data or no rows");
    for (int64_t k = 0; k < n_rows; k++)
        if (rows[k] < 0 || rows[k] >= data->table.n_rows)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_take: row %lld, expected 0 to %lld",
                             (long long)rows[k], (long long)data->table.n_rows - 1);
    status = heat_data_table_like(ctx, &data->table, n_rows, &table);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < n_rows; k++)
        copy_row(&data->table, rows[k], &table);
    return heat_data_wrap(ctx, &table, data->name, data->info.format, out);
}

/* Marks n_part of n rows (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S), and lists the marked
 * and the others. */
static void choose(int64_t n, int64_t n_part, heat_stream *stream, int64_t *part, int64_t *rest)
{
    int64_t wanted = n_part;

    for (int64_t k = 0; k < n; k++) {
        if ((int64_t)heat_stream_below(stream, (uint64_t)(n - k)) < wanted) {
            *part++ = k;
            wanted--;
        } else {
            *rest++ = k;
        }
    }
}

static heat_status split(heat_context *ctx, const heat_data *data, double fraction, uint64_t seed,
                         uint64_t unit, heat_data **rest, heat_data **part)
{
    int64_t n = data->table.n_rows, n_part, *rows = NULL;
    heat_stream stream;
    heat_status status;

    *rest = *part = NULL;
    n_part = fraction > 0 && fraction < 1 ? (int64_t)floor(fraction * (double)n + 0.5) : 0;
    if (n_part < 1 || n_part >= n)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "a fraction of %g of %lld rows leaves one part empty",
                         fraction, (long long)n);
    status = heat_alloc(ctx, n, sizeof *rows, &rows);
    if (status != HEAT_OK)
        return status;
    heat_stream_init(&stream, seed, HEAT_PURPOSE_SPLIT, unit);
    choose(n, n_part, &stream, rows, rows + n_part);
    status = heat_data_take(ctx, data, n_part, rows, part);
    if (status == HEAT_OK)
        status = heat_data_take(ctx, data, n - n_part, rows + n_part, rest);
    heat_free(rows);
    if (status != HEAT_OK) {
        heat_data_free(*part);
        *part = NULL;
    }
    return status;
}

heat_status heat_data_split(heat_context *ctx, const heat_data *data, double fraction, uint64_t seed,
                            heat_data **rest, heat_data **part)
{
    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (data == NULL || rest == NULL || part == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_split: no data or no place for its parts");
    return split(ctx, data, fraction, seed, 0, rest, part);
}

/* True if the variables of both stand for their words by the same numbers. */
static bool same_words(const heat_data_table *a, const heat_data_table *b)
{
    for (int32_t k = 0; k < a->n_columns && (a->words != NULL || b->words != NULL); k++) {
        int64_t n = a->words == NULL ? 0 : a->words[k].n;
        if (n != (b->words == NULL ? 0 : b->words[k].n))
            return false;
        for (int64_t w = 0; w < n; w++)
            if (strcmp(heat_labels_get(&a->words[k], w), heat_labels_get(&b->words[k], w)) != 0)
                return false;
    }
    return true;
}

/* What `part` must share with the data that it belongs to; a clause, or NULL. */
static const char *find_difference(const heat_data *data, const heat_data *part)
{
    const heat_data_info *a = &data->info, *b = &part->info;
    bool only_ones = b->storage == HEAT_DATA_BITS && b->min == 1;

    if (a->n_variables != b->n_variables)
        return "the numbers of variables differ";
    if (!same_words(&data->table, &part->table))
        return "a column does not hold the same words (a fraction of one file keeps them together)";
    if (a->storage == HEAT_DATA_BITS &&
        (b->storage != HEAT_DATA_BITS || (a->coding != b->coding && !only_ones)))
        return a->coding == HEAT_CODING_SPIN ? "the data is coded -1 and +1" : "the data is coded 0 and 1";
    if (a->storage == HEAT_DATA_BYTES && (b->storage == HEAT_DATA_FLOATS || b->coding == HEAT_CODING_SPIN))
        return "the data is of whole numbers from 0 on";
    if (a->has_labels != b->has_labels || (data->table.classes.n > 0) != (part->table.classes.n > 0))
        return "the labels differ in kind";
    return NULL;
}

/* Gives the labels of `part` the numbers that their words have in the data. */
static heat_status renumber_labels(heat_context *ctx, const heat_labels *classes, heat_data *part)
{
    heat_data_table *t = &part->table;

    for (int64_t r = 0; r < t->n_rows && t->classes.n > 0; r++) {
        const char *word = heat_labels_get(&t->classes, (int64_t)t->label[r]);
        int64_t k = 0;
        while (k < classes->n && strcmp(heat_labels_get(classes, k), word) != 0)
            k++;
        if (k == classes->n)
            return heat_fail_file(ctx, HEAT_ERROR_INPUT, part->name, 0, 0,
                                  "the label '%.40s' of row %lld does not stand in the data", word,
                                  (long long)r + 1);
        t->label[r] = (double)k;
    }
    return HEAT_OK;
}

static heat_status load_file_part(heat_context *ctx, const char *path, const heat_data_options *options,
                                  const heat_data *data, heat_data **part)
{
    const char *difference;
    heat_status status = heat_data_load_file(ctx, path, options, part);

    if (status != HEAT_OK)
        return status;
    difference = find_difference(data, *part);
    if (difference != NULL)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "does not fit the data of %s: %s",
                              data->name, difference);
    (*part)->table.spins = data->table.spins && (*part)->table.storage == HEAT_DATA_BITS;
    (*part)->info.coding = (*part)->table.spins ? HEAT_CODING_SPIN : HEAT_CODING_INDEX;
    return renumber_labels(ctx, &data->table.classes, *part);
}

heat_status heat_data_load_part(heat_context *ctx, const char *option, const char *text,
                                const heat_data_options *options, uint64_t seed, heat_data **data,
                                heat_data **part)
{
    heat_data *rest = NULL;
    uint64_t unit = 1;
    double fraction;
    bool is_number;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (option == NULL || text == NULL || data == NULL || *data == NULL || part == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_data_load_part: no option, text or data");
    *part = NULL;
    is_number = heat_parse_real(text, strlen(text), &fraction);
    if (is_number && access(text, F_OK) == 0)
        return heat_fail_option(ctx, option, text,
                                "'%.80s' is a fraction and a file: say ./%.80s for the file", text, text);
    if (is_number && !(fraction > 0 && fraction < 1))
        return heat_fail_option(ctx, option, text, "'%.80s' is no fraction above 0 and below 1, and no file",
                                text);
    if (is_number) {
        for (const char *c = option; *c != '\0'; c++)
            unit = unit * 31 + (unsigned char)*c; /* each option draws on its own */
        status = split(ctx, *data, fraction, seed, unit, &rest, part);
        if (status == HEAT_OK) {
            heat_data_free(*data);
            *data = rest;
        }
        return status;
    }
    status = load_file_part(ctx, text, options, *data, part);
    if (status != HEAT_OK) {
        heat_data_free(*part);
        *part = NULL;
    }
    return status;
}
