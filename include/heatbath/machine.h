/* What "auto" means on the machine that runs. */
#ifndef HEATBATH_MACHINE_H
#define HEATBATH_MACHINE_H

#include <heatbath/export.h>

HEAT_BEGIN_DECLS

/* The kernels that an option `isa` stands for here: its own name, or for "auto" the widest instruction set
 * that was built and that this machine runs; NULL if it is unknown, or cannot run here. Static. */
HEAT_API const char *heat_isa_resolve(const char *isa);

/* The number of threads that an option `threads` stands for here: itself, or for HEAT_AUTO the number of
 * cores that this process may use; at least 1. */
HEAT_API int32_t heat_threads_resolve(int64_t threads);

HEAT_END_DECLS

#endif
