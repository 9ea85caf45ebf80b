/* Tokens of the expression language (docs/expressions.md). */
#ifndef FCT_EXPR_LEXER_H
#define FCT_EXPR_LEXER_H

#include "base/status.h"

typedef enum fct_token_kind {
    FCT_TOKEN_END,
    FCT_TOKEN_BREAK, /* newline or ';' */
    FCT_TOKEN_NUMBER,
    FCT_TOKEN_NAME,   /* a word, or anything between backquotes */
    FCT_TOKEN_STRING, /* between '' or "" */
    FCT_TOKEN_OPEN,
    FCT_TOKEN_CLOSE,
    FCT_TOKEN_COMMA,
    FCT_TOKEN_ASSIGN,
    FCT_TOKEN_QUESTION,
    FCT_TOKEN_COLON,
    FCT_TOKEN_OR,
    FCT_TOKEN_AND,
    FCT_TOKEN_NOT,
    FCT_TOKEN_LESS,
    FCT_TOKEN_LESS_EQUAL,
    FCT_TOKEN_GREATER,
    FCT_TOKEN_GREATER_EQUAL,
    FCT_TOKEN_EQUAL,
    FCT_TOKEN_NOT_EQUAL,
    FCT_TOKEN_PLUS,
    FCT_TOKEN_MINUS,
    FCT_TOKEN_STAR,
    FCT_TOKEN_SLASH,
    FCT_TOKEN_POWER
} fct_token_kind;

typedef struct fct_token {
    fct_token_kind kind;
    size_t position, n_bytes; /* in the text */
    const char *name;         /* FCT_TOKEN_NAME, FCT_TOKEN_STRING: without the quotes */
    size_t n_name;
    double number; /* FCT_TOKEN_NUMBER */
} fct_token;

/* Where the lexer stands. `depth` counts open parentheses: within them a newline is a blank. */
typedef struct fct_lexer {
    const char *text; /* NUL-terminated */
    size_t position;
    size_t depth;
} fct_lexer;

/* Reads the next token. FCT_ERROR_ARGUMENT with the position of a character that begins none. */
fct_status fct_lexer_next(fct_lexer *lexer, fct_token *token, fct_error *err);

/* What a token is called in an error: "')'", "a number"; for names and others their text, put into `out`. */
const char *fct_token_describe(const char *text, const fct_token *token, char *out, size_t size);

/* "line 2, column 7: ..." for a place in the text; sets err->position. Always FCT_ERROR_ARGUMENT. */
fct_status fct_error_at(fct_error *err, const char *text, size_t position, const char *format, ...)
    FCT_PRINTF(4, 5);

#endif
