/* Philox4x64-10 by Random123, one block of four words at a time. */
#include "random/stream.h"

#include <Random123/philox.h>
#include <math.h>

void heat_stream_init(heat_stream *stream, uint64_t seed, heat_purpose purpose, uint64_t unit)
{
    *stream = (heat_stream){.key = {seed, (uint64_t)purpose}, .counter = {0, 0, unit, 0}, .used = 4};
}

uint64_t heat_stream_bits(heat_stream *stream)
{
    if (stream->used == 4) {
        philox4x64_key_t key = {{stream->key[0], stream->key[1]}};
        philox4x64_ctr_t counter = {
            {stream->counter[0], stream->counter[1], stream->counter[2], stream->counter[3]}};
        philox4x64_ctr_t block = philox4x64(counter, key);
        for (int k = 0; k < 4; k++)
            stream->block[k] = block.v[k];
        stream->counter[0]++;
        stream->counter[1] += stream->counter[0] == 0;
        stream->used = 0;
    }
    return stream->block[stream->used++];
}

double heat_stream_uniform(heat_stream *stream)
{
    return (double)(heat_stream_bits(stream) >> 11) * 0x1p-53;
}

uint64_t heat_stream_below(heat_stream *stream, uint64_t n)
{
    uint64_t threshold = (0 - n) % n; /* 2^64 mod n: the words below it would be counted once too often */
    uint64_t bits;

    do
        bits = heat_stream_bits(stream);
    while (bits < threshold);
    return bits % n;
}

double heat_stream_normal(heat_stream *stream)
{
    double u = 1 - heat_stream_uniform(stream); /* (0, 1]: its logarithm is finite */
    double v = heat_stream_uniform(stream);

    return sqrt(-2 * log(u)) * cos(6.283185307179586476925286766559 * v);
}
