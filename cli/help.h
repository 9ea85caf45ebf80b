/* Texts made from the tables of verbs and options: help, man page, completion. */
#ifndef FCT_CLI_HELP_H
#define FCT_CLI_HELP_H

#include <stdio.h>

#include "options.h"

extern const cli_verb *const verbs[]; /* ends with NULL */
const cli_verb *find_verb(const char *name);

void print_program_help(FILE *out);
void print_verb_help(FILE *out, const cli_verb *verb);
void print_man_page(FILE *out);

/* The script for "bash", "zsh" or "fish"; false for another shell. */
bool print_completion(FILE *out, const char *shell);

#endif
