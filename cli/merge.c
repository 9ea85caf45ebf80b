/* factorium merge: the result of a plan's shards. */
#include <factorium.h>
#include <stdio.h>

#include "selection.h"
#include "verbs.h"

enum { OUTPUT, FORMAT };

static const option options[] = {
    [OUTPUT] = {"output", 'o', "FILE", "where to write, in the format of its suffix [stdout]"},
    [FORMAT] = {"format", 'f', "F", "csv, json, parquet, arrow or table [stdout: table or csv]"},
    {NULL, 0, NULL, NULL},
};

static int run(const invocation *in)
{
    session s;
    fct_shard_plan *plan;
    fct_format format;
    struct ArrowArrayStream stream;
    fct_error err = {0};
    if (in->n_operands != 1) {
        fprintf(stderr, "factorium merge: error: name one plan: factorium merge plan.json\n");
        return EXIT_USAGE;
    }
    if (!session_start(&s, in) || !option_format(in, FORMAT, OUTPUT, &format))
        return EXIT_USAGE;
    fct_status status = fct_shard_plan_read(in->operands[0], &plan, &err);
    if (status != FCT_OK)
        return session_end(&s, status, &err);
    status = fct_shard_merge(plan, &s.run, &stream, &err);
    fct_shard_plan_free(plan);
    if (status != FCT_OK && status != FCT_ERROR_PARTIAL)
        return session_end(&s, status, &err);
    return write_answer(&s, in, OUTPUT, format, &stream, "rows", status, &err);
}

const cli_verb merge_verb = {
    .name = "merge",
    .summary = "put the results of a plan's shards together",
    .operands = "PLAN",
    .description =
        "Checks every shard of a plan against what its row says, and writes their results as one: "
        "the same\n"
        "rows, to the bit, that factorium bars or factorium factor would write. A shard that was "
        "not run, one\n"
        "that has two rows, a file that is not what its row says: each is an error, and nothing is "
        "written.",
    .options = options,
    .examples = "  factorium merge plan.json -o bars.parquet",
    .run = run,
};
