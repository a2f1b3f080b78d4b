/* Where training begins when there are hidden units: independent units of the data's frequencies, and
 * couplings just off 0, so that no two hidden units are alike. */
#include "base/memory.h"
#include "learn/learn_rows.h"

#include <math.h>

static const double first_coupling = 0.01;

heat_status heat_learner_start(heat_context *ctx, const heat_data *data, uint64_t seed, double *mean,
                               heat_learner *l)
{
    heat_learn_rows rows = {0};
    heat_stream stream;
    heat_status status = heat_learn_rows_load(ctx, data, false, &rows);

    if (status != HEAT_OK)
        goto out;
    heat_stream_init(&stream, seed, HEAT_PURPOSE_LEARN, 0);
    for (int64_t k = 0; k < l->n_decayed; k++)
        l->parameters[k] = first_coupling * heat_stream_normal(&stream);
    for (int64_t i = 0; i < l->n_visible; i++) {
        double on = 0.5, all = 1; /* half a row more: never 0 or 1 */
        for (int64_t r = 0; r < rows.n; r++) {
            int64_t at = r * l->n_visible + i;
            if (rows.missing != NULL && rows.missing[at])
                continue;
            on += heat_row_get(&l->form, rows.states, at) == 1 ? rows.weight[r] : 0;
            all += rows.weight[r];
        }
        mean[i] = on / all;
        l->parameters[l->n_decayed + i] = log(mean[i] / (1 - mean[i]));
    }
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->scale[a] = 1;
out:
    heat_learn_rows_clear(&rows);
    return status;
}
