/* The data of a report's page: one JSON object. */
#ifndef FCT_REPORT_PAGE_DATA_H
#define FCT_REPORT_PAGE_DATA_H

#include "backtest/backtest.h"
#include "base/run.h"
#include "base/text.h"
#include "eval/evaluation.h"

/* Appends the object. No '<' is in it: it may lie in a page. */
fct_status fct_page_data(const fct_evaluation *evaluation, const fct_report_request *request,
                         fct_job *job, fct_text *out, fct_error *err);

#endif
