/* Any bytes through the reader of stored graphs. Damage inside HDF5's own structures is HDF5's to survive;
 * what it hands over is ours to check. */
#include "fuzz_graph.h"
#include "io/graph_hdf5.h"

/* HDF5 asks for memory by what a file claims, and bears a refusal. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* HDF5 forgets some memory of its own when it gives up on a damaged file; none of ours is taken inside it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_edge_list list = {0};
    heat_status status = fuzz_read_graph(ctx, heat_graph_hdf5_read, data, size, &list);

    FUZZ_CHECK(status != HEAT_OK || list.form != HEAT_FORM_POTTS || list.n_states >= 2);
    heat_edge_list_clear(&list);
    heat_context_free(ctx);
    return 0;
}
