/* .part files that a killed sync left of days that the store has by now. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "sync/sync.h"

static const char suffix[] = ".part";

/* Whether this sync fetches the file, or may. */
static bool is_planned(const fct_sync_run *sync, size_t symbol, const char *name)
{
    for (size_t i = 0; i < sync->n_archives; i++)
        if (sync->archives[i].symbol == symbol &&
            strcmp(fct_path_name(sync->archives[i].path), name) == 0)
            return true;
    return false;
}

/* Only of the days asked for: others may be in the middle of something. */
static bool is_of_range(const fct_sync_run *sync, const char *name)
{
    fct_archive_name said;
    sync->exchange->parse_path(name, &said);
    return said.first_day != INT64_MIN && said.first_day >= sync->from_day &&
           said.first_day + said.n_days <= sync->to_day;
}

static fct_status remove_one(const fct_sync_run *sync, size_t symbol, const char *name,
                             fct_error *err)
{
    fct_part part;
    bool is_mine;
    FCT_TRY(fct_part_claim(&part, sync->request->store, &sync->symbols[symbol].key, name, &is_mine,
                           err));
    if (is_mine)
        fct_part_remove(&part);
    return FCT_OK;
}

fct_status fct_sync_remove_leftovers(fct_sync_run *sync, fct_error *err)
{
    fct_status status = FCT_OK;
    for (size_t symbol = 0; symbol < sync->n_symbols && status == FCT_OK; symbol++) {
        fct_text path = {0};
        char name[256];
        status = fct_part_path(&path, sync->request->store, &sync->symbols[symbol].key, "", err);
        if (status != FCT_OK) {
            fct_text_free(&path);
            return status;
        }
        *strrchr(path.data, '/') = '\0';
        DIR *dir = opendir(path.data);
        for (struct dirent *entry; status == FCT_OK && dir && (entry = readdir(dir));) {
            size_t n = strlen(entry->d_name);
            size_t n_name = n - (sizeof suffix - 1);
            if (n < sizeof suffix || strcmp(entry->d_name + n_name, suffix) != 0)
                continue;
            memcpy(name, entry->d_name, n_name);
            name[n_name] = '\0';
            if (is_of_range(sync, name) && !is_planned(sync, symbol, name))
                status = remove_one(sync, symbol, name, err);
        }
        if (dir)
            closedir(dir);
        fct_text_free(&path);
    }
    return status;
}
