#include "call/libcurl.h"

#include "base/library.h"

struct libcurl libcurl;

#define LIBCURL_ENTRY(name) {"curl_" #name, &libcurl.name},

bool libcurl_load(struct error *err)
{
    static const struct library_function functions[] = {LIBCURL_FUNCTIONS(LIBCURL_ENTRY){0}};
    static struct library library = {"libcurl.so.4", "libcurl4", functions, false};

    return library_load(&library, err);
}
