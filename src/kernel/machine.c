/* The public view of the kernel table and of the thread count. */
#include "base/parallel.h"
#include "kernel/isa.h"

#include <heatbath/machine.h>

const char *heat_isa_resolve(const char *isa)
{
    const heat_isa *row = isa == NULL ? NULL : heat_isa_get(isa);

    return row == NULL ? NULL : row->name;
}

int32_t heat_threads_resolve(int64_t threads)
{
    return heat_thread_count(threads);
}
