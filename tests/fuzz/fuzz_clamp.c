/* The first byte chooses length, coding, number of states and whether variables have names; the rest is the
 * file. */
#include "fuzz.h"
#include "io/clamp_file.h"

#include <math.h>

enum { LONGEST = 31 };

static heat_status add_names(heat_context *ctx, int64_t n, heat_labels *labels)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < n && status == HEAT_OK; k++)
        status = heat_labels_add_int(ctx, labels, 3 * (n - k));
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_text_source *source = NULL;
    heat_labels labels = {0};
    double clamp[LONGEST + 1];
    uint8_t choice = size > 0 ? data[0] : 0;
    heat_clamp_form form = {.n = choice % (LONGEST + 1),
                            .n_states = choice >= 128 ? 2
                                        : choice & 32 ? 0
                                                      : 5,
                            .first_index = choice & 1,
                            .spin = choice >= 128,
                            .labels = &labels};
    heat_status status = (choice & 64) != 0 ? add_names(ctx, form.n, &labels) : HEAT_OK;

    if (status == HEAT_OK)
        status = heat_text_source_open_memory(ctx, "fuzz", size > 0 ? data + 1 : data,
                                              size > 0 ? size - 1 : 0, &source);
    if (status == HEAT_OK)
        status = heat_clamp_read(source, &form, clamp);
    for (int64_t k = 0; k < form.n && status == HEAT_OK; k++)
        FUZZ_CHECK(isnan(clamp[k]) || (form.spin            ? clamp[k] == -1 || clamp[k] == 1
                                       : form.n_states == 0 ? isfinite(clamp[k])
                                                            : clamp[k] >= 0 && clamp[k] < form.n_states));
    FUZZ_CHECK(status == HEAT_OK || heat_context_error(ctx)[0] != '\0');
    heat_text_source_close(source);
    heat_labels_clear(&labels);
    heat_context_free(ctx);
    return 0;
}
