/* A matrix as .npy or text. */
#include "base/memory.h"
#include "fuzz.h"
#include "io/matrix_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_text_source *source = NULL;
    heat_npy_array a = {.rank = 0};
    heat_status status = heat_text_source_open_memory(ctx, "fuzz", data, size, &source);
    double sum = 0;

    if (status == HEAT_OK)
        status = heat_matrix_read_source(source, &a);
    FUZZ_CHECK(status != HEAT_OK || a.rank == 2);
    for (int64_t k = 0; k < a.extent[0] * a.extent[1] && status == HEAT_OK; k++)
        sum += a.values[k];
    FUZZ_CHECK(status == HEAT_OK || heat_context_error(ctx)[0] != '\0');
    (void)sum;
    heat_free(a.values);
    heat_text_source_close(source);
    heat_context_free(ctx);
    return 0;
}
