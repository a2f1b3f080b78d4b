/* Any bytes, plain or gzip, through the qbsolv reader. */
#include "fuzz_graph.h"
#include "io/qubo_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    heat_context *ctx = fuzz_context();
    heat_edge_list list = {0};
    heat_text_source *source;
    heat_status status = heat_text_source_open_memory(ctx, "fuzz", data, size, &source);

    if (status == HEAT_OK)
        status = heat_qubo_read(source, &list);
    fuzz_check_graph(ctx, status, &list);
    FUZZ_CHECK(status != HEAT_OK || list.form == HEAT_FORM_QUBO);
    heat_edge_list_clear(&list);
    heat_text_source_close(source);
    heat_context_free(ctx);
    return 0;
}
