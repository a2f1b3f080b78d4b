/* The only file that sees png.h. libpng reports errors by longjmp: what it must free is known before setjmp,
 * and its callbacks only note the status of the file that they write to. PNG (2nd ed.), ISO/IEC 15948:2003.
 */
#include "report/png_image.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "io/atomic_file.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

enum { MOST_SIDE = 65536 };

/* What libpng's callbacks work on. */
typedef struct png_job {
    heat_context *ctx;
    heat_atomic_file *file;
    heat_status status;
    const char *path;
} png_job;

static void on_error(png_structp png, png_const_charp message)
{
    png_job *job = png_get_error_ptr(png);

    if (job->status == HEAT_OK)
        job->status = heat_fail_file(job->ctx, HEAT_ERROR_OUTPUT, job->path, 0, 0, "libpng: %.200s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep data, png_size_t size)
{
    png_job *job = png_get_io_ptr(png);

    job->status = heat_atomic_file_write(job->file, data, size);
    if (job->status != HEAT_OK)
        png_error(png, "write");
}

static void on_flush(png_structp png)
{
    (void)png;
}

static png_voidp on_alloc(png_structp png, png_alloc_size_t size)
{
    png_job *job = png_get_mem_ptr(png);
    void *block = NULL;
    heat_status status = heat_alloc(job->ctx, (int64_t)size, 1, &block);

    if (status != HEAT_OK)
        job->status = status;
    return block;
}

static void on_free(png_structp png, png_voidp block)
{
    (void)png;
    heat_free(block);
}

/* All of the file between two longjmp-safe points; `row` holds one row of pixels. */
static void write_rows(png_structp png, png_infop info, int64_t width, int64_t height, int64_t scale,
                       const uint8_t *index, int n_colours, const png_color *palette, uint8_t *row)
{
    png_set_IHDR(png, info, (png_uint_32)(width * scale), (png_uint_32)(height * scale), 8,
                 PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, palette, n_colours);
    png_write_info(png, info);
    for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++)
            memset(row + x * scale, index[y * width + x], (size_t)scale);
        for (int64_t k = 0; k < scale; k++)
            png_write_row(png, row);
    }
    png_write_end(png, info);
}

static heat_status encode(png_job *job, int64_t width, int64_t height, int64_t scale, const uint8_t *index,
                          int n_colours, const heat_colour *colours, uint8_t *row)
{
    png_color palette[256];
    png_infop info;
    png_structp png =
        png_create_write_struct_2(PNG_LIBPNG_VER_STRING, job, on_error, on_warning, job, on_alloc, on_free);

    if (png == NULL)
        return job->status != HEAT_OK ? job->status
                                      : heat_fail(job->ctx, HEAT_ERROR_UNABLE, "libpng cannot be started");
    for (int k = 0; k < n_colours; k++)
        palette[k] = (png_color){colours[k].red, colours[k].green, colours[k].blue};
    info = png_create_info_struct(png);
    if (info != NULL && setjmp(png_jmpbuf(png)) == 0) {
        png_set_write_fn(png, job, on_write, on_flush);
        write_rows(png, info, width, height, scale, index, n_colours, palette, row);
    }
    png_destroy_write_struct(&png, &info);
    return job->status;
}

heat_status heat_png_write(heat_context *ctx, const char *path, int64_t width, int64_t height, int64_t scale,
                           const uint8_t *index, int n_colours, const heat_colour *palette)
{
    png_job job = {.ctx = ctx, .path = path};
    uint8_t *row = NULL;
    heat_status status;

    if (width < 1 || height < 1 || scale < 1 || n_colours < 1 || n_colours > 256)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "a picture of %lld x %lld squares in %d colours",
                         (long long)width, (long long)height, n_colours);
    if (width > MOST_SIDE / scale || height > MOST_SIDE / scale)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "a picture of %lld x %lld squares is too large",
                         (long long)width, (long long)height);
    if ((status = heat_alloc(ctx, width * scale, 1, &row)) != HEAT_OK)
        return status;
    status = heat_atomic_file_create(ctx, path, &job.file);
    if (status == HEAT_OK) {
        status = encode(&job, width, height, scale, index, n_colours, palette, row);
        status = heat_atomic_file_finish(job.file, status);
    }
    heat_free(row);
    return status;
}
