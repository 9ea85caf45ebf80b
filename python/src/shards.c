/* Plans of shards: making one, what is in it, running a shard, merging. Plans are files, so that a worker needs a path alone. */
#include <string.h>

#include "core.h"

/* ---- Planning -------------------------------------------------------------------------------------- */

typedef struct plan_arguments {
    fct_shard_request request;
    bars_request bars;
    fct_panel_selection selection;
    fct_plan_options options;
    const char **symbols;
    const char *path;
} plan_arguments;

static int request_from_dict(PyObject *dict, plan_arguments *a)
{
    fct_shard_request *r = &a->request;
    const char *dialect = NULL;
    int64_t n_shards = 1;
    bool skip_columns = false;
    fct_error err;
    if (!PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "a request is a dict");
        return -1;
    }
    PyObject *bars = PyDict_GetItemString(dict, "bars");
    PyObject *symbols = PyDict_GetItemString(dict, "symbols");
    if ((bars && bars != Py_None && bars_request_from_dict(bars, &a->bars) < 0) ||
        text_from_dict(dict, "panel", &r->panel) < 0 ||
        (symbols && texts_from_list(symbols, &a->symbols, &a->selection.n_symbols) < 0) ||
        int_from_dict(dict, "from_ms", &a->selection.from_ms) < 0 ||
        int_from_dict(dict, "to_ms", &a->selection.to_ms) < 0 ||
        text_from_dict(dict, "attributes", &r->attributes) < 0 ||
        text_from_dict(dict, "expressions", &r->expressions) < 0 ||
        text_from_dict(dict, "dialect", &dialect) < 0 ||
        bool_from_dict(dict, "strict_cross_sections", &a->options.strict_cross_sections) < 0 ||
        bool_from_dict(dict, "skip_missing_columns", &skip_columns) < 0 ||
        int_from_dict(dict, "n_shards", &n_shards) < 0 ||
        text_from_dict(dict, "work", &r->work) < 0)
        return -1;
    if (dialect &&
        core_check(fct_dialect_parse(dialect, &a->options.dialect, &err), &err, 0) != FCT_OK)
        return -1;
    a->selection.symbols = a->symbols;
    r->bars = bars && bars != Py_None ? &a->bars.request : NULL;
    r->selection = &a->selection;
    r->options = &a->options;
    r->missing_columns = skip_columns ? FCT_MISSING_SKIP : FCT_MISSING_ERROR;
    r->n_shards = n_shards < 0 ? 0 : (size_t)n_shards;
    return 0;
}

static fct_status call_plan(void *arguments, const fct_run *run, fct_error *err)
{
    const plan_arguments *a = arguments;
    fct_shard_plan *plan;
    fct_status made = fct_shard_plan_make(&a->request, run, &plan, err);
    fct_status status = made;
    if (plan) {
        fct_error why = {0};
        status = fct_shard_plan_write(plan, a->path, &why);
        if (status != FCT_OK)
            *err = why;
    }
    fct_shard_plan_free(plan);
    return status == FCT_OK ? made : status;
}

/* shard_plan(request, path, run) */
static PyObject *shard_plan(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *request;
    PyObject *run;
    plan_arguments a = {.path = NULL};
    if (!PyArg_ParseTuple(arguments, "OsO", &request, &a.path, &run))
        return NULL;
    int status = request_from_dict(request, &a) < 0 ? -1 : core_call(run, call_plan, &a, 0);
    PyMem_Free(a.bars.symbols);
    PyMem_Free(a.symbols);
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- What is in a plan ----------------------------------------------------------------------------- */

/* NULL with an exception. */
static fct_shard_plan *read_plan(const char *path)
{
    fct_shard_plan *plan;
    fct_status status;
    fct_error err = {.position = -1};
    Py_BEGIN_ALLOW_THREADS; /* it may lie on S3 */
    status = fct_shard_plan_read(path, &plan, &err);
    Py_END_ALLOW_THREADS;
    return core_check(status, &err, 0) == FCT_OK ? plan : NULL;
}

static PyObject *time_or_none(int64_t time_ms)
{
    return time_ms == INT64_MIN || time_ms == INT64_MAX ? Py_NewRef(Py_None)
                                                        : PyLong_FromLongLong(time_ms);
}

static PyObject *shard_as_dict(const fct_shard_info *info)
{
    return Py_BuildValue("{sssssnsNsNsL}", "first_symbol", info->first_symbol, "last_symbol",
                         info->last_symbol, "n_symbols", (Py_ssize_t)info->n_symbols, "from_ms",
                         time_or_none(info->from_ms), "to_ms", time_or_none(info->to_ms), "bytes",
                         (long long)info->n_bytes);
}

static PyObject *stage_as_dict(const fct_shard_plan *plan, size_t stage)
{
    static const char *const axes[] = {"bars", "symbols", "times"};
    size_t n = fct_shard_plan_n_shards(plan, stage);
    fct_shard_info info = {.axis = FCT_SHARD_BARS};
    PyObject *shards = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; shards && i < n; i++) {
        fct_error err;
        PyObject *shard = NULL;
        if (core_check(fct_shard_plan_info(plan, stage, i, &info, &err), &err, 0) == FCT_OK)
            shard = shard_as_dict(&info);
        if (!shard || PyList_SetItem(shards, (Py_ssize_t)i, shard) < 0) {
            Py_DECREF(shards);
            return NULL;
        }
    }
    return shards ? Py_BuildValue("{sssN}", "axis", axes[info.axis], "shards", shards) : NULL;
}

/* shard_list(path) */
static PyObject *shard_list(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *path;
    fct_shard_plan *plan;
    if (!PyArg_ParseTuple(arguments, "s", &path) || !(plan = read_plan(path)))
        return NULL;
    size_t n = fct_shard_plan_n_stages(plan);
    PyObject *stages = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; stages && i < n; i++) {
        PyObject *stage = stage_as_dict(plan, i);
        if (!stage || PyList_SetItem(stages, (Py_ssize_t)i, stage) < 0)
            Py_CLEAR(stages);
    }
    PyObject *result = stages ? Py_BuildValue("{sssssN}", "key", fct_shard_plan_key(plan), "work",
                                              fct_shard_plan_work(plan), "stages", stages)
                              : NULL;
    fct_shard_plan_free(plan);
    return result;
}

/* shard_missing(path, stage) */
static PyObject *shard_missing(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *path;
    Py_ssize_t stage;
    fct_shard_plan *plan;
    if (!PyArg_ParseTuple(arguments, "sn", &path, &stage) || !(plan = read_plan(path)))
        return NULL;
    fct_error err = {.position = -1};
    size_t n = fct_shard_plan_n_shards(plan, (size_t)stage);
    fct_status status;
    Py_BEGIN_ALLOW_THREADS;
    status = fct_shard_refresh(plan, (size_t)stage, NULL, &err);
    Py_END_ALLOW_THREADS;
    if (core_check(status, &err, 0) != FCT_OK) {
        fct_shard_plan_free(plan);
        return NULL;
    }
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < n; i++) {
        if (fct_shard_is_done(plan, (size_t)stage, i))
            continue;
        PyObject *number = PyLong_FromSize_t(i);
        if (!number || PyList_Append(list, number) < 0)
            Py_CLEAR(list);
        Py_XDECREF(number);
    }
    fct_shard_plan_free(plan);
    return list;
}

/* ---- Open plans ----------------------------------------------------------------------------------- */

static const char plan_name[] = "factorium.plan";

static void plan_free(PyObject *capsule)
{
    fct_shard_plan_free(PyCapsule_GetPointer(capsule, plan_name));
}

/* shard_open(path) */
static PyObject *shard_open(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *path;
    fct_shard_plan *plan;
    if (!PyArg_ParseTuple(arguments, "s", &path) || !(plan = read_plan(path)))
        return NULL;
    PyObject *capsule = PyCapsule_New(plan, plan_name, plan_free);
    if (!capsule) {
        fct_shard_plan_free(plan);
        return NULL;
    }
    return Py_BuildValue("Ns", capsule, fct_shard_plan_key(plan));
}

/* ---- Running, merging ------------------------------------------------------------------------------ */

typedef struct run_arguments {
    fct_shard_plan *plan;
    size_t stage, shard;
    fct_shard_report report;
    struct ArrowArrayStream out;
} run_arguments;

static fct_status call_run(void *arguments, const fct_run *run, fct_error *err)
{
    run_arguments *a = arguments;
    return fct_shard_run(a->plan, a->stage, a->shard, run, &a->report, err);
}

/* shard_run(plan, stage, shard, run): of a path, or of what shard_open gave, which the caller holds */
static PyObject *shard_run(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *plan;
    Py_ssize_t stage;
    Py_ssize_t shard;
    PyObject *run;
    run_arguments a = {.plan = NULL};
    if (!PyArg_ParseTuple(arguments, "OnnO", &plan, &stage, &shard, &run))
        return NULL;
    bool is_open = PyCapsule_IsValid(plan, plan_name);
    const char *path = is_open ? NULL : PyUnicode_AsUTF8AndSize(plan, NULL);
    a.plan = is_open ? PyCapsule_GetPointer(plan, plan_name) : path ? read_plan(path) : NULL;
    if (!a.plan)
        return NULL;
    a.stage = (size_t)stage;
    a.shard = (size_t)shard;
    int status = core_call(run, call_run, &a, 1);
    if (!is_open)
        fct_shard_plan_free(a.plan);
    return status < 0
               ? NULL
               : Py_BuildValue("{sisLsL}", "was_done", (int)a.report.was_done, "rows",
                               (long long)a.report.n_rows, "bytes", (long long)a.report.n_bytes);
}

/* The merged rows by way of a panel-free stream: whoever takes it reads it after the call. */
static fct_status call_merge(void *arguments, const fct_run *run, fct_error *err)
{
    run_arguments *a = arguments;
    (void)run;
    return fct_shard_merge(a->plan, NULL, &a->out, err);
}

/* shard_merge(path, run) */
static PyObject *shard_merge(PyObject *module, PyObject *arguments)
{
    const char *path;
    PyObject *run;
    run_arguments a = {.plan = NULL};
    if (!PyArg_ParseTuple(arguments, "sO", &path, &run) || !(a.plan = read_plan(path)))
        return NULL;
    int status = core_call(run, call_merge, &a, 1);
    fct_shard_plan_free(a.plan);
    if (status >= 0)
        return stream_new(core_of_module(module), &a.out);
    if (a.out.release)
        a.out.release(&a.out);
    return NULL;
}

/* ---- Claims ---------------------------------------------------------------------------------------- */

static const char claim_name[] = "factorium.claim";

typedef struct claim_arguments {
    plan_arguments plan;
    fct_shard_claim *claim;
} claim_arguments;

static fct_status call_begin(void *arguments, const fct_run *run, fct_error *err)
{
    claim_arguments *a = arguments;
    fct_shard_plan *plan;
    fct_status made = fct_shard_plan_make(&a->plan.request, run, &plan, err);
    fct_status status = made;
    if (plan) {
        fct_error why = {0};
        status = fct_shard_claim_take(plan, run, &a->claim, &why);
        if (status != FCT_OK)
            *err = why;
    }
    fct_shard_plan_free(plan);
    return status == FCT_OK ? made : status;
}

/* A capsule without a claim would be none: an ended one holds its own name. */
static void claim_free(PyObject *capsule)
{
    void *claim = PyCapsule_GetPointer(capsule, claim_name);
    if (claim && claim != (const void *)claim_name)
        fct_shard_claim_end(claim, false);
}

/* shard_begin(request, run) */
static PyObject *shard_begin(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *request;
    PyObject *run;
    claim_arguments a = {.claim = NULL};
    if (!PyArg_ParseTuple(arguments, "OO", &request, &run))
        return NULL;
    int status = request_from_dict(request, &a.plan) < 0 ? -1 : core_call(run, call_begin, &a, 0);
    PyMem_Free(a.plan.bars.symbols);
    PyMem_Free(a.plan.symbols);
    PyObject *capsule = status < 0 ? NULL : PyCapsule_New(a.claim, claim_name, claim_free);
    if (!capsule) {
        fct_shard_claim_end(a.claim, false);
        return NULL;
    }
    return Py_BuildValue("Ns", capsule, fct_shard_claim_path(a.claim));
}

/* shard_release(claim, remove) */
static PyObject *shard_release(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule;
    int remove_files;
    if (!PyArg_ParseTuple(arguments, "Op", &capsule, &remove_files))
        return NULL;
    void *claim = PyCapsule_GetPointer(capsule, claim_name);
    if (!claim)
        return NULL;
    if (claim == (const void *)claim_name) {
        PyErr_SetString(PyExc_ValueError, "the claim has ended");
        return NULL;
    }
    if (PyCapsule_SetPointer(capsule, (void *)(uintptr_t)claim_name) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS;
    fct_shard_claim_end(claim, remove_files);
    Py_END_ALLOW_THREADS;
    return Py_NewRef(Py_None);
}

PyMethodDef shard_functions[] = {
    {"shard_plan", shard_plan, METH_VARARGS, "Plans a request, and writes the plan to a file."},
    {"shard_list", shard_list, METH_VARARGS, "The stages of a plan's file, and their shards."},
    {"shard_missing", shard_missing, METH_VARARGS, "Shards of a stage that have no row yet."},
    {"shard_open", shard_open, METH_VARARGS, "A plan's file, read for several shards; its key."},
    {"shard_run", shard_run, METH_VARARGS, "Runs one shard, unless it is done."},
    {"shard_merge", shard_merge, METH_VARARGS, "Checks all shards; the result as a stream."},
    {"shard_begin", shard_begin, METH_VARARGS, "Plans a request that nobody else drives now."},
    {"shard_release", shard_release, METH_VARARGS, "Ends that, and removes the shards' files."},
    {NULL, NULL, 0, NULL},
};
