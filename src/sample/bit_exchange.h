/* Exchanges between chains kept as bits: whole units stand at one temperature, so states trade places, not
 * temperatures. */
#ifndef HEATBATH_BIT_EXCHANGE_H
#define HEATBATH_BIT_EXCHANGE_H

#include "sample/bit_chains.h"

/* Tries to swap the states of chain c of unit `a` and chain c of unit `b`, for every c, by the rule of
 * heat_exchange_probability; their energies, as of the last measure, go with them. The units are as wide as
 * each other. Returns how many were swapped. */
int64_t heat_bit_exchange(heat_chains *chains, int64_t a, int64_t b, heat_stream *stream);

#endif
