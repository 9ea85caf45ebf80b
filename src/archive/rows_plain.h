/* Rows of plain numbers, which most files hold and nothing else: read without looking at each byte. */
#ifndef FCT_ARCHIVE_ROWS_PLAIN_H
#define FCT_ARCHIVE_ROWS_PLAIN_H

#include "archive/rows.h"

/*
 * Reads what fct_row_parse would read, to the same bits, where the line holds nothing but unsigned decimals of up to 16
 * digits, times that are whole numbers of the file's unit, "true" and "false". Returns the start of the next line; NULL
 * where the line is not like that, and then it is for fct_row_parse to say what it is. The line ends with '\n';
 * FCT_LINES_PADDING_BYTES behind that may be read, and as many before the line.
 */
const char *fct_row_parse_plain(fct_row_parser *parser, const char *line, size_t row);

#endif
