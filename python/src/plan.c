/* Plans, and the table of operators. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

typedef struct plan_object {
    PyObject_HEAD fct_plan *plan;
} plan_object;

static const fct_plan *of(PyObject *self)
{
    return ((plan_object *)self)->plan;
}

const fct_plan *plan_get(PyObject *self)
{
    return of(self);
}

static void plan_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    fct_plan_free(((plan_object *)self)->plan);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* ---- What it says of itself ---------------------------------------------------------------------- */

static const char *name_at(const void *plan, size_t i)
{
    return fct_plan_factor_name(plan, i);
}

static const char *text_at(const void *plan, size_t i)
{
    return fct_plan_factor_text(plan, i);
}

static const char *column_at(const void *plan, size_t i)
{
    return fct_plan_column(plan, i);
}

static PyObject *get_names(PyObject *self, void *closure)
{
    (void)closure;
    return list_from_texts(name_at, of(self), fct_plan_n_factors(of(self)));
}

static PyObject *get_texts(PyObject *self, void *closure)
{
    (void)closure;
    return list_from_texts(text_at, of(self), fct_plan_n_factors(of(self)));
}

static PyObject *get_columns(PyObject *self, void *closure)
{
    (void)closure;
    return list_from_texts(column_at, of(self), fct_plan_n_columns(of(self)));
}

static PyObject *get_look_back(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLongLong(fct_plan_look_back(of(self), SIZE_MAX));
}

/* A text of the library's, which is freed. */
static PyObject *take_text(char *text)
{
    PyObject *object = PyUnicode_FromString(text);
    free(text);
    return object;
}

/* explain(panel or None) */
static PyObject *plan_explain(PyObject *self, PyObject *object)
{
    const fct_panel *panel = NULL;
    fct_error err;
    char *text;
    if (object != Py_None && !(panel = panel_get(core_of_object(self), object)))
        return NULL;
    if (core_check(fct_plan_explain(of(self), panel, NULL, &text, &err), &err, 1) < 0)
        return NULL;
    return take_text(text);
}

/* ---- Running --------------------------------------------------------------------------------------- */

typedef struct run_arguments {
    const fct_plan *plan;
    const fct_panel *panel;
    fct_panel *out;
} run_arguments;

static fct_status call_run(void *arguments, const fct_run *run, fct_error *err)
{
    run_arguments *a = arguments;
    return fct_plan_run(a->plan, a->panel, run, &a->out, err);
}

/* run(panel, run) */
static PyObject *plan_run(PyObject *self, PyObject *arguments)
{
    PyObject *object;
    PyObject *run;
    core_state *state = core_of_object(self);
    if (!PyArg_ParseTuple(arguments, "OO", &object, &run))
        return NULL;
    run_arguments a = {.plan = of(self), .panel = panel_get(state, object)};
    if (!a.panel)
        return NULL;
    if (core_call(run, call_run, &a, 1) >= 0)
        return panel_new(state, a.out);
    fct_panel_free(a.out);
    return NULL;
}

static PyMethodDef methods[] = {
    {"run", plan_run, METH_VARARGS, "A panel with a column for each factor."},
    {"check", plan_check, METH_VARARGS, "What the factors cannot know."},
    {"explain", plan_explain, METH_O, "How it would run, for a person."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getters[] = {
    {"names", get_names, NULL, "The factors' names, in the order of the text.", NULL},
    {"texts", get_texts, NULL, "What the text says they are.", NULL},
    {"columns", get_columns, NULL, "The columns that are read.", NULL},
    {"look_back", get_look_back, NULL, "Earlier rows that a value depends on; -1: all.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {{Py_tp_dealloc, plan_dealloc},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, getters},
                              {Py_tp_doc, "Compiled expressions."},
                              {0, NULL}};

static PyType_Spec spec = {"factorium._core.Plan", sizeof(plan_object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int plan_add(PyObject *module, core_state *state)
{
    state->plan_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return state->plan_type ? PyModule_AddType(module, state->plan_type) : -1;
}

/* compile(text, dialect, strict_cross_sections) */
static PyObject *compile(PyObject *module, PyObject *arguments)
{
    const char *text;
    const char *dialect;
    int strict;
    fct_plan_options options = {.strict_cross_sections = false};
    fct_plan *plan;
    fct_error err;
    if (!PyArg_ParseTuple(arguments, "ssp", &text, &dialect, &strict) ||
        core_check(fct_dialect_parse(dialect, &options.dialect, &err), &err, 0) < 0)
        return NULL;
    options.strict_cross_sections = strict != 0;
    if (core_check(fct_plan_compile(text, &options, &plan, &err), &err, 0) < 0)
        return NULL;
    plan_object *object = PyObject_New(plan_object, core_of_module(module)->plan_type);
    if (!object) {
        fct_plan_free(plan);
        return NULL;
    }
    object->plan = plan;
    return (PyObject *)object;
}

/* ---- Operators ---------------------------------------------------------------------------------------- */

static PyObject *parameter_tuple(const fct_operator_parameter *p)
{
    return Py_BuildValue("(siOdddz)", p->name, (int)p->kind, p->optional ? Py_True : Py_False,
                         p->preset, p->minimum, p->maximum, p->words);
}

/* (name, aliases, section, min_series, max_series, series_names, parameters, doc) */
static PyObject *operator_tuple(const fct_operator *op)
{
    PyObject *parameters = PyList_New(0);
    for (int i = 0; parameters && i < op->n_parameters; i++) {
        PyObject *tuple = parameter_tuple(&op->parameters[i]);
        if (!tuple || PyList_Append(parameters, tuple) < 0)
            Py_CLEAR(parameters);
        Py_XDECREF(tuple);
    }
    if (!parameters)
        return NULL;
    return Py_BuildValue("(ssiiisNs)", op->name, op->aliases, (int)op->section, op->min_series,
                         op->max_series, op->series_names, parameters, op->doc);
}

/* operators() */
static PyObject *operators(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    PyObject *list = PyList_New(0);
    fct_operator op;
    for (size_t i = 0; list && fct_operator_at(i, &op); i++) {
        PyObject *tuple = operator_tuple(&op);
        if (!tuple || PyList_Append(list, tuple) < 0)
            Py_CLEAR(list);
        Py_XDECREF(tuple);
    }
    return list;
}

/* formula_set(name) -> (text, dialect number), or None */
static PyObject *formula_set(PyObject *module, PyObject *arguments)
{
    (void)module;
    const char *name;
    fct_dialect dialect;
    if (!PyArg_ParseTuple(arguments, "s", &name))
        return NULL;
    const char *text = fct_formula_set(name, &dialect);
    if (!text)
        Py_RETURN_NONE;
    return Py_BuildValue("(si)", text, (int)dialect);
}

PyMethodDef plan_functions[] = {
    {"compile", compile, METH_VARARGS, "A plan of expressions."},
    {"operators", operators, METH_NOARGS, "The table of operators."},
    {"formula_set", formula_set, METH_VARARGS, "The expressions of a published set."},
    {NULL, NULL, 0, NULL},
};
