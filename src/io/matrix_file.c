/* Either way the matrix is held whole, as doubles. */
#include "io/matrix_file.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/npy_head.h"

/* Numbers line by line; all lines are as long as the first. */
heat_status heat_matrix_read_text(heat_text_source *source, heat_npy_array *a)
{
    heat_context *ctx = heat_text_source_context(source);
    int64_t capacity = 0, count = 0, in_line = 0;
    heat_text_token token;

    *a = (heat_npy_array){.rank = 2};
    for (;;) {
        heat_status status = heat_text_next(source, &token);
        if (status == HEAT_OK && token.kind == HEAT_TEXT_WORD) {
            if (a->extent[0] > 0 && in_line == a->extent[1])
                return heat_text_fail(source, &token, "lines of %lld numbers each", (long long)a->extent[1]);
            status = heat_grow(ctx, count + 1, sizeof *a->values, &capacity, &a->values);
            if (status == HEAT_OK)
                status = heat_text_get_real(source, &token, "a number", &a->values[count++]);
            in_line++;
        } else if (status == HEAT_OK && in_line > 0) {
            if (a->extent[0] == 0)
                a->extent[1] = in_line;
            if (in_line != a->extent[1])
                return heat_text_fail_at(source, &token, "a line of %lld numbers, expected %lld",
                                         (long long)in_line, (long long)a->extent[1]);
            a->extent[0]++;
            in_line = 0;
        }
        if (status != HEAT_OK || token.kind == HEAT_TEXT_END)
            return status;
    }
}

static heat_status read_npy(heat_text_source *source, heat_npy_array *out)
{
    heat_context *ctx = heat_text_source_context(source);
    const char *path = heat_text_source_name(source);
    char *bytes = NULL;
    size_t size;
    heat_status status = heat_text_source_take(source, &bytes, &size);

    if (status == HEAT_OK)
        status = heat_npy_parse(ctx, path, "", bytes, size, out);
    heat_free(bytes);
    if (status == HEAT_OK && out->rank != 2)
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "expected an array of two axes, found %d",
                                out->rank);
    return status;
}

heat_status heat_matrix_read_source(heat_text_source *source, heat_npy_array *out)
{
    const char *bytes;
    size_t length;

    heat_text_source_peek(source, &bytes, &length);
    if (heat_npy_recognise((const unsigned char *)bytes, length))
        return read_npy(source, out);
    heat_text_source_split_commas(source);
    return heat_matrix_read_text(source, out);
}

heat_status heat_matrix_read(heat_context *ctx, const char *path, heat_npy_array *out)
{
    heat_text_source *source = NULL;
    heat_status status = heat_text_source_open(ctx, path, &source);

    *out = (heat_npy_array){.rank = 0};
    if (status == HEAT_OK)
        status = heat_matrix_read_source(source, out);
    heat_text_source_close(source);
    return status;
}
