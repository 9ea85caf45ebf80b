/* Stores: ingest, listing, simulation, queries; and streams as files. */
#include "core.h"

/* ---- Calls that end in a stream -------------------------------------------------------------------- */

static PyObject *stream_made(PyObject *module, int status, struct ArrowArrayStream *stream)
{
    if (status >= 0)
        return stream_new(core_of_module(module), stream);
    if (stream->release)
        stream->release(stream);
    return NULL;
}

typedef struct list_arguments {
    const char *root;
    fct_dataset dataset;
    struct ArrowArrayStream out;
} list_arguments;

static fct_status call_list(void *arguments, const fct_run *run, fct_error *err)
{
    list_arguments *a = arguments;
    return fct_store_list(a->root, &a->dataset, NULL, 0, run, &a->out, err);
}

/* store_list(root, dataset, run) */
static PyObject *store_list(PyObject *module, PyObject *arguments)
{
    PyObject *dataset;
    PyObject *run;
    list_arguments a = {.root = NULL};
    if (!PyArg_ParseTuple(arguments, "sOO", &a.root, &dataset, &run) ||
        dataset_from_tuple(dataset, &a.dataset) < 0)
        return NULL;
    return stream_made(module, core_call(run, call_list, &a, 0), &a.out);
}

typedef struct query_arguments {
    fct_query_request request;
    const char *sql;
    struct ArrowArrayStream out;
} query_arguments;

/* The run must hold until the stream is released, which may be long after; so it is not given. */
static fct_status call_query(void *arguments, const fct_run *run, fct_error *err)
{
    (void)run;
    query_arguments *a = arguments;
    return fct_query(&a->request, a->sql, NULL, &a->out, err);
}

/* query(sql, store, panel, allow_external, run) */
static PyObject *query(PyObject *module, PyObject *arguments)
{
    int allow_external;
    PyObject *run;
    query_arguments a = {.sql = NULL};
    if (!PyArg_ParseTuple(arguments, "szzpO", &a.sql, &a.request.store, &a.request.panel,
                          &allow_external, &run))
        return NULL;
    a.request.allow_external = allow_external != 0;
    return stream_made(module, core_call(run, call_query, &a, 0), &a.out);
}

/* ---- Ingest and simulation --------------------------------------------------------------------------- */

typedef struct ingest_arguments {
    const char **paths;
    size_t n_paths;
    const char *store;
    fct_ingest_options options;
    fct_column_map map;
    fct_ingest_report report;
} ingest_arguments;

static fct_status call_ingest(void *arguments, const fct_run *run, fct_error *err)
{
    ingest_arguments *a = arguments;
    return fct_ingest(a->paths, a->n_paths, a->store, &a->options, run, &a->report, err);
}

/* ingest(paths, store, dataset, symbol, map, skip_bad_rows, again, run) -> the report as a dict */
static PyObject *ingest(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *paths;
    PyObject *dataset;
    PyObject *map;
    PyObject *run;
    int skip;
    int again;
    ingest_arguments a = {.paths = NULL};
    if (!PyArg_ParseTuple(arguments, "OsOzOppO", &paths, &a.store, &dataset, &a.options.symbol,
                          &map, &skip, &again, &run) ||
        dataset_from_tuple(dataset, &a.options.dataset) < 0 ||
        map_from_object(map, &a.map, &a.options.map) < 0 ||
        texts_from_list(paths, &a.paths, &a.n_paths) < 0)
        return NULL;
    a.options.on_bad_row = skip ? FCT_BAD_ROW_SKIP : FCT_BAD_ROW_STOP;
    a.options.again = again != 0;
    int status = core_call(run, call_ingest, &a, 0);
    PyMem_Free(a.paths);
    if (status < 0)
        return NULL;
    const fct_ingest_report *r = &a.report;
    return Py_BuildValue("{sLsLsLsLsLsLsLsLsLsL}", "files", (long long)r->n_files,
                         "files_unchanged", (long long)r->n_files_unchanged, "files_failed",
                         (long long)r->n_files_failed, "days", (long long)r->n_days, "rows",
                         (long long)r->n_rows, "neighbour_rows", (long long)r->n_neighbour_rows,
                         "duplicate_rows", (long long)r->n_duplicate_rows, "bad_rows",
                         (long long)r->n_bad_rows, "bytes_read", (long long)r->bytes_read,
                         "bytes_written", (long long)r->bytes_written);
}

typedef struct simulate_arguments {
    const char *folder;
    fct_simulate_options options;
} simulate_arguments;

static fct_status call_simulate(void *arguments, const fct_run *run, fct_error *err)
{
    simulate_arguments *a = arguments;
    return fct_simulate(a->folder, &a->options, run, err);
}

/* simulate(folder, dataset, n_symbols, n_days, first_day, n_trades_per_day, seed, run) */
static PyObject *simulate(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *dataset;
    PyObject *run;
    long long first_day;
    long long n_trades;
    unsigned long long seed;
    simulate_arguments a = {.folder = NULL};
    if (!PyArg_ParseTuple(arguments, "sOiiLLKO", &a.folder, &dataset, &a.options.n_symbols,
                          &a.options.n_days, &first_day, &n_trades, &seed, &run) ||
        dataset_from_tuple(dataset, &a.options.dataset) < 0)
        return NULL;
    a.options.first_day = first_day;
    a.options.n_trades_per_day = n_trades;
    a.options.seed = seed;
    if (core_call(run, call_simulate, &a, 0) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- Files -------------------------------------------------------------------------------------------- */

typedef struct write_arguments {
    struct ArrowArrayStream stream;
    const char *path;
    fct_format format;
    int64_t n_rows;
} write_arguments;

static fct_status call_write(void *arguments, const fct_run *run, fct_error *err)
{
    write_arguments *a = arguments;
    return fct_write_file(&a->stream, a->path, a->format, run, &a->n_rows, err);
}

/* write_file(source, path, format, run) -> rows; format is a name, or None for the path's suffix */
static PyObject *write_file(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *source;
    PyObject *run;
    const char *format;
    fct_error err;
    write_arguments a = {.format = FCT_FORMAT_AUTO};
    if (!PyArg_ParseTuple(arguments, "OszO", &source, &a.path, &format, &run))
        return NULL;
    if (format && core_check(fct_format_parse(format, &a.format, &err), &err, 0) < 0)
        return NULL;
    if (stream_take(source, &a.stream) < 0)
        return NULL;
    int status = core_call(run, call_write, &a, 0);
    if (a.stream.release)
        a.stream.release(&a.stream);
    return status < 0 ? NULL : PyLong_FromLongLong(a.n_rows);
}

PyMethodDef store_functions[] = {
    {"store_list", store_list, METH_VARARGS, "What a store holds."},
    {"query", query, METH_VARARGS, "The rows of a query."},
    {"ingest", ingest, METH_VARARGS, "Archive files become a store."},
    {"simulate", simulate, METH_VARARGS, "Writes a simulated archive."},
    {"write_file", write_file, METH_VARARGS, "Writes a stream to a file."},
    {NULL, NULL, 0, NULL},
};
