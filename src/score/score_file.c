/* Likelihoods of rows, as a file. */
#include "base/context_private.h"
#include "base/text.h"
#include "io/atomic_file.h"

#include <heatbath/score.h>

enum { NUMBER_SIZE = 32 };

static heat_status write_head(heat_atomic_file *file, int32_t n_predicted)
{
    heat_status status = heat_atomic_file_print(file, "row,log_likelihood");

    for (int32_t i = 0; i < n_predicted && status == HEAT_OK; i++)
        status = heat_atomic_file_print(file, ",predicted%d", i + 1);
    return status == HEAT_OK ? heat_atomic_file_print(file, "\n") : status;
}

static heat_status write_row(heat_atomic_file *file, const heat_score_result *r, int64_t row, bool is_csv)
{
    const int64_t n = is_csv ? r->n_predicted : 0;
    char number[NUMBER_SIZE];
    heat_status status = HEAT_OK;

    if (is_csv)
        status = heat_atomic_file_print(file, "%lld,", (long long)row);
    if (status == HEAT_OK)
        status =
            heat_atomic_file_print(file, "%s", heat_text_real(r->log_likelihood[row], number, sizeof number));
    for (int64_t i = row * n; i < (row + 1) * n && status == HEAT_OK; i++)
        status = heat_atomic_file_print(file, ",%s", heat_text_real(r->predicted[i], number, sizeof number));
    return status == HEAT_OK ? heat_atomic_file_print(file, "\n") : status;
}

heat_status heat_score_result_save(heat_context *ctx, const heat_score_result *r, const char *path)
{
    const bool is_csv = path != NULL && heat_path_ends_in(path, ".csv");
    heat_atomic_file *file;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (r == NULL || path == NULL || r->log_likelihood == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_score_result_save: no likelihoods or no path");
    status = heat_atomic_file_create(ctx, path, &file);
    if (status == HEAT_OK && is_csv)
        status = write_head(file, r->n_predicted);
    for (int64_t row = 0; row < r->n_rows && status == HEAT_OK; row++)
        status = write_row(file, r, row, is_csv);
    return heat_atomic_file_finish(file, status);
}
