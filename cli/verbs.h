/* The verbs that have a file of their own. */
#ifndef FCT_CLI_VERBS_H
#define FCT_CLI_VERBS_H

#include "options.h"

extern const cli_verb bars_verb;
extern const cli_verb factor_verb;
extern const cli_verb ops_verb;
extern const cli_verb plan_verb;
extern const cli_verb run_verb;
extern const cli_verb merge_verb;
extern const cli_verb cache_verb;
extern const cli_verb ls_verb;
extern const cli_verb verify_verb;
extern const cli_verb sql_verb;
extern const cli_verb eval_verb;
extern const cli_verb backtest_verb;
extern const cli_verb check_verb;
extern const cli_verb report_verb;
extern const cli_verb ingest_verb;
extern const cli_verb sync_verb;
extern const cli_verb simulate_verb;
extern const cli_verb exchanges_verb;

#endif
