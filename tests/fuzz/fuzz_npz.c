/* Any bytes through the reader of NumPy's archives. */
#include "fuzz_data.h"
#include "io/npy_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read_data(heat_npz_table_read, data, size);
    return 0;
}
