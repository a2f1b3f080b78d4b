/* Keys may stand in any order; what they hold is found by text alone, for the dict has no nested ones. */
#include "io/npy_head.h"
#include "base/text.h"

#include <string.h>

bool heat_npy_recognise(const unsigned char *bytes, size_t n_bytes)
{
    return n_bytes >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

int heat_npy_more_magic(const unsigned char *bytes)
{
    return bytes[6] == 1 ? 0 : bytes[6] == 2 || bytes[6] == 3 ? 2 : -1;
}

size_t heat_npy_dict_size(const unsigned char *bytes, const unsigned char *more)
{
    size_t size = bytes[8] | (size_t)bytes[9] << 8;

    return more == NULL ? size : size | (size_t)more[0] << 16 | (size_t)more[1] << 24;
}

/* What stands behind `'key':` and blanks; NULL if the key is not there. */
static const char *find_key(const char *at, const char *end, const char *key)
{
    size_t length = strlen(key);

    for (; (size_t)(end - at) > length + 3; at++) {
        if (at[0] != '\'' || memcmp(at + 1, key, length) != 0 || memcmp(at + 1 + length, "':", 2) != 0)
            continue;
        at += length + 3;
        while (at < end && *at == ' ')
            at++;
        return at < end ? at : NULL;
    }
    return NULL;
}

static const char *parse_type(const char *at, const char *end, heat_plain_type *type)
{
    static const char *const wrong =
        "the array's type is none of bool, integers of 8 to 64 bits and floats of 32 "
        "or 64 (in NumPy: a.astype('float32'))";
    bool known;

    if (at == NULL || end - at < 5 || at[0] != '\'' || at[4] != '\'')
        return wrong;
    type->big = at[1] == '>';
    type->kind = at[2] == 'b' ? 'u' : at[2];
    type->size = at[3] - '0';
    switch (at[2]) {
    case 'b':
        known = type->size == 1;
        break;
    case 'f':
        known = type->size == 4 || type->size == 8;
        break;
    case 'i':
    case 'u':
        known = type->size == 1 || type->size == 2 || type->size == 4 || type->size == 8;
        break;
    default:
        known = false;
    }
    return known && memchr("<>|=", at[1], 4) != NULL ? NULL : wrong;
}

static const char *parse_shape(const char *at, const char *end, heat_npy_head *head)
{
    if (at == NULL || *at++ != '(')
        return "the head of the array holds no 'shape'";
    for (head->rank = 0; at < end && *at != ')'; head->rank++) {
        size_t length = 0;
        while (at + length < end && at[length] >= '0' && at[length] <= '9')
            length++;
        if (head->rank == HEAT_NPY_MOST_AXES || !heat_parse_int(at, length, &head->extent[head->rank]))
            return "the array's 'shape' is not 0 to 8 whole numbers";
        for (at += length; at < end && (*at == ',' || *at == ' '); at++)
            ;
    }
    return at < end ? NULL : "the head of the array ends within its 'shape'";
}

const char *heat_npy_dict_parse(const char *dict, size_t length, heat_npy_head *head)
{
    const char *end = dict + length, *order = find_key(dict, end, "fortran_order");
    const char *wrong = parse_type(find_key(dict, end, "descr"), end, &head->type);

    if (wrong == NULL)
        wrong = parse_shape(find_key(dict, end, "shape"), end, head);
    if (wrong != NULL)
        return wrong;
    if (order == NULL || (*order != 'T' && *order != 'F'))
        return "the head of the array holds no 'fortran_order'";
    head->is_fortran = *order == 'T' && head->rank > 1;
    return NULL;
}
