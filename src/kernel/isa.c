/* Which kernels were built and can run here. */
#include "kernel/isa.h"
#include "base/context_private.h"

#include <string.h>

static const heat_isa rows[] = {
    {"ref", &heat_lane_ref, &heat_cluster_ref, &heat_bit_ref, &heat_potts_ref, &heat_layer_sum_ref,
     &heat_layer_ref, &heat_potentials_ref, &heat_tape_ref, &heat_walk_ref, &heat_potentials_single_ref,
     &heat_tape_single_ref, &heat_walk_single_ref},
#ifdef HEAT_X86_KERNELS
    {"avx2", &heat_lane_avx2, &heat_cluster_avx2, &heat_bit_avx2, &heat_potts_avx2, &heat_layer_sum_avx2,
     &heat_layer_avx2, &heat_potentials_avx2, &heat_tape_avx2, &heat_walk_avx2, &heat_potentials_single_avx2,
     &heat_tape_single_avx2, &heat_walk_single_avx2},
    {"avx512", &heat_lane_avx512, &heat_cluster_avx512, &heat_bit_avx512, &heat_potts_avx512,
     &heat_layer_sum_avx512, &heat_layer_avx512, &heat_potentials_avx512, &heat_tape_avx512,
     &heat_walk_avx512, &heat_potentials_single_avx512, &heat_tape_single_avx512, &heat_walk_single_avx512},
#endif
};

int heat_isa_count(void)
{
#ifdef HEAT_X86_KERNELS
    if (!__builtin_cpu_supports("avx2"))
        return 1;
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl")
               ? 3
               : 2;
#else
    return 1;
#endif
}

const heat_isa *heat_isa_at(int k)
{
    return &rows[k];
}

const heat_isa *heat_isa_get(const char *name)
{
    int count = heat_isa_count();

    if (strcmp(name, "auto") == 0)
        return &rows[count - 1];
    for (int k = 0; k < count; k++)
        if (strcmp(rows[k].name, name) == 0)
            return &rows[k];
    return NULL;
}

heat_status heat_isa_check(heat_context *ctx, const char *name)
{
    if (heat_isa_get(name) != NULL)
        return HEAT_OK;
    return heat_fail_option(ctx, "isa", name, "this machine cannot run it (its widest is %s)",
                            heat_isa_get("auto")->name);
}
