/* Tapes in plain C: the oracle of the other two. */
#define TAPE_ISA ref
#include "kernel/tape_body.h"
