/* Any bytes through the reader of stored data; HDF5 asks for memory by what a file claims, and forgets some
 * of its own. */
#include "fuzz_data.h"
#include "io/data_hdf5.h"

/* As in fuzz_graph_hdf5.c. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_read_data(heat_data_hdf5_read, data, size);
    return 0;
}
