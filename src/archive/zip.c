#include "archive/zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { MAX_SHOWN_MEMBERS = 8 };

/*
 * Extracting tools would write such a member outside their folder; a file that holds one is not to
 * be trusted.
 */
static bool leaves_folder(const char *name)
{
    if (name[0] == '/' || strchr(name, '\\') || (name[0] && name[1] == ':'))
        return true;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

static bool is_csv(const char *name)
{
    size_t n = strlen(name);
    return strncmp(name, "__MACOSX/", 9) != 0 && n >= 4 && strcasecmp(name + n - 4, ".csv") == 0;
}

/* Lists the members in a message about their number. */
static fct_status not_one_csv(const char *path, zip_t *zip, int64_t n_members, int64_t n_csv,
                              fct_error *err)
{
    fct_text list = {0};
    fct_status status = FCT_OK;
    int64_t n_shown = n_members < MAX_SHOWN_MEMBERS ? n_members : MAX_SHOWN_MEMBERS;
    for (int64_t i = 0; i < n_shown; i++) {
        const char *name = zip_get_name(zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        char shown[100];
        fct_text_quote(name ? name : "?", name ? strlen(name) : 1, shown, sizeof shown);
        FCT_TRY_OUT(fct_text_append_format(&list, err, "%s\"%s\"", i ? ", " : "", shown));
    }
    if (n_shown < n_members)
        FCT_TRY_OUT(fct_text_append_format(&list, err, ", ..."));
    if (n_members == 0)
        status = fct_error_set(err, FCT_ERROR_DATA, "%s is a ZIP without members", path);
    else
        status = fct_error_set(err, FCT_ERROR_DATA,
                               "%s holds %lld CSV files where one is expected; its members are %s: "
                               "unpack it and read the files by themselves",
                               path, (long long)n_csv, list.data);
out:
    fct_text_free(&list);
    return status;
}

static fct_status find_csv(const char *path, zip_t *zip, zip_uint64_t *index, fct_error *err)
{
    int64_t n_members = zip_get_num_entries(zip, 0), n_csv = 0;
    for (int64_t i = 0; i < n_members; i++) {
        const char *name = zip_get_name(zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        if (!name)
            return fct_error_set(err, FCT_ERROR_INTEGRITY, "%s: the name of member %lld is damaged",
                                 path, (long long)i + 1);
        if (leaves_folder(name)) {
            char shown[100];
            return fct_error_set(
                err, FCT_ERROR_DATA,
                "%s: the member name \"%s\" points outside the archive; such a file "
                "is not read",
                path, fct_text_quote(name, strlen(name), shown, sizeof shown));
        }
        if (is_csv(name)) {
            *index = (zip_uint64_t)i;
            n_csv++;
        }
    }
    return n_csv == 1 ? FCT_OK : not_one_csv(path, zip, n_members, n_csv, err);
}

static fct_status open_member(const char *path, zip_uint64_t index, fct_zip_member *member,
                              fct_error *err)
{
    const zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD;
    zip_stat_t info;
    if (zip_stat_index(member->zip, index, ZIP_FL_ENC_RAW, &info) != 0 ||
        (info.valid & needed) != needed)
        return fct_error_set(err, FCT_ERROR_INTEGRITY, "%s: its directory is damaged (%s)", path,
                             zip_strerror(member->zip));
    char shown[100];
    fct_text_quote(info.name, strlen(info.name), shown, sizeof shown);
    member->name = fct_text_copy(shown);
    if (!member->name)
        return fct_error_memory(err, sizeof shown);
    if ((info.valid & ZIP_STAT_ENCRYPTION_METHOD) && info.encryption_method != ZIP_EM_NONE)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "%s: its member \"%s\" is encrypted: unpack it and read the CSV", path,
                             shown);
    if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE)
        return fct_error_set(
            err, FCT_ERROR_UNSUPPORTED,
            "%s: its member \"%s\" is compressed by method %d, and only deflate (8) "
            "and none (0) are read: unpack it and read the CSV",
            path, shown, info.comp_method);
    member->deflated = info.comp_method == ZIP_CM_DEFLATE;
    member->compressed_bytes = info.comp_size;
    member->expected_bytes = info.size;
    member->expected_crc = info.crc;
    /* Inflating here rather than in the library tells how much went in for what came out. */
    member->file = zip_fopen_index(member->zip, index, ZIP_FL_COMPRESSED);
    if (!member->file)
        return fct_error_set(
            err, FCT_ERROR_INTEGRITY,
            "%s: its member \"%s\" cannot be read (%s): the file is damaged; fetch "
            "it again",
            path, shown, zip_strerror(member->zip));
    return FCT_OK;
}

fct_status fct_zip_member_open(const char *path, fct_zip_member *member, fct_error *err)
{
    *member = (fct_zip_member){0};
    int code = 0;
    zip_uint64_t index = 0;
    member->zip = zip_open(path, ZIP_RDONLY, &code);
    if (!member->zip) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        bool no_memory = code == ZIP_ER_MEMORY, unreadable = code == ZIP_ER_OPEN;
        fct_status status = fct_error_set(
            err,
            no_memory    ? FCT_ERROR_MEMORY
            : unreadable ? FCT_ERROR_IO
                         : FCT_ERROR_INTEGRITY,
            "%s: the ZIP file cannot be opened (%s): it is cut off or damaged; fetch it again",
            path, zip_error_strerror(&error));
        zip_error_fini(&error);
        return status;
    }
    fct_status status = find_csv(path, member->zip, &index, err);
    if (status == FCT_OK)
        status = open_member(path, index, member, err);
    if (status != FCT_OK)
        fct_zip_member_close(member);
    return status;
}

void fct_zip_member_close(fct_zip_member *member)
{
    if (member->file)
        zip_fclose(member->file);
    if (member->zip)
        zip_discard(member->zip);
    free(member->name);
    *member = (fct_zip_member){0};
}
