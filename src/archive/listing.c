#include "archive/listing.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 8, MAX_NAME = 1024, MAX_NAMES = 1 << 20 };

/* Where the parser stands: the elements that matter, everything else being OTHER. */
typedef enum element {
    OTHER,
    RESULT,
    IS_TRUNCATED,
    NEXT_MARKER,
    COMMON_PREFIXES,
    PREFIX,
    CONTENTS,
    KEY
} element;

static const struct {
    const char *name;
    element parent, element;
} elements[] = {
    {"IsTruncated", RESULT, IS_TRUNCATED},
    {"NextMarker", RESULT, NEXT_MARKER},
    {"CommonPrefixes", RESULT, COMMON_PREFIXES},
    {"Prefix", COMMON_PREFIXES, PREFIX},
    {"Contents", RESULT, CONTENTS},
    {"Key", CONTENTS, KEY},
};

typedef struct parsing {
    XML_Parser parser;
    fct_listing *listing;
    element stack[MAX_DEPTH];
    size_t depth;
    bool is_listing;
    char text[MAX_NAME + 1];
    size_t n_text;
    fct_status status; /* of what a handler met */
    fct_error error;
} parsing;

static void stop(parsing *p, const char *what)
{
    p->status = fct_error_set(&p->error, FCT_ERROR_DATA, "%s", what);
    XML_StopParser(p->parser, XML_FALSE);
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    parsing *p = user;
    (void)attributes;
    element parent = p->depth ? p->stack[p->depth - 1] : OTHER;
    element here = OTHER;
    if (p->depth == MAX_DEPTH) {
        stop(p, "its elements are nested too deeply");
        return;
    }
    if (p->depth == 0 && strcmp(name, "ListBucketResult") == 0) {
        here = RESULT;
        p->is_listing = true;
    }
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (elements[i].parent == parent && strcmp(elements[i].name, name) == 0)
            here = elements[i].element;
    p->stack[p->depth++] = here;
    p->n_text = 0;
}

static void on_text(void *user, const XML_Char *text, int n)
{
    parsing *p = user;
    if (p->n_text + (size_t)n > MAX_NAME) {
        if (p->depth && p->stack[p->depth - 1] != OTHER)
            stop(p, "a name in it is longer than 1024 bytes");
        return;
    }
    memcpy(p->text + p->n_text, text, (size_t)n);
    p->n_text += (size_t)n;
}

static void add_name(parsing *p, fct_text_set *set)
{
    uint32_t number;
    if (p->listing->keys.n_texts + p->listing->prefixes.n_texts >= MAX_NAMES)
        stop(p, "it has more than a million names");
    else if ((p->status = fct_text_set_add(set, p->text, p->n_text, &number, &p->error)) != FCT_OK)
        XML_StopParser(p->parser, XML_FALSE);
}

static void on_end(void *user, const XML_Char *name)
{
    parsing *p = user;
    (void)name;
    p->text[p->n_text] = '\0';
    switch (p->stack[--p->depth]) {
    case IS_TRUNCATED:
        p->listing->is_truncated = strcmp(p->text, "true") == 0;
        break;
    case NEXT_MARKER:
        free(p->listing->next_marker);
        p->listing->next_marker = fct_text_copy(p->text);
        if (!p->listing->next_marker) {
            p->status = fct_error_memory(&p->error, p->n_text + 1);
            XML_StopParser(p->parser, XML_FALSE);
        }
        break;
    case PREFIX:
        add_name(p, &p->listing->prefixes);
        break;
    case KEY:
        add_name(p, &p->listing->keys);
        break;
    default:
        break;
    }
    p->n_text = 0;
}

static void on_document_type(void *user, const XML_Char *name, const XML_Char *system,
                             const XML_Char *public, int has_internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_internal;
    stop(user, "it has a document type, as no listing has");
}

/* With a delimiter the server names the next page's marker; without, it is the last key. */
static fct_status find_marker(fct_listing *listing, fct_error *err)
{
    if (!listing->is_truncated || listing->next_marker)
        return FCT_OK;
    const fct_text_set *names = listing->keys.n_texts ? &listing->keys : &listing->prefixes;
    if (!names->n_texts)
        return fct_error_set(err, FCT_ERROR_DATA, "it says that there is more, and not where");
    listing->next_marker = fct_text_copy(names->texts[names->n_texts - 1]);
    return listing->next_marker ? FCT_OK : fct_error_memory(err, 0);
}

fct_status fct_listing_add(fct_listing *listing, const char *xml, size_t n_bytes, fct_error *err)
{
    parsing *p = calloc(1, sizeof *p);
    if (!p)
        return fct_error_memory(err, sizeof *p);
    fct_status status;
    p->listing = listing;
    p->parser = XML_ParserCreate("UTF-8");
    if (!p->parser) {
        free(p);
        return fct_error_memory(err, 0);
    }
    listing->is_truncated = false;
    free(listing->next_marker);
    listing->next_marker = NULL;
    XML_SetUserData(p->parser, p);
    XML_SetElementHandler(p->parser, on_start, on_end);
    XML_SetCharacterDataHandler(p->parser, on_text);
    XML_SetStartDoctypeDeclHandler(p->parser, on_document_type);
    bool parsed =
        n_bytes <= INT32_MAX && XML_Parse(p->parser, xml, (int)n_bytes, XML_TRUE) == XML_STATUS_OK;
    status = p->status;
    if (status != FCT_OK) {
        if (err)
            *err = p->error;
    } else if (!parsed && XML_GetErrorCode(p->parser) == XML_ERROR_NO_MEMORY) {
        status = fct_error_memory(err, n_bytes);
    } else if (!parsed) {
        status = fct_error_set(err, FCT_ERROR_DATA, "line %lu: %s",
                               (unsigned long)XML_GetCurrentLineNumber(p->parser),
                               XML_ErrorString(XML_GetErrorCode(p->parser)));
    } else if (!p->is_listing) {
        status = fct_error_set(err, FCT_ERROR_DATA, "it is no ListBucketResult");
    } else {
        status = find_marker(listing, err);
    }
    XML_ParserFree(p->parser);
    free(p);
    return status;
}

void fct_listing_free(fct_listing *listing)
{
    fct_text_set_free(&listing->prefixes);
    fct_text_set_free(&listing->keys);
    free(listing->next_marker);
    *listing = (fct_listing){0};
}
