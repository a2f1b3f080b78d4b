/* The life of a result of heat_sample. */
#include "base/memory.h"
#include "sample/interpolation.h"
#include "sample/sample_histogram.h"

#include <heatbath/sample.h>

void heat_sample_result_init(heat_sample_result *result)
{
    *result = (heat_sample_result){.size = sizeof *result};
}

void heat_sample_result_clear(heat_sample_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    for (int32_t t = 0; r->temperatures != NULL && t < r->n_temperatures; t++) {
        heat_free(r->temperatures[t].observables);
        heat_histograms_clear(&r->temperatures[t]);
        heat_free(r->temperatures[t].spin_mean);
        heat_free(r->temperatures[t].spin_error);
        heat_free(r->temperatures[t].edge_mean);
        heat_free(r->temperatures[t].edge_error);
    }
    heat_free(r->temperatures);
    heat_interpolation_clear(r);
    heat_free(r->reasons);
    heat_free(r->edge_i);
    heat_free(r->edge_j);
    heat_free(r->states);
    heat_free(r->values);
    heat_free(r->energies);
    size = r->size;
    *r = (heat_sample_result){.size = size};
}
