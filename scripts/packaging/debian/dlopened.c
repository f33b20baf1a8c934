/*
 * Tells dpkg-shlibdeps what syncsched loads at run time: linked with the functions that it looks up in libpq and
 * libcurl, this depends on the packages that have them, in versions that have them, whatever these are called in the
 * release that it is built on. Never run, and in no package.
 */
#include "call/libcurl.h"
#include "store/libpq.h"

/* By the names of the linker, since libpq.h and libcurl.h make macros of the others. */
#define DECLARE_PQ(name)   extern const char pq_##name[] __asm__("PQ" #name);
#define DECLARE_CURL(name) extern const char curl_function_##name[] __asm__("curl_" #name);
LIBPQ_FUNCTIONS(DECLARE_PQ)
LIBCURL_FUNCTIONS(DECLARE_CURL)

#define NAME_PQ(name)   pq_##name,
#define NAME_CURL(name) curl_function_##name,
const char *const volatile functions[] = {LIBPQ_FUNCTIONS(NAME_PQ) LIBCURL_FUNCTIONS(NAME_CURL)};

int main(void)
{
    return functions[0] == NULL;
}
