/* Files into other files. */
#ifndef HEATBATH_CONVERT_H
#define HEATBATH_CONVERT_H

#include <heatbath/data.h>
#include <heatbath/model.h>

HEAT_BEGIN_DECLS

/* Writes a model, or data, as heat_model_save and heat_data_save do. But there the file is what was asked
 * for, saved also after a stop; here it is the work itself, which a stop or the context's time limit ends:
 * HEAT_ERROR_STOPPED, and no file. */
HEAT_API HEAT_MUST_USE heat_status heat_model_convert(heat_context *ctx, const heat_model *model,
                                                      const char *path);
HEAT_API HEAT_MUST_USE heat_status heat_data_convert(heat_context *ctx, const heat_data *data,
                                                     const char *path);

HEAT_END_DECLS

#endif
