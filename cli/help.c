#include "help.h"

#include <factorium.h>
#include <string.h>

static const char exit_codes[] =
    "0 ok, 1 failure, 2 wrong usage, 3 done but part was missing, 4 integrity check failed,\n"
    "130 interrupted";

const cli_verb *find_verb(const char *name)
{
    for (size_t i = 0; verbs[i]; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

void print_program_help(FILE *out)
{
    fprintf(out, "factorium %s: exchange trade archives in, bars and factors out\n\n",
            fct_version());
    fprintf(out, "Usage: factorium VERB [OPTION...]\n\nVerbs:\n");
    for (size_t k = 0; verbs[k]; k++)
        fprintf(out, "  %-12s %s\n", verbs[k]->name, verbs[k]->summary);
    fprintf(out,
            "\nfactorium VERB --help says more, with examples. --version prints the version.\n");
    fprintf(out, "Data goes to stdout, words to stderr. Exit codes: %s.\n", exit_codes);
}

static void print_option(FILE *out, const option *o)
{
    char left[64];
    snprintf(left, sizeof left, "%s%c%s --%s%s%s", o->letter ? "-" : " ",
             o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name, o->argument ? " " : "",
             o->argument ? o->argument : "");
    if (strlen(left) > 26)
        fprintf(out, "  %s\n  %-26s %s\n", left, "", o->help);
    else
        fprintf(out, "  %-26s %s\n", left, o->help);
}

void print_verb_help(FILE *out, const cli_verb *v)
{
    fprintf(out, "factorium %s: %s\n\n", v->name, v->summary);
    fprintf(out, "Usage: factorium %s [OPTION...]%s%s\n\n%s\n", v->name, *v->operands ? " " : "",
            v->operands, v->description);
    if (v->options->name)
        fprintf(out, "\nOptions:\n");
    for (const option *o = v->options; o->name; o++)
        print_option(out, o);
    fprintf(out, "\nCommon options:\n");
    for (const option *o = common_options; o->name; o++)
        print_option(out, o);
    fprintf(
        out,
        "\nEvery option is also a variable (FACTORIUM_MEMORY_LIMIT) and a setting of the config\n"
        "file (memory-limit = 4GB); the command line goes first, then the variable.\n");
    fprintf(out, "\nExamples:\n%s\n\nExit codes: %s.\n", v->examples, exit_codes);
}

/* ---- Man page --------------------------------------------------------------------------------- */

/* Text for troff: a hyphen that is a minus, a backslash, a dot that begins a line. */
static void print_troff(FILE *out, const char *text)
{
    bool line_starts = true;
    for (; *text; text++) {
        if (line_starts && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        line_starts = *text == '\n';
    }
}

static void print_troff_options(FILE *out, const option *options)
{
    for (const option *o = options; o->name; o++) {
        fprintf(out, ".TP\n\\fB");
        if (o->letter)
            fprintf(out, "\\-%c\\fR, \\fB", o->letter);
        fprintf(out, "\\-\\-");
        print_troff(out, o->name);
        fprintf(out, "\\fR");
        if (o->argument) {
            fprintf(out, " \\fI");
            print_troff(out, o->argument);
            fprintf(out, "\\fR");
        }
        fprintf(out, "\n");
        print_troff(out, o->help);
        fprintf(out, "\n");
    }
}

void print_man_page(FILE *out)
{
    fprintf(out, ".TH FACTORIUM 1 \"\" \"factorium %s\" \"User Commands\"\n", fct_version());
    fprintf(out, ".SH NAME\nfactorium \\- exchange trade archives in, bars and factors out\n");
    fprintf(out, ".SH SYNOPSIS\n.B factorium\n.I VERB\n[\\fIOPTION\\fR...]\n");
    fprintf(out, ".SH DESCRIPTION\nData goes to standard output, words to standard error.\n");
    for (size_t k = 0; verbs[k]; k++) {
        const cli_verb *v = verbs[k];
        fprintf(out, ".SH \"FACTORIUM ");
        print_troff(out, v->name);
        fprintf(out, "\"\n");
        print_troff(out, v->description);
        fprintf(out, "\n");
        print_troff_options(out, v->options);
        fprintf(out, ".PP\nExamples:\n.PP\n.nf\n");
        print_troff(out, v->examples);
        fprintf(out, "\n.fi\n");
    }
    fprintf(out, ".SH \"COMMON OPTIONS\"\n");
    print_troff_options(out, common_options);
    fprintf(out,
            ".SH ENVIRONMENT\nEvery option is also a variable: FACTORIUM_STORE for \\-\\-store.\n");
    fprintf(out, ".SH FILES\n$XDG_CONFIG_HOME/factorium/config: lines \"name = value\" for all "
                 "verbs, and below\n"
                 "a line \"[verb]\" for one. The command line goes first, then variables, then "
                 "this file.\n");
    fprintf(out, ".SH \"EXIT STATUS\"\n");
    print_troff(out, exit_codes);
    fprintf(out, ".\n");
}

/* ---- Completion ------------------------------------------------------------------------------- */

static void print_bash(FILE *out)
{
    fprintf(out,
            "# bash completion for factorium, made by: factorium completion bash\n_factorium() {\n"
            "    local word=${COMP_WORDS[COMP_CWORD]} options\n"
            "    if [ \"$COMP_CWORD\" = 1 ]; then\n        COMPREPLY=($(compgen -W \"");
    for (size_t k = 0; verbs[k]; k++)
        fprintf(out, "%s ", verbs[k]->name);
    fprintf(out, "--help --version\" -- \"$word\"))\n        return\n    fi\n"
                 "    case ${COMP_WORDS[1]} in\n");
    for (size_t k = 0; verbs[k]; k++) {
        const cli_verb *v = verbs[k];
        fprintf(out, "    %s) options=\"", v->name);
        for (size_t i = 0; option_at(v, i); i++)
            fprintf(out, "%s--%s", i ? " " : "", option_at(v, i)->name);
        fprintf(out, "\" ;;\n");
    }
    fprintf(out, "    esac\n    if [ \"${word#-}\" != \"$word\" ]; then\n"
                 "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n    else\n"
                 "        COMPREPLY=($(compgen -f -- \"$word\"))\n    fi\n}\n"
                 "complete -o filenames -F _factorium factorium\n");
}

/* A help text between single quotes, without what zsh and fish would read in it. */
static void print_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++)
        fputc(strchr("'[]:", *text) ? ' ' : *text, out);
    fputc('\'', out);
}

static void print_zsh(FILE *out)
{
    fprintf(
        out,
        "#compdef factorium\n# zsh completion for factorium, made by: factorium completion zsh\n"
        "_factorium() {\n    local -a verbs\n    verbs=(\n");
    for (size_t k = 0; verbs[k]; k++)
        fprintf(out, "        '%s:%s'\n", verbs[k]->name, verbs[k]->summary);
    fprintf(out,
            "    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs\n        return\n"
            "    fi\n    case $words[2] in\n");
    for (size_t k = 0; verbs[k]; k++) {
        const cli_verb *v = verbs[k];
        fprintf(out, "    %s) _arguments", v->name);
        for (size_t i = 0; option_at(v, i); i++) {
            const option *o = option_at(v, i);
            fprintf(out, " \\\n        --%s'[%s]%s'", o->name, o->name,
                    o->argument ? ":value:_files" : "");
        }
        fprintf(out, " \\\n        '*:file:_files' ;;\n");
    }
    fprintf(out, "    esac\n}\n_factorium \"$@\"\n");
}

static void print_fish(FILE *out)
{
    fprintf(out, "# fish completion for factorium, made by: factorium completion fish\n");
    for (size_t k = 0; verbs[k]; k++) {
        const cli_verb *v = verbs[k];
        fprintf(out, "complete -c factorium -n __fish_use_subcommand -a %s -d ", v->name);
        print_quoted(out, v->summary);
        fprintf(out, "\n");
        for (size_t i = 0; option_at(v, i); i++) {
            const option *o = option_at(v, i);
            fprintf(out, "complete -c factorium -n '__fish_seen_subcommand_from %s' -l %s%s -d ",
                    v->name, o->name, o->argument ? " -r" : "");
            print_quoted(out, o->help);
            fprintf(out, "\n");
        }
    }
}

bool print_completion(FILE *out, const char *shell)
{
    static const struct {
        const char *shell;
        void (*print)(FILE *out);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].print(out);
            return true;
        }
    return false;
}
