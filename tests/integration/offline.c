/*
 * Commands that ask neither the database nor the function have no use for a key: a configuration
 * file that only the service may read is no obstacle to whoever checks an expression.
 */
#include "integration/offline.h"
#include "support/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM TEST_BUILD_DIR "/syncsched"

/* Runs the program, $1, as nobody with an /etc of its own, in which the file is root's alone. */
#define AS_NOBODY                                                                                    \
    "mount -t tmpfs none /etc && cp \"$1\" /etc/program && chmod 755 /etc /etc/program && shift "    \
    "&&"                                                                                             \
    " mkdir -m 777 /etc/counters && export GCOV_PREFIX=/etc/counters &&" /* if it is instrumented */ \
    " umask 077 && echo SYNCSCHED_COUNT=1 >/etc/syncsched.conf && cd / &&"                           \
    " exec setpriv --reuid=65534 --regid=65534 --clear-groups -- /etc/program \"$@\""

static struct program_result run_as_nobody(const char *command, const char *operand)
{
    const char *const argv[] = {"unshare", "-m",    "sh",    "-c",    AS_NOBODY,
                                "sh",      PROGRAM, command, operand, NULL};

    return program_run(argv, NULL);
}

START_TEST(test_unreadable_configuration)
{
    struct program_result checked = run_as_nobody("check-cron", "0 2 * * *");
    struct program_result run = run_as_nobody("run", NULL);

    ck_assert_str_eq(checked.err, "");
    ck_assert_int_eq(checked.status, 0);
    ck_assert_ptr_nonnull(strstr(run.err, "cannot read /etc/syncsched.conf: Permission denied "
                                          "(run this with sudo, or as the user who ticks)"));
    ck_assert_int_eq(run.status, 2);
    program_result_free(&checked);
    program_result_free(&run);
}
END_TEST

/* Only root may make another /etc, and not in every container: then nothing is tested here. */
static bool can_be_tested(void)
{
    return system("unshare -m mount -t tmpfs none /etc 2>/dev/null") == 0;
}

void offline_add_tests(Suite *suite)
{
    TCase *cases = tcase_create("offline");

    if (can_be_tested())
        tcase_add_test(cases, test_unreadable_configuration);
    else
        puts("a configuration that only the service may read: not asked: another /etc is not to be "
             "had here");
    suite_add_tcase(suite, cases);
}
