/* An .npy file whole, as doubles. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/npy.h"
#include "io/npy_head.h"

#include <string.h>

/* The place in Fortran's order of the number that stands at `k` in C's. */
static int64_t turn(const heat_npy_head *a, int64_t k)
{
    int64_t place = 0, index[HEAT_NPY_MOST_AXES];

    for (int axis = a->rank - 1; axis >= 0; axis--) {
        index[axis] = k % a->extent[axis];
        k /= a->extent[axis];
    }
    for (int axis = a->rank - 1; axis >= 0; axis--)
        place = place * a->extent[axis] + index[axis];
    return place;
}

/* Reads the head and finds the numbers behind it. Returns what is wrong; NULL if nothing is. */
static const char *read_head(const unsigned char *bytes, size_t size, heat_npy_head *head, size_t *begin)
{
    const char *wrong;
    int more;
    size_t length;

    if (!heat_npy_recognise(bytes, size) || size < HEAT_NPY_MAGIC)
        return "it is no .npy";
    more = heat_npy_more_magic(bytes);
    if (more < 0)
        return "its version of the .npy format is none of 1 to 3";
    *begin = HEAT_NPY_MAGIC + (size_t)more;
    if (size < *begin)
        return "its head is cut";
    length = heat_npy_dict_size(bytes, more > 0 ? bytes + HEAT_NPY_MAGIC : NULL);
    if (size - *begin < length)
        return "its head is cut";
    wrong = heat_npy_dict_parse((const char *)bytes + *begin, length, head);
    *begin += length;
    return wrong;
}

/* The number of numbers; -1 if the bytes left do not hold just them. */
static int64_t count_numbers(const heat_npy_head *head, size_t n_bytes)
{
    int64_t count = 1;

    for (int axis = 0; axis < head->rank; axis++) {
        if (head->extent[axis] > 0 && count > INT64_MAX / head->type.size / head->extent[axis])
            return -1;
        count *= head->extent[axis];
    }
    return (uint64_t)count * (uint64_t)head->type.size == n_bytes ? count : -1;
}

const char *heat_npy_find(const unsigned char *bytes, size_t size, heat_npy_head *head, size_t *begin,
                          int64_t *count)
{
    const char *wrong = read_head(bytes, size, head, begin);

    if (wrong != NULL)
        return wrong;
    *count = count_numbers(head, size - *begin);
    return *count < 0 ? "it holds more or fewer numbers than its shape says" : NULL;
}

heat_status heat_npy_parse(heat_context *ctx, const char *file, const char *array, const char *bytes,
                           size_t size, heat_npy_array *out)
{
    const unsigned char *numbers = (const unsigned char *)bytes;
    heat_npy_head head;
    size_t begin = 0;
    int64_t count = 0;
    const char *wrong = heat_npy_find(numbers, size, &head, &begin, &count);
    heat_status status;

    *out = (heat_npy_array){.rank = 0};
    if (wrong != NULL)
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, file, 0, 0, "the array '%.80s': %s", array, wrong);
    out->rank = head.rank;
    memcpy(out->extent, head.extent, sizeof out->extent);
    status = heat_alloc(ctx, count, sizeof *out->values, &out->values);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        int64_t place = head.is_fortran ? turn(&head, k) : k;
        out->values[k] =
            heat_plain_number(numbers + begin + (size_t)place * (size_t)head.type.size, head.type);
    }
    return status;
}
