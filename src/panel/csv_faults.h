/* The row of a CSV file that is at fault: reading says only that something is. */
#ifndef FCT_PANEL_CSV_FAULTS_H
#define FCT_PANEL_CSV_FAULTS_H

#include "factorium.h"

/*
 * Where reading the file failed as *err says: says instead which is the first line with another number of cells than the
 * header, or without a number for a time, where there is one.
 */
void fct_csv_explain(const char *path, fct_error *err);

/* Warns of columns that hold texts for the sake of a few cells among numbers, and names the first. */
void fct_csv_warn_of_texts(const char *path, const fct_panel *panel, const fct_run *run);

#endif
