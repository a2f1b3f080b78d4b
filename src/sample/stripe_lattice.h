/* One hypercubic lattice as words of 512 bits, for the bit kernel. Each dimension is cut into a power of two
 * of equal pieces, 512 pieces in all: a word holds the sites that stand at the same place of every piece, and
 * a bit of all words is one piece. Where pieces have even lengths the sites of a word are one colour of the
 * checkerboard, and a site's neighbour within its piece is the same bit of another word; across a piece's
 * face it is that bit of a *turned* word, a copy whose bits moved to the next piece, which is renewed
 * whenever the colour of its source has moved. Multi-spin coding of one lattice: Zorn, Herrmann and Rebbi,
 * Comput. Phys. Commun. 23 (1981) 337. */
#ifndef HEATBATH_STRIPE_LATTICE_H
#define HEATBATH_STRIPE_LATTICE_H

#include "kernel/bit_sweep.h"
#include "kernel/pairwise.h"

#include <heatbath/context.h>

enum { HEAT_STRIPE_DIMENSIONS = 8 };

/* The lattice and its pieces; the last dimension runs fastest, in sites and in places of a piece. */
typedef struct heat_stripe_box {
    int32_t n_dimensions;
    int64_t extent[HEAT_STRIPE_DIMENSIONS], stride[HEAT_STRIPE_DIMENSIONS]; /* of sites */
    bool closed[HEAT_STRIPE_DIMENSIONS];
    int64_t width[HEAT_STRIPE_DIMENSIONS], step[HEAT_STRIPE_DIMENSIONS]; /* of a piece, of its places */
    int32_t pieces[HEAT_STRIPE_DIMENSIONS];
    int32_t bit[HEAT_STRIPE_DIMENSIONS]; /* between a piece's bit and the next one's */
    uint64_t first[HEAT_STRIPE_DIMENSIONS], last[HEAT_STRIPE_DIMENSIONS]; /* bits of the pieces at the ends */
    int64_t n_places;
    int32_t coupling_links, field_links; /* |J| and |h| in units */
    double unit;
    bool negative, positive;             /* some couplings are */
    bool field_negative, field_positive; /* some fields are */
} heat_stripe_box;

/* A word that is another's, turned. */
typedef struct heat_stripe_turn {
    int32_t from, to;
    int32_t dimension;
    bool up; /* bits come from the piece before; else from the one after */
} heat_stripe_turn;

/* What one thread moves at a time: the words of one colour in one stripe of the lattice. */
typedef struct heat_stripe_part {
    int32_t first_run, n_runs;
    int32_t first_turn, n_turns;
    int32_t begin, end;           /* words */
    int64_t first_pair, end_pair; /* couplings from these words up each dimension, and fields */
} heat_stripe_part;

typedef struct heat_stripe_lattice {
    heat_stripe_box box;
    double offset;
    int32_t n_words;         /* places, turned words, and one whose spins are always up */
    int32_t n_stripes;       /* by size alone; in a ring */
    int32_t reach;           /* how many stripes away a neighbour may stand */
    int32_t *word;           /* [place] */
    heat_stripe_part *parts; /* [colour][stripe] */
    heat_bit_run *runs;      /* */
    heat_bit_link *links;    /* */
    int64_t n_pairs;
    heat_bit_pair *pairs;
    int32_t n_turns;
    heat_stripe_turn *turns;
    heat_bit_word *signs; /* none, all, then those of couplings and fields */
} heat_stripe_lattice;

/* Cuts a graph that fills a lattice of these lengths; false if it does not, if 512 even pieces do not fit, or
 * if couplings or fields differ in size. */
bool heat_stripe_box_init(const heat_pairwise *graph, int32_t n_dimensions, const int64_t *extent,
                          heat_stripe_box *box);

/* The words of a lattice that was cut. On failure, and at the end, clear it. */
HEAT_MUST_USE heat_status heat_stripe_lattice_init(heat_context *ctx, const heat_pairwise *graph,
                                                   const heat_stripe_box *box, heat_stripe_lattice *lattice);
void heat_stripe_lattice_clear(heat_stripe_lattice *lattice);

/* Bytes of the lattice, at most, and its words. */
double heat_stripe_lattice_bytes(const heat_stripe_box *box);
double heat_stripe_lattice_words(const heat_stripe_box *box);

/* Turns the words [first, first + n) of the list. */
void heat_stripe_lattice_turn(const heat_stripe_lattice *lattice, int32_t first, int32_t n,
                              heat_bit_word *words);

/* A row of n values, 1 where a spin is up, from and to words (the turned ones too). */
void heat_stripe_lattice_pack(const heat_stripe_lattice *lattice, const int8_t *state, heat_bit_word *words);
void heat_stripe_lattice_unpack(const heat_stripe_lattice *lattice, const heat_bit_word *words, int8_t down,
                                int8_t *state);

#endif
