/* Any bytes through the reader of IDX. */
#include "fuzz_data.h"
#include "io/idx_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read_data(heat_idx_read, data, size);
    return 0;
}
