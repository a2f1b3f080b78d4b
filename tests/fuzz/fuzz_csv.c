/* Any bytes through the reader of tables of text. */
#include "fuzz_data.h"
#include "io/delimited.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read_data(heat_delimited_read, data, size);
    return 0;
}
