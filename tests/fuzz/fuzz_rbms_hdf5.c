/* Any bytes through the reader of RBMs in the HDF5 of rbms; the first byte chooses an update and which axis
 * of the weights is the visible one. HDF5 asks for memory by what a file claims, and forgets some of its
 * own. */
#include "fuzz_graph.h"
#include "io/graph_hdf5.h"

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
    heat_context *ctx = fuzz_context();
    uint8_t choice = size > 0 ? data[0] : 0;
    heat_edge_list list = {.hints = {.transpose = (heat_hint)(choice % 3), .update = choice / 3 % 5}};

    if (size > 0)
        fuzz_read_graph(ctx, heat_graph_hdf5_read, data + 1, size - 1, &list);
    heat_edge_list_clear(&list);
    heat_context_free(ctx);
    return 0;
}
