/* Covers lib/report/spool.c: lines come in order, however many, and whether or not there are files. */
#include "support/suite.h"

#include "base/text.h"
#include "report/spool.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MANY = 60000, NUMBERS = 1000, LINE_LENGTH = 100 };

/* Returns the limit as it was: what ends the process needs files, too. */
static struct rlimit limit_to(int resource, rlim_t most)
{
    struct rlimit before;
    struct rlimit now;

    ck_assert_int_eq(getrlimit(resource, &before), 0);
    now = before;
    now.rlim_cur = most;
    ck_assert_int_eq(setrlimit(resource, &now), 0);
    return before;
}

/* "NUMBER COUNT" and what makes it as long as a finding is. */
static void add_line(struct spool *spool, int number, int count)
{
    char line[LINE_LENGTH + 1];

    snprintf(line, sizeof line, "%03d %06d%*s", number, count, LINE_LENGTH - 10, "");
    spool_add(spool, number, line, LINE_LENGTH);
}

/* 0: all in memory; 1: in files; 2: no file can be made. */
START_TEST(test_order)
{
    struct spool spool = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int count = _i == 0 ? 10 : MANY;
    char previous[LINE_LENGTH + 1] = "";
    struct rlimit before = limit_to(RLIMIT_NOFILE, _i == 2 ? 0 : 100);

    ck_assert(spool_is_empty(&spool));
    for (int i = 0; i < count; i++)
        add_line(&spool, i * 7919 % NUMBERS, i);
    ck_assert(!spool_is_empty(&spool));
    ck_assert_int_eq(spool.part_count > 0, _i == 1);
    ck_assert(spool_print(&spool, "[", ",", out));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_uint_eq(size, (size_t)count * (LINE_LENGTH + 1));
    for (int i = 0; i < count; i++) {
        const char *line = text + (size_t)i * (LINE_LENGTH + 1);

        ck_assert_int_eq(*line, i == 0 ? '[' : ',');
        ck_assert_int_lt(strncmp(previous, line + 1, 10), 0);
        memcpy(previous, line + 1, 10);
    }
    spool_free(&spool);
    free(text);
}
END_TEST

/* Covers: what no file has room for stays in memory. */
START_TEST(test_full)
{
    struct spool spool = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct rlimit before = limit_to(RLIMIT_FSIZE, 1024);

    (void)signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < MANY; i++)
        add_line(&spool, i % NUMBERS, i);
    ck_assert_uint_eq(spool.part_count, 0);
    ck_assert(spool_print(&spool, "", "", out));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_uint_eq(size, (size_t)MANY * LINE_LENGTH);
    spool_free(&spool);
    free(text);
}
END_TEST

SUITE(spool)
{
    TCase *all = tcase_create("spool");

    tcase_add_loop_test(all, test_order, 0, 3);
    tcase_add_test(all, test_full);
    suite_add_tcase(suite, all);
}
