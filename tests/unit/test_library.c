/* Covers lib/base/library.c, on libjansson, which is there; what ticks do with it is test_libraries.c's. */
#include "suites.h"

#include "base/library.h"

#include <jansson.h>
#include <string.h>

static __typeof__(json_object) *make_object;
static __typeof__(json_delete) *delete_value;

static const struct library_function functions[] = {
    {"json_object", &make_object},
    {"json_delete", &delete_value},
    {0},
};

/* Covers: the pointers hold the functions; a second time nothing is looked up. */
START_TEST(test_library_load)
{
    struct library library = {"libjansson.so.4", "libjansson4", functions, false};
    struct error err = {0};
    json_t *object;

    ck_assert_msg(library_load(&library, &err), "%s", err.message);
    ck_assert(library.is_loaded);
    object = make_object();
    ck_assert(json_is_object(object));
    delete_value(object);
    make_object = NULL;
    ck_assert(library_load(&library, &err));
    ck_assert(make_object == NULL);
}
END_TEST

/* Covers: an error in one piece, its reason behind it and once, and the remedy. */
START_TEST(test_library_missing)
{
    struct library library = {"libnot-there.so.7", "libnot-there7", functions, false};
    static const char start[] = "cannot load libnot-there.so.7: ";
    struct error err = {0};

    ck_assert(!library_load(&library, &err));
    ck_assert(!library.is_loaded);
    ck_assert_int_eq(err.kind, ERROR_INTERNAL);
    ck_assert_int_eq(strncmp(err.message, start, strlen(start)), 0);
    ck_assert_int_ne(strncmp(err.message + strlen(start), library.soname, strlen(library.soname)),
                     0);
    ck_assert_uint_gt(strlen(err.message), strlen(start));
    ck_assert_str_eq(err.hint, "install the Debian package libnot-there7");
}
END_TEST

/* Covers: an older library without a function is not used, and the function is named. */
START_TEST(test_library_old)
{
    static const struct library_function newer[] = {
        {"json_object", &make_object},
        {"json_from_the_future", &delete_value},
        {0},
    };
    struct library library = {"libjansson.so.4", "libjansson4", newer, false};
    struct error err = {0};

    ck_assert(!library_load(&library, &err));
    ck_assert(!library.is_loaded);
    ck_assert_int_eq(err.kind, ERROR_INTERNAL);
    ck_assert_str_eq(err.message,
                     "cannot use libjansson.so.4: it has no function json_from_the_future");
    ck_assert_str_eq(err.hint, "upgrade the Debian package libjansson4");
}
END_TEST

Suite *suite_library(void)
{
    Suite *suite = suite_create("library");
    TCase *cases = tcase_create("library");

    tcase_add_test(cases, test_library_load);
    tcase_add_test(cases, test_library_missing);
    tcase_add_test(cases, test_library_old);
    suite_add_tcase(suite, cases);
    return suite;
}
