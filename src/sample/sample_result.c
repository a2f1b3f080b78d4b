/* The life of a result of heat_sample. */
#include "base/memory.h"
#include "sample/interpolation.h"
#include "sample/sample_histogram.h"
#include "sample/sampling.h"

#include <heatbath/sample.h>

void heat_sample_result_init(heat_sample_result *result)
{
    *result = (heat_sample_result){.size = sizeof *result};
}

void heat_sample_temperature_clear(heat_sample_temperature *row)
{
    heat_free(row->observables);
    heat_histograms_clear(row);
    heat_free(row->spin_mean);
    heat_free(row->spin_error);
    heat_free(row->edge_mean);
    heat_free(row->edge_error);
    heat_free(row->basins);
    *row = (heat_sample_temperature){0};
}

void heat_sample_result_clear(heat_sample_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    for (int32_t t = 0; r->temperatures != NULL && t < r->n_temperatures; t++)
        heat_sample_temperature_clear(&r->temperatures[t]);
    heat_free(r->temperatures);
    heat_interpolation_clear(r);
    heat_free(r->reasons);
    heat_free(r->edge_i);
    heat_free(r->edge_j);
    heat_free(r->states);
    heat_free(r->values);
    heat_free(r->energies);
    heat_free(r->moves);
    heat_free(r->draw_temperatures);
    heat_free(r->basin_states);
    heat_free(r->basin_energies);
    heat_free(r->cycle_occupancy);
    size = r->size;
    *r = (heat_sample_result){.size = size};
}
