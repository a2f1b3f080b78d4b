/* Row r has the values data[k] in the columns indices[k], indptr[r] <= k < indptr[r + 1]; those of one column
 * add up. */
#include "io/sparse_table.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/npy_head.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DATA = 0, INDICES, INDPTR, SHAPE, FORMAT, N_ARRAYS };
static const char *const names[N_ARRAYS] = {"data", "indices", "indptr", "shape", "format"};

/* One array as it is stored. */
typedef struct stored {
    char *content;
    heat_plain_type type;
    const unsigned char *numbers;
    int64_t count;
} stored;

static bool is_called(const heat_zip_member *m, const char *name)
{
    size_t n = strlen(name);

    return m->name_length == n + 4 && memcmp(m->name, name, n) == 0 && memcmp(m->name + n, ".npy", 4) == 0;
}

static bool find_member(const heat_zip *zip, const char *name, heat_zip_member *found)
{
    heat_zip all = *zip;

    while (all.n_left > 0) {
        if (heat_zip_next(&all, found) != HEAT_OK)
            return false; /* told where the archive is read */
        if (is_called(found, name))
            return true;
    }
    return false;
}

bool heat_sparse_recognise(const heat_zip *zip)
{
    heat_zip_member m;

    for (int k = INDICES; k < N_ARRAYS; k++)
        if (!find_member(zip, names[k], &m))
            return false;
    return true;
}

static heat_status HEAT_PRINTF(2, 3) bad(const heat_zip *zip, const char *format, ...)
{
    char sentence[HEAT_MESSAGE_SIZE / 2];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return heat_fail_file(zip->ctx, HEAT_ERROR_INPUT, zip->file, 0, 0, "%s", sentence);
}

/* `format` is the text of the matrix's kind. */
static heat_status check_format(const heat_zip *zip, const char *content, size_t size)
{
    if (size >= 3 && memcmp(content + size - 3, "csr", 3) == 0)
        return HEAT_OK;
    return bad(zip, "a sparse matrix that is not stored by rows: save it as CSR (in SciPy: "
                    "scipy.sparse.save_npz(file, a.tocsr()))");
}

static heat_status load(const heat_zip *zip, int which, stored *a)
{
    heat_zip_member m;
    heat_npy_head head;
    size_t begin = 0;
    const char *wrong;
    heat_status status;

    if (!find_member(zip, names[which], &m))
        return bad(zip, "a sparse matrix without the array '%s'", names[which]);
    status = heat_zip_unpack(zip, &m, &a->content);
    if (status != HEAT_OK)
        return status;
    if (which == FORMAT)
        return check_format(zip, a->content, m.size);
    wrong = heat_npy_find((const unsigned char *)a->content, m.size, &head, &begin, &a->count);
    if (wrong != NULL)
        return bad(zip, "the array '%s': %s", names[which], wrong);
    if (head.rank != 1 || (which != DATA && head.type.kind == 'f'))
        return bad(zip, "the array '%s' is no row of %snumbers", names[which], which == DATA ? "" : "whole ");
    a->type = head.type;
    a->numbers = (const unsigned char *)a->content + begin;
    return HEAT_OK;
}

static double get(const stored *a, int64_t k)
{
    return heat_plain_number(a->numbers + k * a->type.size, a->type);
}

/* Row r, from entry `begin` up to `end`, the first ones given. */
static heat_status fill_row(const heat_zip *zip, const stored *arrays, int64_t r, int64_t begin, int64_t end,
                            int64_t n_columns, double *row)
{
    if (!(begin <= end && end <= arrays[INDICES].count))
        return bad(zip, "'indptr' falls, or leads beyond 'indices', at row %lld", (long long)r);
    memset(row, 0, (size_t)n_columns * sizeof *row);
    for (int64_t k = begin; k < end; k++) {
        double column = get(&arrays[INDICES], k), value = get(&arrays[DATA], k);
        if (!(column >= 0 && column < (double)n_columns))
            return bad(zip, "row %lld has column %.17g, expected 0 to %lld", (long long)r, column,
                       (long long)n_columns - 1);
        if (isinf(value))
            return bad(zip, "row %lld, column %.17g: expected a finite number", (long long)r, column);
        row[(int64_t)column] += value;
    }
    return HEAT_OK;
}

static heat_status read_rows(const heat_zip *zip, const stored *arrays, int64_t n_rows, int64_t n_columns,
                             const heat_data_options *options, heat_data_table *table)
{
    const heat_labels no_names = {0};
    const heat_row_place place = {.file = zip->file};
    double *row = NULL;
    int64_t end = (int64_t)get(&arrays[INDPTR], 0);
    heat_status status = heat_data_table_begin(zip->ctx, table, zip->file, n_columns, &no_names, options);

    if (status == HEAT_OK)
        status = heat_alloc(zip->ctx, n_columns, sizeof *row, &row);
    if (status == HEAT_OK && end != 0)
        status = bad(zip, "'indptr' begins at %lld, expected 0", (long long)end);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        int64_t begin = end;
        double next = get(&arrays[INDPTR], r + 1);
        end = next >= 0 && next <= (double)arrays[INDICES].count ? (int64_t)next : -1;
        status = fill_row(zip, arrays, r, begin, end, n_columns, row);
        if (status == HEAT_OK)
            status = heat_data_table_add(zip->ctx, table, row, &place);
    }
    heat_free(row);
    if (status == HEAT_OK && end != arrays[INDICES].count)
        status = bad(zip, "'indptr' ends at %lld, and there are %lld entries", (long long)end,
                     (long long)arrays[INDICES].count);
    heat_data_table_say(table, "sparse rows, what is not stored is 0");
    return status == HEAT_OK ? heat_data_table_end(zip->ctx, table, zip->file) : status;
}

static heat_status read_arrays(const heat_zip *zip, const stored *arrays, const heat_data_options *options,
                               heat_data_table *table)
{
    double n_rows, n_columns;

    if (arrays[SHAPE].count != 2)
        return bad(zip, "the sparse array has %lld axes, expected 2", (long long)arrays[SHAPE].count);
    n_rows = get(&arrays[SHAPE], 0);
    n_columns = get(&arrays[SHAPE], 1);
    if (!(n_columns >= 1 && n_columns <= INT32_MAX))
        return bad(zip, "%.17g columns, expected 1 to %d", n_columns, INT32_MAX);
    if ((double)arrays[INDPTR].count != n_rows + 1 || arrays[INDPTR].count < 1)
        return bad(zip, "'indptr' has %lld numbers, expected one more than the %.17g rows",
                   (long long)arrays[INDPTR].count, n_rows);
    if (arrays[INDICES].count != arrays[DATA].count)
        return bad(zip, "'indices' has %lld numbers and 'data' %lld", (long long)arrays[INDICES].count,
                   (long long)arrays[DATA].count);
    return read_rows(zip, arrays, arrays[INDPTR].count - 1, (int64_t)n_columns, options, table);
}

heat_status heat_sparse_table_read(const heat_zip *zip, const heat_data_options *options,
                                   heat_data_table *table)
{
    stored arrays[N_ARRAYS] = {{0}};
    heat_status status = HEAT_OK;

    if (options->packed > 0)
        return heat_fail_option(zip->ctx, "packed", NULL, "%s holds a sparse matrix, which is not packed",
                                zip->file);
    for (int k = N_ARRAYS; k-- > 0 && status == HEAT_OK;)
        status = load(zip, k, &arrays[k]);
    if (status == HEAT_OK)
        status = read_arrays(zip, arrays, options, table);
    for (int k = 0; k < N_ARRAYS; k++)
        heat_free(arrays[k].content);
    return status;
}
