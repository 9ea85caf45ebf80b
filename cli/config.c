#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONFIG_BYTES = 1 << 20 };

/* Where the file is; false where there is no place for one. *must_exist: the user named it. */
static bool find_file(const invocation *in, char *path, size_t size, bool *must_exist)
{
    const char *named = common_value(in, COMMON_CONFIG);
    const char *folder = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    *must_exist = named != NULL;
    int n = -1;
    if (named)
        n = snprintf(path, size, "%s", named);
    else if (folder && *folder)
        n = snprintf(path, size, "%s/factorium/config", folder);
    else if (home && *home)
        n = snprintf(path, size, "%s/.config/factorium/config", home);
    return n > 0 && (size_t)n < size;
}

static bool read_file(invocation *in, const char *path, bool must_exist)
{
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT && !must_exist)
        return true;
    in->config_text = calloc(1, MAX_CONFIG_BYTES + 1);
    size_t n = file && in->config_text ? fread(in->config_text, 1, MAX_CONFIG_BYTES + 1, file) : 0;
    bool failed = !file || !in->config_text || ferror(file) || n > MAX_CONFIG_BYTES;
    if (failed)
        fprintf(stderr, "factorium %s: error: cannot read the config file %s: %s\n", in->verb->name,
                path, n > MAX_CONFIG_BYTES ? "it is larger than 1 MB" : strerror(errno));
    if (file)
        fclose(file);
    if (!failed)
        in->config_text[n] = '\0';
    return !failed;
}

static bool bad_line(const invocation *in, const char *path, int line, const char *what,
                     const char *text)
{
    fprintf(stderr, "factorium %s: error: %s, line %d: %s: %.60s\n", in->verb->name, path, line,
            what, text);
    return false;
}

/* A setting for this verb. One of a verb's own section must be known; one for all may be another verb's. */
static bool take_setting(invocation *in, const char *path, int line, char *text, bool own_section)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return bad_line(in, path, line, "a setting is written \"name = value\"", text);
    *equals = '\0';
    const char *name = trimmed(text);
    const char *value = trimmed(equals + 1);
    const option *o;
    for (size_t i = 0; (o = option_at(in->verb, i)) != NULL; i++) {
        if (strcmp(o->name, name) != 0)
            continue;
        bool off = !o->argument && (strcmp(value, "no") == 0 || strcmp(value, "0") == 0);
        if (!in->values[i] && *value && !off)
            in->values[i] = value;
        return true;
    }
    return !own_section || bad_line(in, path, line, "this verb has no such setting", name);
}

/* Goes over the file once for each kind of section, because the verb's own settings come first. */
static bool take_sections(invocation *in, const char *path, const char *content, bool own_section)
{
    char *copy = in->config_text;
    memcpy(copy, content, strlen(content) + 1);
    bool inside = !own_section;
    int line = 0;
    for (char *text = copy; text;) {
        char *end = strchr(text, '\n');
        if (end)
            *end = '\0';
        line++;
        char *setting = trimmed(text);
        if (*setting == '[') {
            size_t n = strlen(in->verb->name);
            inside = own_section && strncmp(setting + 1, in->verb->name, n) == 0 &&
                     strcmp(setting + 1 + n, "]") == 0;
        } else if (inside && *setting && *setting != '#' &&
                   !take_setting(in, path, line, setting, own_section)) {
            return false;
        }
        text = end ? end + 1 : NULL;
    }
    return true;
}

bool take_config(invocation *in)
{
    char path[4096];
    bool must_exist;
    if (!find_file(in, path, sizeof path, &must_exist))
        return true;
    if (!read_file(in, path, must_exist) || !in->config_text)
        return in->config_text == NULL && !must_exist;
    /* Values of the first pass must outlive the second: each pass keeps a copy of its own. */
    char *content = strdup(in->config_text);
    char *own = content ? malloc(2 * strlen(content) + 2) : NULL;
    bool good = own != NULL;
    if (good) {
        size_t n = strlen(content) + 1;
        free(in->config_text);
        in->config_text = own;
        good = take_sections(in, path, content, true);
        in->config_text = own + n;
        good = good && take_sections(in, path, content, false);
        in->config_text = own;
    }
    free(content);
    return good;
}
