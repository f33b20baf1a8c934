/* Covers lib/time/tzif.c: the bytes of compiled zones, good and hostile. */
#include "support/suite.h"

#include "time/tzif.h"

#include <stdlib.h>
#include <string.h>

/* ---- A file, put together ---- */

struct bytes {
    unsigned char data[1024];
    size_t length;
};

static void add(struct bytes *file, const void *data, size_t length)
{
    ck_assert_uint_le(file->length + length, sizeof file->data);
    memcpy(file->data + file->length, data, length);
    file->length += length;
}

static void add_number(struct bytes *file, int64_t number, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        unsigned char byte = (unsigned char)((uint64_t)number >> 8 * i);

        add(file, &byte, 1);
    }
}

static void add_header(struct bytes *file, char version, int leaps, int times, int types)
{
    char reserved[15] = {0};

    add(file, "TZif", 4);
    add(file, &version, 1);
    add(file, reserved, sizeof reserved);
    add_number(file, 0, 4);
    add_number(file, 0, 4);
    add_number(file, leaps, 4);
    add_number(file, times, 4);
    add_number(file, types, 4);
    add_number(file, 4, 4);
}

struct change {
    int64_t time;
    int type;
};

/* A block with the offsets as its types. */
static void add_block(struct bytes *file, char version, size_t time_size, const struct change *list,
                      int times, const int *offsets, int types)
{
    add_header(file, version, 0, times, types);
    for (int i = 0; i < times; i++)
        add_number(file, list[i].time, time_size);
    for (int i = 0; i < times; i++)
        add_number(file, list[i].type, 1);
    for (int i = 0; i < types; i++) {
        add_number(file, offsets[i], 4);
        add_number(file, 0, 2);
    }
    add(file, "AAA", 4);
}

static const int offsets[] = {3600, 7200, -2670};
static const struct change list[] = {{60, 1}, {1000000, 2}, {1000060, 0}};

/* Version 2, whose first block is empty, with that footer. */
static struct bytes file_with(const struct change *changes, int times, const char *footer)
{
    struct bytes file = {.length = 0};

    add_block(&file, '2', 4, NULL, 0, offsets, 1);
    add_block(&file, '2', 8, changes, times, offsets, 3);
    add(&file, footer, strlen(footer));
    return file;
}

static bool parse(const struct bytes *file, struct tzif *tzif, struct error *err)
{
    *err = (struct error){0};
    return tzif_parse(file->data, file->length, tzif, err);
}

/* ---- Good ones ---- */

START_TEST(test_changes_on_the_minute_grid)
{
    struct bytes file = file_with(list, 3, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    struct tzif tzif;
    struct error err;

    ck_assert_msg(parse(&file, &tzif, &err), "%s", err.message);
    ck_assert_uint_eq(tzif.count, 4);
    ck_assert_int_eq(tzif.changes[0].from, INT64_MIN);
    ck_assert_int_eq(tzif.changes[0].offset_minutes, 60);
    ck_assert_int_eq(tzif.changes[1].from, 1);
    ck_assert_int_eq(tzif.changes[1].offset_minutes, 120);
    ck_assert_int_eq(tzif.changes[2].from, 16667); /* 1,000,000 s lie within a minute: the next */
    ck_assert_int_eq(tzif.changes[2].offset_minutes, -45); /* -44:30, rounded down */
    ck_assert_int_eq(tzif.changes[3].from, 16668);
    ck_assert_int_eq(tzif.changes[3].offset_minutes, 60);
    ck_assert_int_eq(tzif.rule_from, 16668);
    ck_assert(tzif.rule.has_summer);
    tzif_free(&tzif);
}
END_TEST

START_TEST(test_version_1_has_no_rule)
{
    struct bytes file = {.length = 0};
    struct tzif tzif;
    struct error err;

    add_block(&file, '\0', 4, (struct change[]){{-3600, 1}}, 1, offsets, 2);
    ck_assert_msg(parse(&file, &tzif, &err), "%s", err.message);
    ck_assert_uint_eq(tzif.count, 2);
    ck_assert_int_eq(tzif.changes[1].from, -60);
    ck_assert(!tzif.rule.has_summer);
    tzif_free(&tzif);
}
END_TEST

/* Another name, another is-dst, the same offset: nothing that a wall clock shows. */
START_TEST(test_same_offset_is_no_change)
{
    const struct change same[] = {{60, 0}, {120, 1}, {180, 1}, {240, 0}, {245, 1}, {250, 0}};
    struct bytes file = file_with(same, 6, "\n\n");
    struct tzif tzif;
    struct error err;

    ck_assert_msg(parse(&file, &tzif, &err), "%s", err.message);
    ck_assert_uint_eq(tzif.count, 3); /* the last two lie in one minute, and undo each other */
    ck_assert_int_eq(tzif.changes[1].from, 2);
    ck_assert_int_eq(tzif.changes[2].from, 4);
    ck_assert_int_eq(tzif.changes[2].offset_minutes, 60);
    tzif_free(&tzif);
}
END_TEST

/* ---- Bad ones ---- */

static const struct {
    struct change list[3];
    int times;
    const char *footer;
    const char *wrong;
} bad[] = {
    {{{0}}, 0, "", "has time zone data that are cut off"},
    {{{0}}, 0, "\n", "has time zone data that are cut off"},
    {{{0}}, 0, "\nUTC0", "has time zone data that are cut off"},
    {{{0}}, 0, "UTC0\n", "has time zone data that are cut off"},
    {{{0}}, 0, "\nrubbish\n", "has time zone data with a rule that cannot be read"},
    {{{60, 1}},
     1,
     "\nEST5EDT,M3.2.0,M11.1.0\n",
     "has time zone data with a rule that does not fit"},
    {{{60, 1}, {60, 0}}, 2, "\n\n", "has time zone data that are out of order"},
    {{{60, 1}, {0, 0}}, 2, "\n\n", "has time zone data that are out of order"},
    {{{INT64_MAX, 1}}, 1, "\n\n", "has time zone data that are out of order"},
    {{{60, 3}}, 1, "\n\n", "has time zone data with an impossible offset"},
    {{{60, 255}}, 1, "\n\n", "has time zone data with an impossible offset"},
};

START_TEST(test_bad)
{
    struct bytes file = file_with(bad[_i].list, bad[_i].times, bad[_i].footer);
    struct tzif tzif;
    struct error err;

    ck_assert(!parse(&file, &tzif, &err));
    ck_assert_int_eq(err.kind, ERROR_INVALID);
    ck_assert_str_eq(err.message, bad[_i].wrong);
}
END_TEST

START_TEST(test_impossible_offset)
{
    const int far[] = {26 * 3600};
    struct bytes file = {.length = 0};
    struct tzif tzif;
    struct error err;

    add_block(&file, '\0', 4, NULL, 0, far, 1);
    ck_assert(!parse(&file, &tzif, &err));
    file.length = 0;
    add_block(&file, '\0', 4, NULL, 0, far, 0);
    ck_assert(!parse(&file, &tzif, &err));
}
END_TEST

START_TEST(test_leap_seconds)
{
    struct bytes file = {.length = 0};
    struct tzif tzif;
    struct error err;

    add_header(&file, '\0', 1, 0, 1);
    add_number(&file, 3600, 4);
    add_number(&file, 0, 2);
    add(&file, "AAA", 4);
    add_number(&file, 78796800, 4);
    add_number(&file, 1, 4);
    ck_assert(!parse(&file, &tzif, &err));
    ck_assert_str_eq(err.message, "counts leap seconds, which POSIX time does not have");
}
END_TEST

/* Every beginning of a good file but the whole is refused, and is read within its length. */
START_TEST(test_cut_off_anywhere)
{
    struct bytes whole = file_with(list, 3, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");

    for (size_t length = 0; length < whole.length; length++) {
        unsigned char *part = malloc(length > 0 ? length : 1); /* its own, for the sanitizer */
        struct tzif tzif;
        struct error err = {0};

        memcpy(part, whole.data, length);
        ck_assert_msg(!tzif_parse(part, length, &tzif, &err), "%zu bytes", length);
        ck_assert_int_eq(err.kind, ERROR_INVALID);
        free(part);
    }
}
END_TEST

/* Counts of 2^32 - 1 must not wrap round to a size that fits. */
START_TEST(test_huge_counts)
{
    struct bytes file = file_with(list, 3, "\n\n");
    struct tzif tzif;
    struct error err;

    for (size_t at = 20; at < 44; at++) {
        struct bytes huge = file;

        huge.data[at] = 0xFF;
        ck_assert(!parse(&huge, &tzif, &err));
    }
}
END_TEST

SUITE(tzif)
{
    TCase *cases = tcase_create("tzif");

    tcase_add_test(cases, test_changes_on_the_minute_grid);
    tcase_add_test(cases, test_version_1_has_no_rule);
    tcase_add_test(cases, test_same_offset_is_no_change);
    tcase_add_loop_test(cases, test_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, test_impossible_offset);
    tcase_add_test(cases, test_leap_seconds);
    tcase_add_test(cases, test_cut_off_anywhere);
    tcase_add_test(cases, test_huge_counts);
    suite_add_tcase(suite, cases);
}
