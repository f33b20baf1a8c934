#include "store/libpq.h"

#include "base/library.h"

struct libpq libpq;

#define LIBPQ_ENTRY(name) {"PQ" #name, &libpq.name},

bool libpq_load(struct error *err)
{
    static const struct library_function functions[] = {LIBPQ_FUNCTIONS(LIBPQ_ENTRY){0}};
    static struct library library = {"libpq.so.5", "libpq5", functions, false};

    return library_load(&library, err);
}
