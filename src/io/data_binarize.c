/* --binarize random: a table of grey values becomes bits, each 1 with the probability that its value is of
 * the largest one (of 1, where none is larger), drawn once by a stream for each row, which the contents of
 * the table key, too: training and test data share no random numbers. Binary MNIST of published likelihoods
 * is such a draw (Salakhutdinov and Murray, ICML 2008). */
#include "base/context_private.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/data_table.h"
#include "random/stream.h"

#include <math.h>
#include <string.h>

/* What stands for probability 1. */
static heat_status find_full(heat_context *ctx, const heat_data_table *t, const char *file, double *full)
{
    char number[40];

    *full = 1;
    for (int64_t r = 0; r < t->n_rows; r++)
        for (int32_t k = 0; k < t->n_columns; k++) {
            double value = heat_data_table_get(t, r, k); /* NaN: missing */
            if (value < 0)
                return heat_fail_file(
                    ctx, HEAT_ERROR_INPUT, file, 0, 0,
                    "row %lld, variable %lld is %s, and --binarize random takes values from "
                    "0 as shares of the largest",
                    (long long)r + 1, (long long)k + 1, heat_text_real(value, number, sizeof number));
            *full = value > *full ? value : *full;
        }
    return HEAT_OK;
}

static void draw_row(const heat_data_table *t, uint64_t unit, int64_t row, double full, uint64_t *words)
{
    heat_stream stream;

    heat_stream_init(&stream, t->options->binarize_seed, HEAT_PURPOSE_BINARIZE, unit);
    for (int32_t k = 0; k < t->n_columns; k++) {
        double value = heat_data_table_get(t, row, k), u = heat_stream_uniform(&stream);
        bool on = isnan(value) || u < value / full; /* 1 stands where a value is missing */
        words[k / HEAT_DATA_WORD] |= (uint64_t)on << k % HEAT_DATA_WORD;
    }
}

heat_status heat_data_table_draw(heat_context *ctx, heat_data_table *t, const char *file)
{
    int64_t n_words = heat_data_table_words(t->n_columns);
    char number[40];
    uint64_t *words = NULL, first;
    double full;
    heat_status status = find_full(ctx, t, file, &full);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, t->n_rows * n_words, sizeof *words, &words);
    if (status != HEAT_OK)
        return status;
    first = heat_digest_add(heat_digest_basis, t->values, t->n_rows * t->stride);
    for (int64_t r = 0; r < t->n_rows; r++)
        draw_row(t, first + (uint64_t)r, r, full, words + r * n_words);
    heat_free(t->values);
    t->values = (unsigned char *)words;
    t->storage = HEAT_DATA_BITS;
    t->spins = false;
    t->stride = n_words * (int64_t)sizeof *words;
    t->capacity = t->n_rows * t->stride;
    heat_data_table_say(t, "values became 1 at random, with probability value%s%s (seed %llu), else 0",
                        full > 1 ? " / " : "", full > 1 ? heat_text_real(full, number, sizeof number) : "",
                        (unsigned long long)t->options->binarize_seed);
    return HEAT_OK;
}
