/* The words of a lattice that was cut into pieces: their order, links, signs and turns. */
#include "sample/stripe_lattice.h"
#include "base/memory.h"

#include <string.h>

enum { WORDS_A_STRIPE = 128, MOST_STRIPES = 64, UP = 1, DOWN = 0 };

/* What the making of a lattice needs besides it. */
typedef struct making {
    const heat_pairwise *graph;
    heat_stripe_lattice *l;
    int64_t *place;     /* [word] */
    int32_t *turned[2]; /* [place * n_dimensions + dimension] the copy of a face's word for the pieces before
                           (DOWN: seen from below its lower face) and after */
    int32_t coupling_sign, field_sign; /* the first of the words of signs */
    int32_t n_signs;
    heat_bit_link *next_link;
} making;

/* Where a place stands along a dimension of its piece. */
static int64_t along(const heat_stripe_box *b, int64_t place, int32_t d)
{
    return place / b->step[d] % b->width[d];
}

static int colour_of(const heat_stripe_box *b, int64_t place)
{
    int64_t sum = 0;

    for (int32_t d = 0; d < b->n_dimensions; d++)
        sum += along(b, place, d);
    return (int)(sum % 2);
}

/* A place whose site lacks the neighbour up or down a dimension. */
static bool is_end(const heat_stripe_box *b, int64_t place, int32_t d, int direction)
{
    return !b->closed[d] && along(b, place, d) == (direction == UP ? b->width[d] - 1 : 0);
}

static int32_t n_links_at(const heat_stripe_box *b, int64_t place)
{
    int32_t n = b->field_links;

    for (int32_t d = 0; d < b->n_dimensions; d++)
        for (int direction = DOWN; direction <= UP; direction++)
            n += is_end(b, place, d, direction) ? 0 : b->coupling_links;
    return n;
}

/* The place next to one; *crosses if it is in the next piece. */
static int64_t next_place(const heat_stripe_box *b, int64_t place, int32_t d, int direction, bool *crosses)
{
    int64_t x = along(b, place, d), last = b->width[d] - 1;
    bool at_face = x == (direction == UP ? last : 0);

    *crosses = at_face && b->pieces[d] > 1;
    if (at_face)
        return direction == UP ? place - last * b->step[d] : place + last * b->step[d];
    return direction == UP ? place + b->step[d] : place - b->step[d];
}

/* --- the order of the words --- */

static int32_t count_stripes(const heat_stripe_box *b)
{
    int64_t n = b->n_places / (2 * WORDS_A_STRIPE);

    return (int32_t)(n < 1 ? 1 : n > MOST_STRIPES ? MOST_STRIPES : n);
}

/* Neighbours stand at most a step of the first dimension apart, around the ring of places. */
static int32_t count_reach(const heat_stripe_box *b)
{
    int64_t fewest = b->n_places / count_stripes(b);

    return (int32_t)((b->step[0] + fewest - 1) / fewest);
}

static int64_t first_place(const heat_stripe_lattice *l, int32_t stripe)
{
    return l->box.n_places * stripe / l->n_stripes;
}

/* Colours one after the other, in them stripes, in them words of equally many links. */
static void order_words(making *m)
{
    heat_stripe_lattice *l = m->l;
    int32_t next = 0, n_runs = 0;

    for (int32_t p = 0; p < 2 * l->n_stripes; p++) {
        heat_stripe_part *part = &l->parts[p];
        int64_t first = first_place(l, p % l->n_stripes), last = first_place(l, p % l->n_stripes + 1);
        part->begin = next;
        part->first_run = n_runs;
        for (int32_t n = 0; n <= HEAT_MOST_BIT_LINKS; n++) {
            int32_t begin = next;
            for (int64_t place = first; place < last; place++)
                if (colour_of(&l->box, place) == p / l->n_stripes && n_links_at(&l->box, place) == n) {
                    m->place[next] = place;
                    l->word[place] = next++;
                }
            if (next > begin)
                l->runs[n_runs++] = (heat_bit_run){n, begin, next, NULL};
        }
        part->end = next;
        part->n_runs = n_runs - part->first_run;
    }
}

/* The copies of a word that pieces next to its own see. */
static void add_turns(making *m, int32_t word)
{
    heat_stripe_lattice *l = m->l;
    const heat_stripe_box *b = &l->box;
    int64_t place = m->place[word];

    for (int32_t d = 0; d < b->n_dimensions; d++)
        for (int direction = DOWN; direction <= UP && b->pieces[d] > 1; direction++) {
            bool up = direction == UP; /* the piece above sees this word, which moves up */
            if (along(b, place, d) != (up ? b->width[d] - 1 : 0))
                continue;
            m->turned[direction][place * b->n_dimensions + d] = (int32_t)b->n_places + l->n_turns;
            l->turns[l->n_turns] = (heat_stripe_turn){word, (int32_t)b->n_places + l->n_turns, d, up};
            l->n_turns++;
        }
}

static void list_turns(making *m)
{
    heat_stripe_lattice *l = m->l;

    for (int32_t p = 0; p < 2 * l->n_stripes; p++) {
        heat_stripe_part *part = &l->parts[p];
        part->first_turn = l->n_turns;
        for (int32_t word = part->begin; word < part->end; word++)
            add_turns(m, word);
        part->n_turns = l->n_turns - part->first_turn;
    }
    l->n_words = (int32_t)l->box.n_places + l->n_turns + 1;
}

/* --- turning --- */

/* Bits of a dimension's pieces stand `bit` apart, in groups of bit * pieces. Groups of at most 64 bits stay
 * in their part of the word; of larger ones the bits at a part's end come from the next part. */
static void turn_word(const heat_stripe_box *b, int32_t d, const heat_bit_word *from, heat_bit_word *to,
                      bool up)
{
    const int32_t bit = b->bit[d], group = bit * b->pieces[d], in_group = group / 64 - 1;
    const int32_t step = bit >= 64 ? bit / 64 : 1;

    if (group <= 64 && up) {
        for (int p = 0; p < HEAT_BITS / 64; p++)
            to->part[p] =
                (from->part[p] << bit & ~b->first[d]) | (from->part[p] >> (group - bit) & b->first[d]);
    } else if (group <= 64) {
        for (int p = 0; p < HEAT_BITS / 64; p++)
            to->part[p] =
                (from->part[p] >> bit & ~b->last[d]) | (from->part[p] << (group - bit) & b->last[d]);
    } else {
        for (int p = 0; p < HEAT_BITS / 64; p++) {
            uint64_t other = from->part[(p & ~in_group) | ((p + (up ? -step : step)) & in_group)];
            if (bit >= 64)
                to->part[p] = other;
            else
                to->part[p] = up ? from->part[p] << bit | other >> (64 - bit)
                                 : from->part[p] >> bit | other << (64 - bit);
        }
    }
}

void heat_stripe_lattice_turn(const heat_stripe_lattice *l, int32_t first, int32_t n, heat_bit_word *words)
{
    for (int32_t t = first; t < first + n; t++) {
        const heat_stripe_turn *turn = &l->turns[t];
        turn_word(&l->box, turn->dimension, &words[turn->from], &words[turn->to], turn->up);
    }
}

/* --- signs --- */

static void set_bit(heat_bit_word *w, int64_t bit)
{
    w->part[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* A site's place and bit. */
static int64_t locate(const heat_stripe_box *b, int64_t site, int64_t *bit)
{
    int64_t place = 0;

    *bit = 0;
    for (int32_t d = 0; d < b->n_dimensions; d++) {
        int64_t x = site / b->stride[d] % b->extent[d];
        place += x % b->width[d] * b->step[d];
        *bit += x / b->width[d] * b->bit[d];
    }
    return place;
}

/* A negative coupling to the next site up is a bit of the word of its place. */
static void mark_couplings(making *m, int32_t i)
{
    const heat_stripe_box *b = &m->l->box;

    for (int32_t d = 0; d < b->n_dimensions; d++) {
        int64_t x = i / b->stride[d] % b->extent[d], bit, place, k = m->graph->row[i];
        int64_t next = x + 1 < b->extent[d] ? i + b->stride[d] : i - x * b->stride[d];
        if (x + 1 == b->extent[d] && !b->closed[d])
            continue;
        while (m->graph->col[k] != next)
            k++;
        if (heat_pairwise_coupling(m->graph, k) > 0)
            continue;
        place = locate(b, i, &bit);
        set_bit(&m->l->signs[m->coupling_sign + place * b->n_dimensions + d], bit);
    }
}

static void mark_signs(making *m)
{
    for (int32_t i = 0; i < m->graph->n; i++) {
        int64_t bit, place;
        if (m->coupling_sign > 0)
            mark_couplings(m, i);
        if (m->field_sign == 0 || m->graph->field[i] > 0)
            continue;
        place = locate(&m->l->box, i, &bit);
        set_bit(&m->l->signs[m->field_sign + place], bit);
    }
}

/* The word of signs of the couplings up a dimension from a place. */
static int32_t sign_up(const making *m, int64_t place, int32_t d)
{
    if (m->coupling_sign == 0)
        return m->l->box.negative;
    return m->coupling_sign + (int32_t)(place * m->l->box.n_dimensions + d);
}

/* --- links --- */

static heat_bit_link link_to(making *m, int64_t place, int32_t d, int direction)
{
    heat_stripe_lattice *l = m->l;
    const heat_stripe_box *b = &l->box;
    bool crosses;
    int64_t next = next_place(b, place, d, direction, &crosses);
    int32_t word = crosses ? m->turned[!direction][next * b->n_dimensions + d] : l->word[next];
    int32_t sign = sign_up(m, direction == UP ? place : next, d);

    if (direction == DOWN && crosses && m->coupling_sign > 0) {
        turn_word(b, d, &l->signs[sign], &l->signs[m->n_signs], true);
        sign = m->n_signs++;
    }
    return (heat_bit_link){word, sign};
}

static void add_links(making *m, heat_bit_link link, int32_t count, int32_t word, bool is_pair)
{
    for (int32_t k = 0; k < count; k++) {
        *m->next_link++ = link;
        if (is_pair)
            m->l->pairs[m->l->n_pairs++] = (heat_bit_pair){word, link.word, link.sign};
    }
}

static void link_word(making *m, int32_t word)
{
    const heat_stripe_box *b = &m->l->box;
    int64_t place = m->place[word];

    for (int32_t d = 0; d < b->n_dimensions; d++)
        for (int direction = DOWN; direction <= UP; direction++)
            if (!is_end(b, place, d, direction))
                add_links(m, link_to(m, place, d, direction), b->coupling_links, word, direction == UP);
    if (b->field_links > 0) {
        int32_t sign = m->field_sign > 0 ? m->field_sign + (int32_t)place : b->field_negative;
        add_links(m, (heat_bit_link){m->l->n_words - 1, sign}, b->field_links, word, true);
    }
}

static void link_words(making *m)
{
    heat_stripe_lattice *l = m->l;

    m->next_link = l->links;
    for (int32_t p = 0; p < 2 * l->n_stripes; p++) {
        heat_stripe_part *part = &l->parts[p];
        part->first_pair = l->n_pairs;
        for (int32_t r = part->first_run; r < part->first_run + part->n_runs; r++) {
            l->runs[r].links = m->next_link;
            for (int32_t word = l->runs[r].begin; word < l->runs[r].end; word++)
                link_word(m, word);
        }
        part->end_pair = l->n_pairs;
    }
}

/* --- all of it --- */

static heat_status alloc(heat_context *ctx, making *m)
{
    heat_stripe_lattice *l = m->l;
    const heat_stripe_box *b = &l->box;
    int64_t n = b->n_places, n_turned = (int64_t)heat_stripe_lattice_words(b) - n - 1;
    int64_t n_links = n * (2 * b->n_dimensions * b->coupling_links + b->field_links);
    bool signed_couplings = b->negative && b->positive,
         signed_fields = b->field_negative && b->field_positive;
    int64_t n_signs = 2 + (signed_couplings ? n * b->n_dimensions + n_turned : 0) + (signed_fields ? n : 0);
    heat_status status = heat_alloc(ctx, n, sizeof *l->word, &l->word);

    m->coupling_sign = signed_couplings ? 2 : 0;
    m->n_signs = (int32_t)(2 + (signed_couplings ? n * b->n_dimensions : 0));
    m->field_sign = signed_fields ? m->n_signs : 0;
    m->n_signs += (int32_t)(signed_fields ? n : 0);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * l->n_stripes, sizeof *l->parts, &l->parts);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * l->n_stripes * (HEAT_MOST_BIT_LINKS + 1), sizeof *l->runs, &l->runs);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_links, sizeof *l->links, &l->links);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_links, sizeof *l->pairs, &l->pairs);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_turned, sizeof *l->turns, &l->turns);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_signs, sizeof *l->signs, &l->signs);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *m->place, &m->place);
    for (int direction = DOWN; direction <= UP && status == HEAT_OK; direction++)
        status = heat_alloc(ctx, n * b->n_dimensions, sizeof **m->turned, &m->turned[direction]);
    return status;
}

heat_status heat_stripe_lattice_init(heat_context *ctx, const heat_pairwise *g, const heat_stripe_box *box,
                                     heat_stripe_lattice *l)
{
    making m = {.graph = g, .l = l};
    heat_status status;

    *l = (heat_stripe_lattice){
        .box = *box, .offset = g->offset, .n_stripes = count_stripes(box), .reach = count_reach(box)};
    status = alloc(ctx, &m);
    if (status == HEAT_OK) {
        memset(&l->signs[1], 0xff, sizeof l->signs[1]);
        order_words(&m);
        list_turns(&m);
        mark_signs(&m);
        link_words(&m);
    }
    heat_free(m.place);
    heat_free(m.turned[DOWN]);
    heat_free(m.turned[UP]);
    return status;
}

void heat_stripe_lattice_clear(heat_stripe_lattice *l)
{
    heat_free(l->word);
    heat_free(l->parts);
    heat_free(l->runs);
    heat_free(l->links);
    heat_free(l->pairs);
    heat_free(l->turns);
    heat_free(l->signs);
    *l = (heat_stripe_lattice){0};
}

/* --- states --- */

void heat_stripe_lattice_pack(const heat_stripe_lattice *l, const int8_t *state, heat_bit_word *words)
{
    const heat_stripe_box *b = &l->box;
    int32_t last = b->n_dimensions - 1;
    int64_t bit, n = b->stride[0] * b->extent[0];

    for (int64_t site = 0; site < n;) {
        int64_t place = locate(b, site, &bit);
        for (int64_t x = 0; x < b->width[last]; x++) {
            uint64_t *part = &words[l->word[place + x]].part[bit / 64];
            *part = (*part & ~((uint64_t)1 << bit % 64)) | (uint64_t)(state[site++] != 1) << bit % 64;
        }
    }
    heat_stripe_lattice_turn(l, 0, l->n_turns, words);
}

void heat_stripe_lattice_unpack(const heat_stripe_lattice *l, const heat_bit_word *words, int8_t down,
                                int8_t *state)
{
    const heat_stripe_box *b = &l->box;
    int32_t last = b->n_dimensions - 1;
    int64_t bit, n = b->stride[0] * b->extent[0];

    for (int64_t site = 0; site < n;) {
        int64_t place = locate(b, site, &bit);
        for (int64_t x = 0; x < b->width[last]; x++)
            state[site++] = words[l->word[place + x]].part[bit / 64] >> bit % 64 & 1 ? down : 1;
    }
}
