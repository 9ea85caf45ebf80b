/* The program: finds the verb, reads its options, runs it. */
#include <factorium.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "session.h"
#include "verbs.h"

static const option no_options[] = {{NULL, 0, NULL, NULL}};

static int run_completion(const invocation *in)
{
    if (in->n_operands != 1 || !print_completion(stdout, in->operands[0])) {
        fprintf(stderr, "factorium completion: error: name one shell: bash, zsh or fish\n");
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static int run_man(const invocation *in)
{
    (void)in;
    print_man_page(stdout);
    return EXIT_OK;
}

static int run_help(const invocation *in)
{
    const cli_verb *verb = in->n_operands ? find_verb(in->operands[0]) : NULL;
    if (in->n_operands && !verb) {
        fprintf(stderr, "factorium help: error: there is no verb %s\n", in->operands[0]);
        return EXIT_USAGE;
    }
    if (verb)
        print_verb_help(stdout, verb);
    else
        print_program_help(stdout);
    return EXIT_OK;
}

static const cli_verb completion_verb = {
    .name = "completion",
    .summary = "print the completion script of a shell",
    .operands = "bash|zsh|fish",
    .description =
        "Prints a script that completes verbs and options. make install puts the three where\n"
        "shells look for them.",
    .options = no_options,
    .examples =
        "  factorium completion bash > ~/.local/share/bash-completion/completions/factorium",
    .run = run_completion,
};

static const cli_verb man_verb = {
    .name = "man",
    .summary = "print the man page",
    .operands = "",
    .description = "Prints the man page, made from the same tables as this help.",
    .options = no_options,
    .examples = "  factorium man | man -l -",
    .run = run_man,
};

static const cli_verb help_verb = {
    .name = "help",
    .summary = "print the help of a verb",
    .operands = "[VERB]",
    .description = "Like factorium VERB --help; without a verb, what verbs there are.",
    .options = no_options,
    .examples = "  factorium help bars",
    .run = run_help,
};

/* In the order of the help; a line each. */
/* clang-format off */
const cli_verb *const verbs[] = {
    &ingest_verb,
    &sync_verb,
    &bars_verb,
    &factor_verb,
    &eval_verb,
    &backtest_verb,
    &check_verb,
    &report_verb,
    &plan_verb,
    &run_verb,
    &merge_verb,
    &ops_verb,
    &cache_verb,
    &ls_verb,
    &verify_verb,
    &sql_verb,
    &simulate_verb,
    &exchanges_verb,
    &completion_verb,
    &man_verb,
    &help_verb,
    NULL,
};
/* clang-format on */

static const char *verb_name_at(const void *context, size_t i)
{
    (void)context;
    return verbs[i] ? verbs[i]->name : NULL;
}

static int run_chosen(const cli_verb *verb, int argc, char **argv)
{
    invocation in;
    int code = EXIT_USAGE;
    if (parse_options(verb, argc, argv, &in)) {
        if (common_value(&in, COMMON_HELP)) {
            print_verb_help(stdout, verb);
            code = EXIT_OK;
        } else {
            code = verb->run(&in);
        }
    }
    invocation_free(&in);
    return code;
}

/* A pipe that was closed by its reader has had enough: no failure. Any other error on stdout is one. */
static int close_output(int code)
{
    if (fflush(stdout) == 0 || code != EXIT_OK)
        return code;
    perror("factorium: error: cannot write");
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_program_help(argc > 1 ? stdout : stderr);
        return argc > 1 ? close_output(EXIT_OK) : EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("factorium %s\n", fct_version());
        return close_output(EXIT_OK);
    }
    const cli_verb *verb = find_verb(name);
    if (verb)
        return close_output(run_chosen(verb, argc - 2, argv + 2));
    const char *nearest = nearest_name(name, verb_name_at, NULL);
    if (nearest)
        fprintf(stderr, "factorium: error: there is no verb %s; did you mean %s?\n", name, nearest);
    else
        fprintf(stderr, "factorium: error: there is no verb %s; factorium --help lists them\n",
                name);
    return EXIT_USAGE;
}
