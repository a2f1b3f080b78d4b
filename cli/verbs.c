/* The verb table: from it come dispatch, help, manual pages and completion. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

const cli_verb cli_verbs[] = {
    {"ground", "MODEL", 1, 1, "where is the energy lowest?",
     "Searches for the state of lowest energy, with --maximize of highest. Where enumeration or variable "
     "elimination is affordable the answer is proved; elsewhere simulated annealing gives the best state it "
     "saw. The energy is recomputed from the definition; a Max-Cut file also gets its cut. The state is "
     "printed with --json, or written with --output FILE: .txt has one value a line, .csv has index,value in "
     "the file's own numbering. --keep N keeps the N best distinct states.",
     "lattice:32x32,J=1", cli_ground},
    {"sample", "MODEL ...", 1, CLI_MOST_OPERANDS, "what does the system look like at temperature T?",
     "Draws states with probability proportional to exp(-E/T) and averages over them. Each average comes "
     "with one standard error, its autocorrelation time in sweeps (tau), its effective sample size (ess) and "
     "its R-hat. When an R-hat exceeds 1.01 or an effective sample size is below 100 the exit code is 3 and "
     "the numbers that this concerns are withheld. --output FILE keeps the states: .npy, .h5 or .csv, axes "
     "temperature, chain, draw, variable. Several MODELs, or one with seed=1..100, are samples of a "
     "disorder: each is run with streams of its own and reported, and so is their average, whose error is "
     "that of their scatter.",
     "lattice:32x32,J=1 --temperature 2.5", cli_sample},
    {"logz", "MODEL ...", 1, CLI_MOST_OPERANDS, "how many states count? log Z, free energy, entropy",
     "The natural logarithm of Z, the sum of exp(-E/T) over all states, with its error (0 where the method "
     "is exact), and what follows from it: free energy -T log Z, mean energy, entropy in nats. Several "
     "MODELs, or one with seed=1..100, are samples of a disorder: each is reported, and their average per "
     "variable.",
     "lattice:8x8,J=1 --temperature 2.5", cli_logz},
    {"learn", "KIND DATA", 2, 2, "which energy makes the data likely?",
     "Learns a model of kind KIND from DATA of 0 and 1 or of -1 and +1, an rbm also from a few values or "
     "real "
     "numbers. ising: couplings and fields, all variables visible; rbm: a layer of --hidden units too; "
     "boltzmann: a few, any pair coupled, or in --layers. Training follows the gradient of the "
     "log-likelihood: means over the data minus means over the model; --negative says how the latter are "
     "found. The log-likelihood is exact where log Z is affordable, else estimated. --validation and --test "
     "take a file or a fraction of the rows; --output FILE writes the model.",
     "ising bars-and-stripes:3x3", cli_learn},
    {"score", "MODEL DATA", 2, 2, "how likely are data under a model?",
     "The log-likelihood of every row of DATA under MODEL, -E/T - log Z, hidden units summed out: its mean "
     "over the rows, with the error of the rows and that of log Z apart. log Z is exact where that is "
     "affordable, else estimated as logz does. --output FILE writes one log-likelihood a row: .txt, or .csv "
     "with the row's number. RBMs of other programs are read too (--transpose, --visible-layer, "
     "--hidden-layer, --update).",
     "ising.ising rows.csv", cli_score},
    {"explore", "MODEL", 1, 1, "which minimum do noise and entropy prefer?",
     "Finds the minima of a potential and the saddles between them, and weighs the basin of each: its "
     "curvature, its free energy, and the share of p(x) that it holds (occupancy). Differences of free "
     "energies come by four ways that must agree within their errors: counting where plain chains are, "
     "chains that exchange temperatures, thermodynamic integration from a harmonic well without leaving the "
     "basin, and MBAR over all temperatures. Where one has too few crossings, or disagrees, its numbers are "
     "withheld and the exit code is 3; --method chooses among them.",
     "double-well --temperature 0.25", cli_explore},
    {"info", "MODEL|DATA", 1, 1, "what is in a file, and what would exactness cost?",
     "Describes a model: size, degrees, couplings, field, components, what was merged or dropped on reading, "
     "whether energies are exact, and the width, memory and work that an exact method would take. Of DATA: "
     "rows, variables, values, labels, and how the file was read.",
     "ea:10x10,seed=1", cli_info},
    {"convert", "MODEL|DATA FILE", 2, 2, "write a model or data in another format",
     "Writes MODEL to FILE, whose suffix chooses the format: .mc, .ising, .qubo, .coo, .json (each also .gz) "
     "or .h5. What the format cannot hold, such as a field in .mc, is an error, and then nothing is written. "
     "DATA is written as .csv, .tsv, .data (no names), .npy, .idx or .h5.",
     "ea:4x4x4,seed=1 glass.ising", cli_convert},
    {"tour", "", 0, 0, "measure claims against exact values",
     "Measures a few claims on this machine, now, against values known exactly, and says whether each holds: "
     "exit 0 only if all do, 3 otherwise. --only ID measures one.",
     "", cli_tour},
    {"bench", "[VERB [MODEL ...]]", 0, CLI_MOST_OPERANDS, "how fast is this machine?",
     "Measures the rates of sample and ground (updates of one variable per nanosecond) and the seconds of "
     "logz and learn on a table of built-ins, or on the MODELs named (of learn: epochs by the negative "
     "phases named, as in cd:1). Each row is the median of its runs with the lower and upper quartile; the "
     "runs of different rows are interleaved. VERB is sample, ground, logz or learn; without it all but "
     "learn, which takes minutes, are run.",
     "ground regular:2000,k=20", cli_bench},
    {"help", "[VERB]", 0, 1, "how to use a verb, its options and their defaults",
     "Prints the help of a verb, or of the whole command; --man writes it as a manual page, --completion as "
     "the completion script of a shell.",
     "ground", cli_help},
};
const int cli_n_verbs = (int)(sizeof cli_verbs / sizeof *cli_verbs);

/* The library finds the nearest word of a CHOICE, so the verb is looked up as one. */
static heat_status offer_nearest(cli *c, const char *name)
{
    struct {
        size_t size;
        const char *verb;
    } value;
    char words[256] = "";
    heat_option row = {.name = "verb",
                       .kind = HEAT_OPTION_CHOICE,
                       .offset = offsetof(__typeof__(value), verb),
                       .unit = words,
                       .readers = ""};
    const heat_option_table table = {"heatbath", sizeof value, 1, &row};
    static const char prefix[] = "option --verb: ";
    const char *message;

    for (int k = 0; k < cli_n_verbs; k++) {
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, "%s%s", k == 0 ? "" : "|", cli_verbs[k].name);
    }
    if (heat_option_set(c->ctx, &table, &value, "verb", name) == HEAT_OK)
        return cli_fail(c, HEAT_ERROR_INTERNAL, "the verb %.80s is listed twice", name);
    message = heat_context_error(c->ctx);
    if (strncmp(message, prefix, sizeof prefix - 1) == 0)
        message += sizeof prefix - 1;
    return cli_fail(c, HEAT_ERROR_ARGUMENT, "no such verb: %s", message);
}

const cli_verb *cli_verb_find(const char *name)
{
    for (int k = 0; k < cli_n_verbs; k++)
        if (strcmp(cli_verbs[k].name, name) == 0)
            return &cli_verbs[k];
    return NULL;
}

const cli_verb *cli_verb_get(cli *c, const char *name)
{
    const cli_verb *verb = cli_verb_find(name);

    if (verb == NULL)
        offer_nearest(c, name);
    return verb;
}
