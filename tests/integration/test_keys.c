/*
 * The key of the function, through the real program: where it comes from, and which ones are refused
 * before anything is claimed.
 */
#include "integration/suites.h"
#include "support/scene.h"
#include "support/testdb.h"

#include <stdio.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

/* {"role":"service_role","exp":1714528830}, and the same for 4102444800, the year 2100. */
#define EXPIRED_KEY                                                                                \
    "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjoxNzE0NTI4ODMwfQ.c2VjcmV0"
#define LASTING_KEY                                                                                \
    "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2VjcmV0"

static const char *const expired[] = {"", "--at " AT, "--at " AT " --dry-run"};

/* Covers: an expired key: exit 2, when it expired, and nothing claimed, written or called. */
START_TEST(test_expired)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    scene_set_key("SUPABASE_SERVICE_ROLE_KEY", EXPIRED_KEY);
    tick = scene_run(expired[_i]);
    ck_assert_int_eq(tick.status, 2);
    ck_assert_str_eq(tick.out, "");
    ck_assert_ptr_eq(strstr(tick.err, "syncsched: error: the service key expired at"
                                      " 2024-05-01T02:00:30Z (take a new one"),
                     tick.err);
    ck_assert_ptr_null(strstr(tick.err, EXPIRED_KEY));
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: one that has not is used. */
START_TEST(test_not_expired)
{
    scene_seed(1, 1, DAILY);
    scene_set_key("SUPABASE_SERVICE_ROLE_KEY", LASTING_KEY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
}
END_TEST

Suite *suite_keys(void)
{
    Suite *suite = suite_create("keys");
    TCase *expiry = tcase_create("keys-expiry");

    tcase_set_timeout(expiry, 60);
    tcase_add_checked_fixture(expiry, scene_open, scene_close);
    tcase_add_loop_test(expiry, test_expired, 0, (int)(sizeof expired / sizeof expired[0]));
    tcase_add_test(expiry, test_not_expired);
    suite_add_tcase(suite, expiry);
    return suite;
}
