/*
 * Shared libraries that are loaded when they are first needed, not when the program starts.
 *
 * libpq and libcurl bring some thirty others along, and mapping and binding those takes longer than
 * most commands take to do their work. So each is loaded by the one module that uses it, which
 * keeps the addresses of the functions that it calls.
 *
 * A loaded library stays: in this process, and in the children that it forks afterwards.
 *
 * Source: POSIX, dlopen() and dlsym().
 */
#ifndef SYNCSCHED_BASE_LIBRARY_H
#define SYNCSCHED_BASE_LIBRARY_H

#include "base/error.h"

/* A function of the library, and the pointer to such a function that is to hold its address. */
struct library_function {
    const char *name;
    void *pointer;
};

struct library {
    const char *soname;                       /* such as "libpq.so.5": the ABI that we speak */
    const char *package;                      /* the Debian package that it comes with */
    const struct library_function *functions; /* ends with a NULL name */
    bool is_loaded;
};

/*
 * Loads the library, unless it is loaded, with all that it needs, so that nothing can turn out to
 * be missing in mid-work. ERROR_INTERNAL, with the package as the remedy, when the library, one
 * that it needs or one of the functions is not there; no pointer may be used then.
 */
bool library_load(struct library *library, struct error *err);

#endif
