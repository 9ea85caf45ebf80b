#include <dlfcn.h>
#include <pthread.h>

#include "store/sql_duckdb.h"

struct fct_duckdb fct_duckdb;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *library; /* never closed: DuckDB keeps threads' data that outlive a database */

static const struct {
    const char *name;
    void **function;
} functions[] = {
#define FCT_DUCKDB_ROW(name) {"duckdb_" #name, (void **)&fct_duckdb.name},
    FCT_DUCKDB_FUNCTIONS(FCT_DUCKDB_ROW)
#undef FCT_DUCKDB_ROW
};

/* Found as libraries are: by the run path of what factorium lies in, then where the system looks. */
static fct_status load(fct_error *err)
{
    void *found = dlopen("libduckdb.so", RTLD_NOW | RTLD_LOCAL);
    if (!found)
        return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                             "this needs DuckDB's library, which cannot be loaded: %s; put "
                             "libduckdb.so beside factorium's library, or name its folder in "
                             "LD_LIBRARY_PATH",
                             dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        *functions[i].function = dlsym(found, functions[i].name);
        if (!*functions[i].function) {
            dlclose(found);
            return fct_error_set(err, FCT_ERROR_UNSUPPORTED,
                                 "the libduckdb.so that was found has no %s: another version of "
                                 "DuckDB is needed",
                                 functions[i].name);
        }
    }
    library = found;
    return FCT_OK;
}

fct_status fct_duckdb_load(fct_error *err)
{
    pthread_mutex_lock(&lock);
    fct_status status = library ? FCT_OK : load(err);
    pthread_mutex_unlock(&lock);
    return status;
}
