/* What tests of panels share: panels of random numbers, and what makes two the same. */
#ifndef FCT_TESTS_SUPPORT_PANEL_H
#define FCT_TESTS_SUPPORT_PANEL_H

#include "factorium.h"

/*
 * A panel of the symbols S000, S001, ... (or those given) with 1-minute rows from 2024-08-08 on; each cell a random number,
 * one in 50 missing. Freed by fct_panel_free.
 */
fct_panel *test_panel_make(const char *const *columns, size_t n_columns, size_t n_symbols,
                           const char *const *symbols, int64_t n_times);

/* Like test_panel_make, but one row in ten is not there, so that symbols have rows of different times. */
fct_panel *test_panel_make_ragged(const char *const *columns, size_t n_columns, size_t n_symbols,
                                  int64_t n_times);

/*
 * The same symbols, rows, times, columns, and cells in every bit, and a time axis that has each row once, where it belongs.
 * Fails the running test otherwise; test_panel_is_same is for processes that have none.
 */
void test_panel_assert_same(const fct_panel *a, const fct_panel *b);
bool test_panel_is_same(const fct_panel *a, const fct_panel *b);

#endif
