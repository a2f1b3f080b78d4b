/* Tapes: straight programs of arithmetic, run for many chains at once. Each
 * step reads up to three rows of numbers, one number a chain, and writes one.
 * The rooms above write the tapes (see src/expr); here they are arrays. The
 * same bits in every instruction set, and for any number of chains. */
#ifndef HEATBATH_TAPE_H
#define HEATBATH_TAPE_H

#include <heatbath/export.h>

/* What a step writes, from its operands a, b, c. The last of a name says how it
 * rounds: as it reads. */
typedef enum heat_tape_op {
    HEAT_TAPE_COPY,       /* a */
    HEAT_TAPE_NEGATE,     /* -a */
    HEAT_TAPE_ADD,        /* a + b */
    HEAT_TAPE_SUB,        /* a - b */
    HEAT_TAPE_MUL,        /* a b */
    HEAT_TAPE_DIV,        /* a / b */
    HEAT_TAPE_ADD_ADD,    /* (a + b) + c */
    HEAT_TAPE_MUL_ADD,    /* (a b) + c */
    HEAT_TAPE_MUL_SUB,    /* (a b) - c */
    HEAT_TAPE_SUB_MUL,    /* c - (a b) */
    HEAT_TAPE_MUL_MUL,    /* (a b) c */
    HEAT_TAPE_ADD_OF_MUL, /* (a + b) c */
    HEAT_TAPE_SUB_OF_MUL, /* (a - b) c */
    HEAT_TAPE_MIN,        /* the smaller of a and b, b if they are equal */
    HEAT_TAPE_MAX,        /* the larger likewise */
    HEAT_TAPE_PICK,       /* c if a < b, else 0 */
    HEAT_TAPE_PICK_ELSE,  /* 0 if a < b, else c */
    HEAT_TAPE_ABS,
    HEAT_TAPE_SIGN, /* -1, 0 or 1 */
    HEAT_TAPE_SQRT,
    HEAT_TAPE_POW, /* a^b; by products and a root where b is one constant, a half
                    * of an odd number below 128
                    */
    HEAT_TAPE_EXP,
    HEAT_TAPE_LOG,
    HEAT_TAPE_SIN,
    HEAT_TAPE_COS,
    HEAT_TAPE_SIN_COS, /* sin a; cos a is written to b */
    HEAT_TAPE_TAN,
    HEAT_TAPE_ATAN,
    HEAT_TAPE_SINH,
    HEAT_TAPE_COSH,
    HEAT_TAPE_SINH_COSH, /* sinh a; cosh a is written to b */
    HEAT_TAPE_TANH,
    HEAT_TAPE_N_OPS
} heat_tape_op;

/* Where a row lies: the low bits of a place. Above them stands which of them it
 * is. */
typedef enum heat_tape_kind {
    HEAT_TAPE_WORK,      /* intermediate, read and written */
    HEAT_TAPE_CONSTANT,  /* one number for all chains */
    HEAT_TAPE_X,         /* an argument, read */
    HEAT_TAPE_DIRECTION, /* of a direction, read */
    HEAT_TAPE_VALUE,     /* the one value, written */
    HEAT_TAPE_ROW,       /* of a vector, written */
    HEAT_TAPE_N_KINDS,
    HEAT_TAPE_KIND_BITS = 3
} heat_tape_kind;

static inline uint32_t heat_tape_place(heat_tape_kind kind, int32_t index)
{
    return (uint32_t)index << HEAT_TAPE_KIND_BITS | (uint32_t)kind;
}

typedef struct heat_tape_step {
    uint32_t op, to, a, b, c;
} heat_tape_step;

enum {
    HEAT_TAPE_BYTES = 64,   /* of the widest vector */
    HEAT_TAPE_WIDEST = 8,   /* doubles in it */
    HEAT_TAPE_SINGLES = 16, /* floats in it */
    HEAT_TAPE_MOST = 256    /* chains that go through a step together */
};

typedef struct heat_tape {
    int64_t n_steps;
    const heat_tape_step *steps;
    const double *constants;       /* [constant][HEAT_TAPE_WIDEST], all equal */
    const float *single_constants; /* [constant][HEAT_TAPE_SINGLES], the same */
    int32_t n_work;                /* rows of intermediates */
    int32_t n_x;                   /* arguments; also of the direction, and of what is written */
} heat_tape;

/* What a tape runs over. Number i of chain c lies at [i * stride + c]. */
typedef struct heat_tape_rows {
    int64_t n_chains, stride;
    const double *x, *direction; /* [n_x][stride] */
    double *values;              /* [n_chains] */
    double *rows;                /* [n_x][stride] */
    double *work;                /* [heat_tape_work_size()], from a multiple of 64 bytes on */
} heat_tape_rows;

/* The same in single precision. */
typedef struct heat_tape_single_rows {
    int64_t n_chains, stride;
    const float *x, *direction;
    float *values, *rows;
    float *work; /* twice as many, which are as many bytes */
} heat_tape_single_rows;

/* Chains that go through a step together, so many that their rows stay within
 * 64 KiB, and what is spent on choosing what to do is shared by many. */
static inline int64_t heat_tape_block(const heat_tape *tape)
{
    const int64_t n = 8192 / ((int64_t)tape->n_work + 2 * (int64_t)tape->n_x + 1);

    return n > HEAT_TAPE_MOST     ? HEAT_TAPE_MOST
           : n < HEAT_TAPE_WIDEST ? HEAT_TAPE_WIDEST
                                  : n & -HEAT_TAPE_WIDEST;
}

/* How many doubles a run works in: rows of a block, and a vector of chains
 * apart. */
static inline int64_t heat_tape_work_size(const heat_tape *tape)
{
    return tape->n_work * (heat_tape_block(tape) + HEAT_TAPE_WIDEST) +
           (3 * (int64_t)tape->n_x + 1) * HEAT_TAPE_WIDEST;
}

typedef void (*heat_tape_run_fn)(const heat_tape *tape, const heat_tape_rows *rows);
typedef void (*heat_tape_single_run_fn)(const heat_tape *tape, const heat_tape_single_rows *rows);

/* One row an instruction set. */
typedef struct heat_tape_kernel {
    const char *isa;
    int32_t lanes; /* chains that a vector holds */
    heat_tape_run_fn run;
} heat_tape_kernel;

typedef struct heat_tape_single_kernel {
    const char *isa;
    int32_t lanes;
    heat_tape_single_run_fn run;
} heat_tape_single_kernel;

extern const heat_tape_kernel heat_tape_ref;
extern const heat_tape_single_kernel heat_tape_single_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_tape_kernel heat_tape_avx2, heat_tape_avx512;
extern const heat_tape_single_kernel heat_tape_single_avx2, heat_tape_single_avx512;
#endif

#endif
