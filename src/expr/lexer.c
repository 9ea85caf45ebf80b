#include "expr/lexer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* ---- Errors ----------------------------------------------------------------------------------- */

fct_status fct_error_at(fct_error *err, const char *text, size_t position, const char *format, ...)
{
    char message[512];
    size_t line = 1;
    size_t line_start = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    for (size_t i = 0; i < position; i++)
        if (text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    fct_error_set(err, FCT_ERROR_ARGUMENT, "line %zu, column %zu: %s", line,
                  fct_text_n_characters(text + line_start, position - line_start) + 1, message);
    if (err)
        err->position = (int64_t)position;
    return FCT_ERROR_ARGUMENT;
}

const char *fct_token_describe(const char *text, const fct_token *token, char *out, size_t size)
{
    if (token->kind == FCT_TOKEN_END)
        return "the end";
    if (token->kind == FCT_TOKEN_BREAK)
        return text[token->position] == ';' ? "';'" : "the end of the line";
    char quoted[48];
    fct_text_quote(text + token->position, token->n_bytes, quoted, sizeof quoted);
    snprintf(out, size, "'%s'", quoted);
    return out;
}

/* ---- Tokens ----------------------------------------------------------------------------------- */

/* The longer of two that begin alike comes first. */
static const struct {
    const char *text;
    fct_token_kind kind;
} signs[] = {
    {"**", FCT_TOKEN_POWER},  {"<=", FCT_TOKEN_LESS_EQUAL}, {">=", FCT_TOKEN_GREATER_EQUAL},
    {"==", FCT_TOKEN_EQUAL},  {"!=", FCT_TOKEN_NOT_EQUAL},  {"&&", FCT_TOKEN_AND},
    {"||", FCT_TOKEN_OR},     {"(", FCT_TOKEN_OPEN},        {")", FCT_TOKEN_CLOSE},
    {",", FCT_TOKEN_COMMA},   {"=", FCT_TOKEN_ASSIGN},      {"?", FCT_TOKEN_QUESTION},
    {":", FCT_TOKEN_COLON},   {"!", FCT_TOKEN_NOT},         {"<", FCT_TOKEN_LESS},
    {">", FCT_TOKEN_GREATER}, {"+", FCT_TOKEN_PLUS},        {"-", FCT_TOKEN_MINUS},
    {"*", FCT_TOKEN_STAR},    {"/", FCT_TOKEN_SLASH},       {"^", FCT_TOKEN_POWER},
    {";", FCT_TOKEN_BREAK},   {"\n", FCT_TOKEN_BREAK},
};

static const struct {
    const char *text;
    fct_token_kind kind;
    double number;
} words[] = {
    {"and", FCT_TOKEN_AND, 0},     {"or", FCT_TOKEN_OR, 0},        {"not", FCT_TOKEN_NOT, 0},
    {"true", FCT_TOKEN_NUMBER, 1}, {"false", FCT_TOKEN_NUMBER, 0}, {"nan", FCT_TOKEN_NUMBER, NAN},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static void skip_blanks(fct_lexer *lexer)
{
    const char *text = lexer->text;
    for (;; lexer->position++) {
        char c = text[lexer->position];
        if (c == '#') {
            lexer->position += strcspn(text + lexer->position, "\n");
            c = text[lexer->position];
        }
        if (c != ' ' && c != '\t' && c != '\r' && !(c == '\n' && lexer->depth))
            return;
    }
}

static size_t scan_digits(const char *text)
{
    size_t n = 0;
    while (is_digit(text[n]))
        n++;
    return n;
}

/* The bytes of a number without a sign: digits, a point, an exponent. */
static size_t number_bytes(const char *text)
{
    size_t n = scan_digits(text);
    if (text[n] == '.')
        n += 1 + scan_digits(text + n + 1);
    if (text[n] == 'e' || text[n] == 'E') {
        size_t sign = text[n + 1] == '+' || text[n + 1] == '-';
        size_t n_exponent = scan_digits(text + n + 1 + sign);
        n += n_exponent ? 1 + sign + n_exponent : 0;
    }
    return n;
}

static fct_status read_number(const fct_lexer *lexer, fct_token *token, fct_error *err)
{
    const char *start = lexer->text + lexer->position;
    token->kind = FCT_TOKEN_NUMBER;
    token->n_bytes = number_bytes(start);
    token->number = strtod(start, NULL);
    if (is_word_start(start[token->n_bytes]))
        return fct_error_at(err, lexer->text, lexer->position,
                            "a number runs into a letter: put an operator between them");
    if (isinf(token->number))
        return fct_error_at(err, lexer->text, lexer->position, "the number is too large");
    return FCT_OK;
}

static void read_word(const fct_lexer *lexer, fct_token *token)
{
    const char *start = lexer->text + lexer->position;
    size_t n = 1;
    while (is_word_start(start[n]) || is_digit(start[n]) ||
           (start[n] == '.' && (is_word_start(start[n + 1]) || is_digit(start[n + 1]))))
        n++;
    token->kind = FCT_TOKEN_NAME;
    token->n_bytes = n;
    /* qlib writes columns as $close. */
    size_t skip = *start == '$' && n > 1;
    token->name = start + skip;
    token->n_name = n - skip;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].text) == n && strncasecmp(words[i].text, start, n) == 0) {
            token->kind = words[i].kind;
            token->number = words[i].number;
        }
}

static fct_status read_quoted(const fct_lexer *lexer, fct_token *token, fct_error *err)
{
    const char *start = lexer->text + lexer->position;
    const char *end = strchr(start + 1, *start);
    const char *line_end = start + strcspn(start, "\n");
    if (!end || end > line_end)
        return fct_error_at(err, lexer->text, lexer->position,
                            "the quote is not closed on its line");
    if (end == start + 1)
        return fct_error_at(err, lexer->text, lexer->position, "there is nothing in the quotes");
    token->kind = *start == '`' ? FCT_TOKEN_NAME : FCT_TOKEN_STRING;
    token->n_bytes = (size_t)(end - start) + 1;
    token->name = start + 1;
    token->n_name = token->n_bytes - 2;
    return FCT_OK;
}

static fct_status read_sign(const fct_lexer *lexer, fct_token *token, fct_error *err)
{
    const char *start = lexer->text + lexer->position;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].text);
        if (strncmp(start, signs[i].text, n) == 0) {
            token->kind = signs[i].kind;
            token->n_bytes = n;
            return FCT_OK;
        }
    }
    if (*start == '&' || *start == '|')
        return fct_error_at(err, lexer->text, lexer->position, "write '%c%c', not a single '%c'",
                            *start, *start, *start);
    if ((unsigned char)*start >= 0x80 || (unsigned char)*start < 0x20)
        return fct_error_at(err, lexer->text, lexer->position,
                            "byte 0x%02x does not belong into an expression; names with other "
                            "than ASCII letters go between backquotes",
                            (unsigned)(unsigned char)*start);
    return fct_error_at(err, lexer->text, lexer->position,
                        "'%c' does not belong into an expression", *start);
}

fct_status fct_lexer_next(fct_lexer *lexer, fct_token *token, fct_error *err)
{
    skip_blanks(lexer);
    const char *start = lexer->text + lexer->position;
    *token = (fct_token){.kind = FCT_TOKEN_END, .position = lexer->position};
    if (!*start)
        return FCT_OK;
    if (is_digit(*start) || (*start == '.' && is_digit(start[1])))
        FCT_TRY(read_number(lexer, token, err));
    else if (is_word_start(*start))
        read_word(lexer, token);
    else if (*start == '"' || *start == '\'' || *start == '`')
        FCT_TRY(read_quoted(lexer, token, err));
    else
        FCT_TRY(read_sign(lexer, token, err));
    lexer->position += token->n_bytes;
    if (token->kind == FCT_TOKEN_OPEN)
        lexer->depth++;
    if (token->kind == FCT_TOKEN_CLOSE && lexer->depth)
        lexer->depth--;
    return FCT_OK;
}
