/* Sheets of images in greys, or, where signs count, from blue through white to red: samples of a model of
 * images, its filters, what it makes of images of which it is given a part. Images are side by side, a square
 * apart; NaN is a colour of its own. */
#include "base/context_private.h"
#include "base/memory.h"
#include "report/png_image.h"

#include <heatbath/report.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEVELS = 253, MISSING = LEVELS, GAP, N_COLOURS, PIXELS = 960 };

static const heat_colour missing_colour = {236, 160, 60}, gap_colour = {70, 84, 112};

void heat_report_images_init(heat_report_images *images)
{
    *images = (heat_report_images){.size = sizeof *images, .high = 1};
}

static uint8_t mix(double part, int from, int to)
{
    return (uint8_t)(from + part * (to - from) + 0.5);
}

static void fill_palette(bool is_signed, heat_colour *palette)
{
    for (int k = 0; k < LEVELS; k++) {
        double x = (double)k / (LEVELS - 1), part = fabs(2 * x - 1);
        palette[k] = !is_signed ? (heat_colour){mix(x, 0, 255), mix(x, 0, 255), mix(x, 0, 255)}
                     : x < 0.5  ? (heat_colour){mix(part, 255, 20), mix(part, 255, 60), mix(part, 255, 140)}
                                : (heat_colour){mix(part, 255, 160), mix(part, 255, 25), mix(part, 255, 30)};
    }
    palette[MISSING] = missing_colour;
    palette[GAP] = gap_colour;
}

static uint8_t level_of(const heat_report_images *s, double value)
{
    double place = (value - s->low) / (s->high - s->low) * (LEVELS - 1);

    return isnan(value) ? MISSING : (uint8_t)(fmin(fmax(place, 0), LEVELS - 1) + 0.5);
}

/* Images a row: as many as make the sheet about as wide as high. */
static int64_t across(const heat_report_images *s)
{
    double wide = sqrt((double)s->n * (double)(s->rows + 1) / (double)(s->columns + 1));

    return s->across > 0 ? s->across : wide < 1 ? 1 : (int64_t)ceil(wide);
}

static heat_status write_sheet(heat_context *ctx, const heat_report_images *s, const char *path)
{
    int64_t n_across = across(s) < s->n ? across(s) : s->n, n_down = (s->n + n_across - 1) / n_across;
    int64_t width = n_across * (s->columns + 1) + 1, height = n_down * (s->rows + 1) + 1;
    int64_t longest = width > height ? width : height;
    heat_colour palette[N_COLOURS];
    uint8_t *index;
    heat_status status = heat_alloc(ctx, width * height, 1, &index);

    if (status != HEAT_OK)
        return status;
    memset(index, GAP, (size_t)(width * height));
    for (int64_t k = 0; k < s->n; k++)
        for (int64_t y = 0; y < s->rows; y++)
            for (int64_t x = 0; x < s->columns; x++)
                index[(k / n_across * (s->rows + 1) + 1 + y) * width + k % n_across * (s->columns + 1) + 1 +
                      x] = level_of(s, s->values[(k * s->rows + y) * s->columns + x]);
    fill_palette(s->is_signed, palette);
    status = heat_png_write(ctx, path, width, height, longest < PIXELS ? PIXELS / longest : 1, index,
                            N_COLOURS, palette);
    heat_free(index);
    return status;
}

heat_status heat_report_image_sheet(heat_context *ctx, const heat_report_images *images, const char *dir,
                                    const char *stem)
{
    heat_report_images s;
    size_t size;
    char *path;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    heat_report_images_init(&s);
    if (images != NULL)
        heat_struct_copy(&s, sizeof s, images, images->size);
    if (dir == NULL || stem == NULL || s.n < 1 || s.rows < 1 || s.columns < 1 || s.values == NULL ||
        !(s.low < s.high))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_report_image_sheet: images, a folder and a range of values are needed");
    size = strlen(dir) + strlen(stem) + sizeof "/.png";
    status = heat_alloc(ctx, (int64_t)size, 1, &path);
    if (status != HEAT_OK)
        return status;
    snprintf(path, size, "%s/%s.png", dir, stem);
    status = write_sheet(ctx, &s, path);
    heat_free(path);
    return status;
}
