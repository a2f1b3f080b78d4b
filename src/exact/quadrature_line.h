/* A line of a quadrature: nodes of one variable, the variables before it standing still, and what they know
 * of its ends, its walls and its narrow places. quadrature.c sums it up; what is done where nodes that stand
 * evenly are too few has files of its own. */
#ifndef HEATBATH_QUADRATURE_LINE_H
#define HEATBATH_QUADRATURE_LINE_H

#include "exact/quadrature_nodes.h"

enum {
    HEAT_LINE_MOST_NODES = 1 << 20,
    HEAT_LINE_BLOCK = 64,
    HEAT_PANEL_NODES = 16,
    HEAT_LINE_PROMISES = 8,
    HEAT_TABLE_A_UNIT = 64, /* of t, */
    HEAT_TABLE_NODES = 1025
};

/* A well that is known, as the normal distribution of its curvature: variable i lies about a mean that those
 * before it shift, at the distance spread[i][i]. */
typedef struct heat_line_well {
    double x[HEAT_QUADRATURE_DIMENSIONS];
    double spread[HEAT_QUADRATURE_DIMENSIONS][HEAT_QUADRATURE_DIMENSIONS]; /* L, the covariance being L L^T */
    double log_peak;                                                       /* the log weight at x */
} heat_line_well;

typedef struct heat_line_problem {
    const heat_smooth *view;
    double beta;
    int64_t threads;
    int64_t n_places;
    heat_line_well *places;
    heat_node_map map[HEAT_QUADRATURE_DIMENSIONS];
    double gauss_at[HEAT_PANEL_NODES], gauss_log_share[HEAT_PANEL_NODES]; /* of a panel from -1 to 1 */
    double sinh_at[HEAT_TABLE_NODES], log_cosh_at[HEAT_TABLE_NODES];      /* for nodes where lines begin */
} heat_line_problem;

/* Nearer to a wall than d0 laws tell what stands there. */
typedef struct heat_line_edge {
    double x, log_from;           /* where, and log d0; -infinity: there is no edge */
    heat_node_tally at;           /* what stands there */
    heat_wall_law weight, energy; /* of the log weight, and of the mean energy */
    double log_off;               /* log of what the integral may be off by */
} heat_line_edge;

/* Beyond the outermost node of a line, where the weight is a power of x: log weight and energy go on as
 * straight lines in t. */
typedef struct heat_line_tail {
    double rate;                   /* at which the log weight falls; 0: there is no tail */
    double log_weight;             /* at the outermost node */
    double energy, rise, variance; /* of the energy there, with t, and of its own */
    double gradient[HEAT_QUADRATURE_DIMENSIONS];
} heat_line_tail;

/* A panel from one t to another, and what its nodes add up to. */
typedef struct heat_line_panel {
    double from, to;
    heat_node_tally sum;
    double steep;  /* log of what may hide between its nodes */
    bool has_hole; /* U is no number at one of them */
    double blur;   /* what the rounding of places may make of the log weight */
} heat_line_panel;

/* Nodes that are added together: t = first + k * apart, or those of panels, one after the other. */
typedef struct heat_line_range {
    double first, apart;
    int64_t n;
    heat_line_panel *panels;
} heat_line_range;

/* Where the slope of the log weight changes its sign between two nodes of the coarsest grid. */
typedef struct heat_line_top {
    double x[2], slope[2]; /* of the nodes, and of the log weight, with x */
    double near;           /* the largest log weight that there may be */
    double rise;           /* how much that is above the nodes */
} heat_line_top;

/* A node whose slope says that its weight rises much more than to the next ones. */
typedef struct heat_line_promise {
    double t, here, tilt; /* where, its log weight, and the slope of that with t, without its sign */
} heat_line_promise;

typedef struct heat_line {
    const heat_line_problem *p;
    int32_t i;         /* its variable */
    int depth;         /* of lines that it is a side of */
    heat_node_map map; /* the problem's, or about what counts on this line */
    double log_scale;  /* of its scale */
    bool is_walled;
    double x[HEAT_QUADRATURE_DIMENSIONS], whole; /* log of what lines like this one add up to, as far
                                                    as is known */
    double step, least, most;                    /* of t: nodes stand this far apart, from least to most */
    double next_least, next_most;                /* beyond these no more nodes are needed */
    double hope;                                 /* the largest log weight that there may be */
    double steep; /* the same between nodes that are far apart for the slopes they have */
    int n_promises;
    heat_line_promise promises[HEAT_LINE_PROMISES]; /* of those nodes, what is not yet met by others */
    heat_line_edge edges[2];
    heat_line_tail tails[2];
    heat_line_top top;
    double second;  /* the largest weight there may be about any other top */
    bool is_coarse; /* no node stands between others yet */
    heat_node_tally total;
    heat_node_tally every_other; /* of the nodes of the coarsest grid: log weights alone */
    double n_points;
    int64_t room;
    double *here, *near; /* [node of a range] log weight there, and the largest that may be about it */
    double *tilt;  /* [node of a range] the slope of the log weight, with t; NaN: U is no number there */
    bool has_hole; /* there was such a node */
    heat_node_tally *nodes; /* [node of a range] what stands there */
    double *points;         /* [node of a range] how many were evaluated; of variables but the last */
    double end[2], beyond[2], inside[2];       /* log weights at the outermost nodes, and at some within */
    double end_t[2], end_tilt[2], end_near[2]; /* there */
    double *block, *energies, *gradients, *work;
} heat_line;

/* A log weight that rises by more from a node to halfway to the next is not known there. */
extern const double heat_line_too_steep;

/* Log of a share of the whole that a line does not count with. */
extern const double heat_line_hopeless;

/* A line of variable i, whose nodes are still to be added; the caller sets x and `whole`. Close it whatever
 * comes of it. */
HEAT_MUST_USE heat_status heat_line_open(heat_context *ctx, const heat_line_problem *p, int32_t i,
                                         heat_line *l);
void heat_line_close(heat_line *l);

/* Lays its nodes about c, as if s were how far x ranges. */
void heat_line_lay(heat_line *l, double c, double s);

/* The same after its map has changed. */
void heat_line_relay(heat_line *l);

/* The nodes that a line begins with. */
heat_line_range heat_line_first(const heat_line *l);

/* Adds the nodes of a range, those of panels to each panel's own sum. The first variable's are shared among
 * threads. */
HEAT_MUST_USE heat_status heat_line_add(heat_context *ctx, heat_line *l, const heat_line_range *r);

/* What the variables after this one's add up to at x, or what stands there, with the energy's gradient if
 * there is one. */
HEAT_MUST_USE heat_status heat_line_weigh(heat_context *ctx, heat_line *l, double x, heat_node_tally *t);

heat_node heat_line_node(const heat_line *l, const heat_line_range *r, int64_t k);

/* Log of all nodes so far and of what is known of the whole, whichever is larger. */
double heat_line_log_counts(const heat_line *l);

/* The whole of a line: leaves the integral in its tally, and in *error what the last nodes changed of its
 * log. */
HEAT_MUST_USE heat_status heat_line_run(heat_context *ctx, heat_line *l, double *error);

/* quadrature_edges.c: edges at the walls that a line has; whether they leave the digits wanted, else the
 * numbers that U has in doubles do not define the integral. */
HEAT_MUST_USE heat_status heat_line_open_edges(heat_context *ctx, heat_line *l);
HEAT_MUST_USE heat_status heat_line_check_edges(heat_context *ctx, const heat_line *l);
bool heat_line_is_within_edge(const heat_line *l, const heat_node *node);

/* Where a node is evaluated. */
double heat_line_place(const heat_line *l, const heat_node *node);

/* Takes what was found at the place of a node near a wall to the node itself. */
void heat_line_lean(const heat_line *l, const heat_node *node, heat_node_tally *t);

/* quadrature_promises.c: takes up a promise, in the place of the smallest if that is smaller. */
void heat_line_note_promise(heat_line *l, const heat_line_promise *promise);

/* After nodes were put halfway between others, of those that were there: what they promise is nearer by, and
 * is what `steep` knows. */
void heat_line_recall(heat_line *l);

/* What lies about nodes that promise more than `least`, with nodes `apart`, is not left outside. */
void heat_line_keep_promises(heat_line *l, double apart, double least);

/* quadrature_ends.c: what a range that covers the line says of its ends, and of where no more nodes are
 * needed. */
void heat_line_judge(heat_line *l, const heat_line_range *r);

/* Goes on beyond the ends as long as they count, `by` at a time, or until tails go on by themselves. */
HEAT_MUST_USE heat_status heat_line_extend(heat_context *ctx, heat_line *l, double by);

/* Nodes at distances `step`, and beyond them those of the tails at the same. */
heat_node_tally heat_line_with_tails(const heat_line *l, const heat_node_tally *nodes, double step);

/* What the tails add to an integral from `least` to `most`. */
void heat_line_add_tails(const heat_line *l, heat_node_tally *to);

/* quadrature_centre.c: takes note of the tops between the nodes of a range, and of one between it and the end
 * before it (0, 1; -1: there is none). */
void heat_line_note_tops(heat_line *l, const heat_line_range *r, int end);

/* Where all that counts is narrow as seen from where the nodes are laid, as on a line
 * across a curved valley, they are laid anew about its top, and as wide as it is; *moved tells. */
HEAT_MUST_USE heat_status heat_line_centre(heat_context *ctx, heat_line *l, bool *moved);

/* Where the weight is much the same as far as the first nodes reach, they are laid as wide as it is. */
HEAT_MUST_USE heat_status heat_line_widen(heat_context *ctx, heat_line *l, const heat_line_range *r,
                                          bool *moved);

/* quadrature_places.c: the wells of a problem that are given. */
HEAT_MUST_USE heat_status heat_line_open_places(heat_context *ctx, const heat_quadrature_places *places,
                                                heat_line_problem *p);
void heat_line_close_places(heat_line_problem *p);

/* Whether nodes as far apart as they are step over a well that counts. */
HEAT_MUST_USE heat_status heat_line_find_missed(heat_context *ctx, heat_line *l, bool *missed);

/* Widens what a line's panels cover to all wells that count. */
void heat_line_reach_places(heat_line *l);

/* Where panels are to be cut, which are `width` wide elsewhere: about each narrow well that counts, at
 * distances that grow. Returns how many t, rising. */
enum { HEAT_LINE_MOST_CUTS = 512 };
int64_t heat_line_cut_at_places(const heat_line *l, double width, double *t);

/* quadrature_panels.c: the integral from `least` to `most`, of which the nodes so far say log_z, by panels
 * that are cut in two as long as that changes anything: up to `allowed` of the whole.
 * *singular: a t that no panel about it is too narrow for; NaN: there is none. */
HEAT_MUST_USE heat_status heat_line_run_panels(heat_context *ctx, heat_line *l, double log_z, double allowed,
                                               heat_node_tally *sum, double *error, double *singular);

/* Sets the tables of a problem. */
void heat_line_set_tables(heat_line_problem *p);

#endif
