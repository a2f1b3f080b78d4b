/* Any bytes through the reader of RBMs in .npz: the archive, its arrays, and what they make together. */
#include "fuzz_graph.h"
#include "io/npz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_edge_list list = {0};
    heat_status status = fuzz_read_graph(ctx, heat_rbm_npz_read, data, size, &list);

    FUZZ_CHECK(status != HEAT_OK || list.form == HEAT_FORM_RBM);
    heat_edge_list_clear(&list);
    heat_context_free(ctx);
    return 0;
}
