/* heatbath VERB MODEL [--option value ...]: the command. Dispatch, signals, and the one place that prints an
 * error and decides the exit code. */
#include "cli.h"
#include "clock.h"
#include "output.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static heat_context *volatile stop_context;

int cli_signal(void)
{
    return stop_signal;
}

/* The first signal asks the work to stop and report, a second one ends the command at once. What follows
 * within a moment is the same request: timeout(1) signals its child and then the whole group. */
static void on_signal(int number)
{
    static const double moment_s = 0.3;
    static volatile double first_s;
    int saved = errno;
    double now = cli_clock();

    if (stop_signal != 0 && now - first_s >= moment_s)
        _exit(128 + number);
    errno = saved;
    if (stop_signal != 0)
        return;
    stop_signal = number;
    first_s = now;
    heat_context_stop(stop_context);
}

/* Installed even where a shell started the command with SIGINT ignored (a script's background job): who sends
 * the signal wants the best so far. */
static void catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    action.sa_flags = SA_RESTART;
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGXFSZ, SIG_IGN);    /* a limit on file sizes is told as a full disk is */
    action.sa_handler = SIG_IGN; /* a closed pipe is a failed write, reported like any other */
    sigaction(SIGPIPE, &action, NULL);
}

/* Fills descriptors 0 to 2 where they are closed, so that no file that is opened later takes their place. A
 * closed standard output becomes one that cannot be written. */
static void hold_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
            return; /* no such device: nothing more can be done here */
}

static heat_status usage(cli *c)
{
    return cli_fail(c, HEAT_ERROR_ARGUMENT, "which verb? As in: heatbath %s %s (see heatbath help)",
                    cli_verbs[0].name, cli_verbs[0].example);
}

static heat_status dispatch(cli *c, int argc, char **argv)
{
    heat_status status;

    if (argc < 2)
        return usage(c);
    if (strcmp(argv[1], "--version") == 0) {
        printf("heatbath %s\n", heat_version());
        return HEAT_OK;
    }
    if (argv[1][0] == '-' && !cli_arguments_have(argc, argv, "--help") && strcmp(argv[1], "-h") != 0)
        return cli_fail(c, HEAT_ERROR_ARGUMENT, "the verb comes first, as in: heatbath %s %s",
                        cli_verbs[0].name, cli_verbs[0].example);
    if (argv[1][0] == '-' || cli_arguments_have(argc, argv, "--help")) {
        c->verb = cli_verb_get(c, "help");
        cli_arguments_init(&c->args, "help");
        if (argv[1][0] != '-')
            c->args.operands[c->args.n_operands++] = argv[1];
        return cli_help(c);
    }
    c->verb = cli_verb_get(c, argv[1]);
    if (c->verb == NULL)
        return c->failure.status;
    status = cli_arguments_parse(c, argc, argv);
    return status == HEAT_OK ? c->verb->run(c) : status;
}

/* Closes standard output: only then is it known that everything arrived. */
static void close_output(cli *c)
{
    bool failed = ferror(stdout) != 0;

    errno = 0;
    if (fclose(stdout) != 0)
        failed = true;
    if (!failed || c->failure.status != HEAT_OK)
        return;
    cli_fail(c, HEAT_ERROR_OUTPUT, "standard output: %s", errno == 0 ? "write failed" : strerror(errno));
    cli_print_failure(c);
}

int main(int argc, char **argv)
{
    static cli c;
    heat_context_config config;
    heat_status status;

    c.began_s = cli_clock();
    hold_descriptors();
    heat_context_config_init(&config);
    config.user = &c;
    config.log = cli_show_message;
    config.progress = cli_show_progress;
    if (heat_context_create(&config, &c.ctx) != HEAT_OK) {
        fputs("heatbath: out of memory\n", stderr);
        return 1;
    }
    stop_context = c.ctx;
    catch_signals();
    c.json = cli_arguments_have(argc, argv, "--json");
    status = dispatch(&c, argc, argv);
    cli_hide_progress(&c);
    if (status == HEAT_ERROR_STOPPED && cli_signal() != 0) {
        status = cli_print_interrupted(&c);
    } else if (status != HEAT_OK) {
        cli_print_failure(&c);
        if (c.json)
            cli_print_failure_json(&c);
    }
    close_output(&c);
    signal(SIGINT, SIG_DFL); /* all is said: a late signal just ends the process */
    signal(SIGTERM, SIG_DFL);
    heat_context_free(c.ctx);
    return c.failure.status == HEAT_OK ? c.exit_code : cli_failure_code(c.failure.status);
}
