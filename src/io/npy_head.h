/* The head of an .npy file (NEP 1, versions 1 to 3): magic, version, length, and a Python dict of the
 * numbers' type, their order and their shape, of which only the plain form that NumPy writes is understood.
 */
#ifndef HEATBATH_NPY_HEAD_H
#define HEATBATH_NPY_HEAD_H

#include "io/plain_numbers.h"

enum { HEAT_NPY_MAGIC = 10, HEAT_NPY_MOST_AXES = 8 };

typedef struct heat_npy_head {
    heat_plain_type type;
    bool is_fortran; /* the first index runs fastest */
    int rank;
    int64_t extent[HEAT_NPY_MOST_AXES];
} heat_npy_head;

/* True if the bytes begin such a file. */
bool heat_npy_recognise(const unsigned char *bytes, size_t n_bytes);

/* From the first HEAT_NPY_MAGIC bytes: how many more bytes (0 or 2) tell the dict's length, or -1 for a
 * version that is not known. heat_npy_dict_size reads the length from all of them. */
int heat_npy_more_magic(const unsigned char *bytes);
size_t heat_npy_dict_size(const unsigned char *bytes, const unsigned char *more);

/* Reads the dict. Returns what is wrong with it, a phrase for a message; NULL if nothing is. */
const char *heat_npy_dict_parse(const char *dict, size_t length, heat_npy_head *head);

/* Finds the `count` numbers of a whole .npy file behind its head, at `begin`. Returns what is wrong; NULL if
 * nothing is. */
const char *heat_npy_find(const unsigned char *bytes, size_t size, heat_npy_head *head, size_t *begin,
                          int64_t *count);

#endif
