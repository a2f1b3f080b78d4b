/* Named potentials in plain C: the oracle of the other two. */
#define POTENTIALS_ISA ref
#include "kernel/potentials_body.h"
