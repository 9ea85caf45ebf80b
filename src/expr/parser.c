/*
 * A parser by recursive descent, a function for each level of precedence, from loose to tight: ?: || && ! comparison, + -, * /,
 * unary -, ^. There is no tree: each function gives the node of what it read.
 */
#include "expr/parser.h"

#include <stdlib.h>
#include <string.h>

typedef struct parser {
    fct_scope *scope;
    fct_lexer lexer;
    fct_token token; /* the next one */
    size_t end;      /* behind the token before it */
    size_t depth;
} parser;

static fct_status parse_ternary(parser *p, uint32_t *node, fct_error *err);

/* ---- Tokens ----------------------------------------------------------------------------------- */

static fct_status advance(parser *p, fct_error *err)
{
    p->end = p->token.position + p->token.n_bytes;
    return fct_lexer_next(&p->lexer, &p->token, err);
}

/* After an operator the expression goes on in the next line. */
static fct_status advance_over_lines(parser *p, fct_error *err)
{
    do
        FCT_TRY(advance(p, err));
    while (p->token.kind == FCT_TOKEN_BREAK && p->lexer.text[p->token.position] == '\n');
    return FCT_OK;
}

static fct_status expected(const parser *p, const char *what, fct_error *err)
{
    char found[64];
    const char *token = fct_token_describe(p->lexer.text, &p->token, found, sizeof found);
    return fct_error_at(err, p->lexer.text, p->token.position, "expected %s, found %s", what,
                        token);
}

static fct_status expect(parser *p, fct_token_kind kind, const char *what, fct_error *err)
{
    if (p->token.kind != kind)
        return expected(p, what, err);
    return advance(p, err);
}

static fct_status enter(parser *p, fct_error *err)
{
    if (++p->depth > FCT_EXPR_MAX_DEPTH)
        return fct_error_at(err, p->lexer.text, p->token.position,
                            "more than %d levels of nesting: give parts of it names",
                            FCT_EXPR_MAX_DEPTH);
    return FCT_OK;
}

/* ---- Calls ------------------------------------------------------------------------------------ */

enum { MAX_ARGUMENTS = FCT_OP_MAX_SERIES + FCT_OP_MAX_PARAMETERS };

/* What follows the next token, without reading it. */
static fct_token_kind peek(const parser *p)
{
    fct_lexer ahead = p->lexer;
    fct_token token;
    if (fct_lexer_next(&ahead, &token, NULL) != FCT_OK)
        return FCT_TOKEN_END;
    return token.kind;
}

static fct_status parse_argument(parser *p, fct_argument *a, fct_error *err)
{
    *a = (fct_argument){.position = p->token.position};
    if (p->token.kind == FCT_TOKEN_NAME && peek(p) == FCT_TOKEN_ASSIGN) {
        a->name = p->token.name;
        a->n_name = p->token.n_name;
        FCT_TRY(advance(p, err));
        FCT_TRY(advance(p, err));
        a->position = p->token.position;
    }
    a->is_string = p->token.kind == FCT_TOKEN_STRING;
    fct_token_kind next = FCT_TOKEN_END;
    if (p->token.kind == FCT_TOKEN_NAME)
        next = peek(p);
    if (!a->is_string && next != FCT_TOKEN_COMMA && next != FCT_TOKEN_CLOSE)
        return parse_ternary(p, &a->node, err);
    a->word = p->token.name;
    a->n_word = p->token.n_name;
    return advance(p, err);
}

static fct_status parse_call(parser *p, const fct_token *name, uint32_t *node, fct_error *err)
{
    fct_argument arguments[MAX_ARGUMENTS];
    size_t n = 0;
    FCT_TRY(advance(p, err));
    while (p->token.kind != FCT_TOKEN_CLOSE) {
        if (n == MAX_ARGUMENTS)
            return fct_error_at(err, p->lexer.text, p->token.position,
                                "no operator takes more than %d arguments", MAX_ARGUMENTS);
        FCT_TRY(parse_argument(p, &arguments[n++], err));
        if (p->token.kind == FCT_TOKEN_COMMA) {
            FCT_TRY(advance(p, err));
            if (p->token.kind == FCT_TOKEN_CLOSE)
                return expected(p, "an argument", err);
        } else if (p->token.kind != FCT_TOKEN_CLOSE) {
            return expected(p, "',' or ')'", err);
        }
    }
    FCT_TRY(advance(p, err));
    return fct_scope_call(p->scope, name->name, name->n_name, name->position, arguments, n, node,
                          err);
}

/* ---- Levels ----------------------------------------------------------------------------------- */

static fct_status parse_primary(parser *p, uint32_t *node, fct_error *err)
{
    const fct_token token = p->token;
    switch (token.kind) {
    case FCT_TOKEN_NUMBER:
        FCT_TRY(advance(p, err));
        return fct_graph_number(p->scope->graph, token.number, node, err);
    case FCT_TOKEN_NAME:
        FCT_TRY(advance(p, err));
        if (p->token.kind == FCT_TOKEN_OPEN)
            return parse_call(p, &token, node, err);
        return fct_scope_name(p->scope, token.name, token.n_name, token.position, node, err);
    case FCT_TOKEN_OPEN:
        FCT_TRY(advance(p, err));
        FCT_TRY(parse_ternary(p, node, err));
        return expect(p, FCT_TOKEN_CLOSE, "')'", err);
    default:
        return expected(p, "a number, a name or '('", err);
    }
}

static fct_status operate(const parser *p, const char *operator, const uint32_t * series, size_t n,
                          size_t position, uint32_t *node, fct_error *err)
{
    return fct_scope_operator(p->scope, operator, series, n, position, node, err);
}

static fct_status parse_unary(parser *p, uint32_t *node, fct_error *err);

/* -2 ^ 2 is -4, 2 ^ -1 is allowed, 2 ^ 3 ^ 2 is 2 ^ 9. */
static fct_status parse_power(parser *p, uint32_t *node, fct_error *err)
{
    FCT_TRY(parse_primary(p, node, err));
    if (p->token.kind != FCT_TOKEN_POWER)
        return FCT_OK;
    size_t position = p->token.position;
    uint32_t series[2] = {*node};
    FCT_TRY(enter(p, err));
    FCT_TRY(advance_over_lines(p, err));
    FCT_TRY(parse_unary(p, &series[1], err));
    p->depth--;
    return operate(p, "power", series, 2, position, node, err);
}

static fct_status parse_unary(parser *p, uint32_t *node, fct_error *err)
{
    fct_token_kind kind = p->token.kind;
    size_t position = p->token.position;
    if (kind != FCT_TOKEN_MINUS && kind != FCT_TOKEN_PLUS)
        return parse_power(p, node, err);
    FCT_TRY(enter(p, err));
    FCT_TRY(advance(p, err));
    FCT_TRY(parse_unary(p, node, err));
    p->depth--;
    return kind == FCT_TOKEN_PLUS ? FCT_OK : operate(p, "negate", node, 1, position, node, err);
}

/* Left-associative operators, the tighter level last. */
static const struct {
    fct_token_kind kind;
    int level;
    const char *operator;
} infix[] = {
    {FCT_TOKEN_PLUS, 0, "add"},
    {FCT_TOKEN_MINUS, 0, "subtract"},
    {FCT_TOKEN_STAR, 1, "multiply"},
    {FCT_TOKEN_SLASH, 1, "divide"},
};

static const char *infix_at(const parser *p, int level)
{
    for (size_t i = 0; i < sizeof infix / sizeof *infix; i++)
        if (infix[i].kind == p->token.kind && infix[i].level == level)
            return infix[i].operator;
    return NULL;
}

static fct_status parse_infix(parser *p, int level, uint32_t *node, fct_error *err)
{
    enum { LEVELS = 2 };
    if (level == LEVELS)
        return parse_unary(p, node, err);
    FCT_TRY(parse_infix(p, level + 1, node, err));
    for (const char *operator; (operator= infix_at(p, level));) {
        size_t position = p->token.position;
        uint32_t series[2] = {*node};
        FCT_TRY(advance_over_lines(p, err));
        FCT_TRY(parse_infix(p, level + 1, &series[1], err));
        FCT_TRY(operate(p, operator, series, 2, position, node, err));
    }
    return FCT_OK;
}

static const char *comparison_at(const parser *p)
{
    static const struct {
        fct_token_kind kind;
        const char *operator;
    } comparisons[] = {
        {FCT_TOKEN_LESS, "less"},       {FCT_TOKEN_LESS_EQUAL, "less_equal"},
        {FCT_TOKEN_GREATER, "greater"}, {FCT_TOKEN_GREATER_EQUAL, "greater_equal"},
        {FCT_TOKEN_EQUAL, "equal"},     {FCT_TOKEN_NOT_EQUAL, "not_equal"},
    };
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (comparisons[i].kind == p->token.kind)
            return comparisons[i].operator;
    return NULL;
}

static fct_status parse_comparison(parser *p, uint32_t *node, fct_error *err)
{
    FCT_TRY(parse_infix(p, 0, node, err));
    const char *operator= comparison_at(p);
    if (!operator)
        return FCT_OK;
    size_t position = p->token.position;
    uint32_t series[2] = {*node};
    FCT_TRY(advance_over_lines(p, err));
    FCT_TRY(parse_infix(p, 0, &series[1], err));
    if (comparison_at(p))
        return fct_error_at(err, p->lexer.text, p->token.position,
                            "comparisons do not chain: write a < b && b < c");
    return operate(p, operator, series, 2, position, node, err);
}

static fct_status parse_not(parser *p, uint32_t *node, fct_error *err)
{
    size_t position = p->token.position;
    if (p->token.kind != FCT_TOKEN_NOT)
        return parse_comparison(p, node, err);
    FCT_TRY(enter(p, err));
    FCT_TRY(advance(p, err));
    FCT_TRY(parse_not(p, node, err));
    p->depth--;
    return operate(p, "logical_not", node, 1, position, node, err);
}

static fct_status parse_and(parser *p, uint32_t *node, fct_error *err)
{
    FCT_TRY(parse_not(p, node, err));
    while (p->token.kind == FCT_TOKEN_AND) {
        size_t position = p->token.position;
        uint32_t series[2] = {*node};
        FCT_TRY(advance_over_lines(p, err));
        FCT_TRY(parse_not(p, &series[1], err));
        FCT_TRY(operate(p, "logical_and", series, 2, position, node, err));
    }
    return FCT_OK;
}

static fct_status parse_or(parser *p, uint32_t *node, fct_error *err)
{
    FCT_TRY(parse_and(p, node, err));
    while (p->token.kind == FCT_TOKEN_OR) {
        size_t position = p->token.position;
        uint32_t series[2] = {*node};
        FCT_TRY(advance_over_lines(p, err));
        FCT_TRY(parse_and(p, &series[1], err));
        FCT_TRY(operate(p, "logical_or", series, 2, position, node, err));
    }
    return FCT_OK;
}

static fct_status parse_ternary(parser *p, uint32_t *node, fct_error *err)
{
    FCT_TRY(enter(p, err));
    FCT_TRY(parse_or(p, node, err));
    if (p->token.kind == FCT_TOKEN_QUESTION) {
        size_t position = p->token.position;
        uint32_t series[3] = {*node};
        FCT_TRY(advance_over_lines(p, err));
        FCT_TRY(parse_ternary(p, &series[1], err));
        if (p->token.kind != FCT_TOKEN_COLON)
            return expected(p, "':'", err);
        FCT_TRY(advance_over_lines(p, err));
        FCT_TRY(parse_ternary(p, &series[2], err));
        FCT_TRY(operate(p, "if_else", series, 3, position, node, err));
    }
    p->depth--;
    return FCT_OK;
}

/* ---- Statements ------------------------------------------------------------------------------- */

static fct_status parse_statement(parser *p, fct_error *err)
{
    const fct_token name = p->token;
    bool is_bare = true;
    uint32_t node;
    if (name.kind == FCT_TOKEN_NAME && peek(p) == FCT_TOKEN_ASSIGN) {
        is_bare = false;
        FCT_TRY(advance(p, err));
        FCT_TRY(advance_over_lines(p, err));
    }
    size_t start = p->token.position;
    FCT_TRY(parse_ternary(p, &node, err));
    if (p->token.kind == FCT_TOKEN_ASSIGN)
        return fct_error_at(err, p->lexer.text, p->token.position,
                            "'=' gives a name to an expression; '==' compares");
    if (p->token.kind != FCT_TOKEN_BREAK && p->token.kind != FCT_TOKEN_END)
        return expected(p, "an operator or the end of the line", err);
    return fct_scope_define(p->scope, name.name, name.n_name, is_bare, p->lexer.text + start,
                            p->end - start, node, name.position, err);
}

fct_status fct_parse(fct_scope *scope, fct_error *err)
{
    parser p = {.scope = scope, .lexer = {.text = scope->text}};
    FCT_TRY(advance(&p, err));
    while (p.token.kind != FCT_TOKEN_END) {
        if (p.token.kind != FCT_TOKEN_BREAK)
            FCT_TRY(parse_statement(&p, err));
        else
            FCT_TRY(advance(&p, err));
    }
    return FCT_OK;
}
