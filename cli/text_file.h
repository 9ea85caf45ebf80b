/* Files of words: expressions, lists. */
#ifndef FCT_CLI_TEXT_FILE_H
#define FCT_CLI_TEXT_FILE_H

#include "options.h"

/* The whole file, or stdin for "-", NUL-terminated; freed with free(). NULL, with a message, where it cannot be read. */
char *read_text_file(const invocation *in, const char *path);

#endif
