#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

/* dlerror() often names first what it is about, and so do we. */
static const char *library_reason(const char *soname)
{
    const char *reason = dlerror();
    size_t length = strlen(soname);

    if (reason == NULL)
        return "no reason given";
    if (strncmp(reason, soname, length) == 0 && strncmp(reason + length, ": ", 2) == 0)
        return reason + length + 2;
    return reason;
}

bool library_load(struct library *library, struct error *err)
{
    void *handle;

    if (library->is_loaded)
        return true;
    handle = dlopen(library->soname, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) {
        error_set(err, ERROR_INTERNAL, "cannot load %s: %s", library->soname,
                  library_reason(library->soname));
        return error_hint(err, "install the Debian package %s", library->package);
    }
    for (const struct library_function *f = library->functions; f->name != NULL; f++) {
        void *address = dlsym(handle, f->name);

        if (address == NULL) {
            error_set(err, ERROR_INTERNAL, "cannot use %s: it has no function %s", library->soname,
                      f->name);
            dlclose(handle);
            return error_hint(err, "upgrade the Debian package %s", library->package);
        }
        /* ISO C converts no void * to a pointer to a function; POSIX says that they look alike. */
        memcpy(f->pointer, &address, sizeof address);
    }
    library->is_loaded = true;
    return true;
}
