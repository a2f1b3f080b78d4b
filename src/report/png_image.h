/* Pictures of few colours as PNG. */
#ifndef HEATBATH_PNG_IMAGE_H
#define HEATBATH_PNG_IMAGE_H

#include <heatbath/context.h>

typedef struct heat_colour {
    uint8_t red, green, blue;
} heat_colour;

/* Writes a picture of width * height squares of `scale` * `scale` pixels, index[row * width + column] into
 * `palette` of n_colours <= 256. A PNG has at most 2^31 - 1 pixels a side: HEAT_ERROR_UNABLE beyond 65536.
 * The file appears whole or not at all. */
HEAT_MUST_USE heat_status heat_png_write(heat_context *ctx, const char *path, int64_t width, int64_t height,
                                         int64_t scale, const uint8_t *index, int n_colours,
                                         const heat_colour *palette);

#endif
