/*
 * libcurl, loaded when it is needed (base/library.h), for function.c and http_client_ask.c.
 *
 * curl_easy_init() and its like below are libcurl's own functions, with the prototypes of curl.h,
 * to be called once libcurl_load() has succeeded. One more of them takes a line in each of the two
 * lists: the compiler complains when it is missing in the first, the linker when in the second.
 */
#ifndef SYNCSCHED_CALL_LIBCURL_H
#define SYNCSCHED_CALL_LIBCURL_H

#include "base/error.h"

#include <curl/curl.h>

/* Loads libcurl, unless it is loaded. ERROR_INTERNAL when that fails. */
bool libcurl_load(struct error *err);

#define LIBCURL_FUNCTIONS(F)                                                                       \
    F(easy_cleanup)                                                                                \
    F(easy_getinfo)                                                                                \
    F(easy_init)                                                                                   \
    F(easy_setopt)                                                                                 \
    F(global_cleanup)                                                                              \
    F(global_init)                                                                                 \
    F(multi_add_handle)                                                                            \
    F(multi_cleanup)                                                                               \
    F(multi_info_read)                                                                             \
    F(multi_init)                                                                                  \
    F(multi_perform)                                                                               \
    F(multi_poll)                                                                                  \
    F(multi_remove_handle)                                                                         \
    F(slist_append)                                                                                \
    F(slist_free_all)

#define LIBCURL_POINTER(name) __typeof__(curl_##name) *name;

extern struct libcurl {
    LIBCURL_FUNCTIONS(LIBCURL_POINTER)
} libcurl;

#define curl_easy_cleanup        libcurl.easy_cleanup
#define curl_easy_init           libcurl.easy_init
#define curl_global_cleanup      libcurl.global_cleanup
#define curl_global_init         libcurl.global_init
#define curl_multi_add_handle    libcurl.multi_add_handle
#define curl_multi_cleanup       libcurl.multi_cleanup
#define curl_multi_info_read     libcurl.multi_info_read
#define curl_multi_init          libcurl.multi_init
#define curl_multi_perform       libcurl.multi_perform
#define curl_multi_poll          libcurl.multi_poll
#define curl_multi_remove_handle libcurl.multi_remove_handle
#define curl_slist_append        libcurl.slist_append
#define curl_slist_free_all      libcurl.slist_free_all

/*
 * These two take a last argument of any type. curl.h checks it by macros in front of them, whose
 * warnings GCC does not show, as they come from a system's header; so here are our own, which do
 * not compile with a number where a pointer is asked for, or with one of another size.
 */
#define LIBCURL_IS_POINTER(value) _Generic((value), int : 0, long : 0, long long : 0, default : 1)
#define LIBCURL_OPTION_FITS(option, value)                                                         \
    ((option) < CURLOPTTYPE_OBJECTPOINT ? _Generic((value), long : 1, default : 0)                 \
     : (option) > CURLOPTTYPE_OFF_T && (option) < CURLOPTTYPE_BLOB                                 \
         ? _Generic((value), curl_off_t : 1, default : 0)                                          \
         : LIBCURL_IS_POINTER(value))
#define LIBCURL_INFO_FITS(info, place)                                                             \
    (((info)&CURLINFO_TYPEMASK) == CURLINFO_LONG ? _Generic((place), long * : 1, default : 0)      \
     : ((info)&CURLINFO_TYPEMASK) == CURLINFO_SOCKET                                               \
         ? _Generic((place), curl_socket_t * : 1, default : 0)                                     \
     : ((info)&CURLINFO_TYPEMASK) == CURLINFO_OFF_T                                                \
         ? _Generic((place), curl_off_t * : 1, default : 0)                                        \
         : 0)

#undef curl_easy_setopt
#define curl_easy_setopt(easy, option, value)                                                      \
    __extension__({                                                                                \
        _Static_assert(LIBCURL_OPTION_FITS(option, value), "the option wants another type");       \
        libcurl.easy_setopt(easy, option, value);                                                  \
    })

#undef curl_easy_getinfo
#define curl_easy_getinfo(easy, info, place)                                                       \
    __extension__({                                                                                \
        _Static_assert(LIBCURL_INFO_FITS(info, place), "the information is of another type");      \
        libcurl.easy_getinfo(easy, info, place);                                                   \
    })

#endif
