/* Sheets of images for --figures: of machines whose visible units are an image. */
#ifndef HEATBATH_IMAGES_H
#define HEATBATH_IMAGES_H

#include "cli.h"

/* A shape; rows 0: the units are no image. */
typedef struct cli_image {
    int64_t rows, columns;
} cli_image;

/* The shape of n units by --image, by the data (NULL: none), or a square of at least 4 x 4. An option of
 * another size fails; without --figures it is refused. */
heat_status cli_image_shape(cli *c, int64_t n, const heat_data_info *data, cli_image *image);

/* Keeps a few states of each chain for a sheet, unless --output keeps them already. */
void cli_images_prepare(heat_sample_options *options);

/* What sample drew: samples_T1.png at up to 8 temperatures, or inpainting_T1.png where --clamp holds visible
 * units: what is held, then what the model makes of it, then the mean. */
heat_status cli_images_write_samples(cli *c, const heat_model *model, const cli_image *image,
                                     const heat_sample_result *result);

/* What was learned: samples.png, the last states of fresh chains, and of an RBM filters.png, its weights. */
heat_status cli_images_write_learned(cli *c, const heat_model *model, const cli_image *image);

#endif
