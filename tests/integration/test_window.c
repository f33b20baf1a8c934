/*
 * The window of design section 4 through the real program, second by second: a mark m is due at t
 * when t - 30 s <= m <= t + 30 s, and where two marks lie in it the earlier one that matches is.
 */
#include "support/program.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MARK     "2024-05-01T02:00:00Z"
#define BEFORE   "2024-05-01T01:59:00Z"
#define AFTER    "2024-05-01T02:01:00Z"

enum { EVERY_MINUTE = 1, ONE_MINUTE, INSTANTS_MAX = 32 };

/* Both schedules, for all instants below. */
static void seed(void)
{
    testdb_create();
    testdb_exec("INSERT INTO organizations (id, name) VALUES ('" SCENE_ORG "', 'Nordlys')");
    scene_seed(EVERY_MINUTE, EVERY_MINUTE, "* * * * *");
    scene_seed(ONE_MINUTE, ONE_MINUTE, "0 2 1 5 *");
}

/* Runs `due --at` for one instant after the other; a line of JSON each. */
static struct program_result run_due(const char instants[][40], size_t count)
{
    const char *const argv[] = {
        "sh", "-c", "while read -r at; do \"$0\" due --at \"$at\" </dev/null || exit; done",
        PROGRAM, NULL};
    const char *const env[] = {"SUPABASE_DB_URL", NULL};
    char input[INSTANTS_MAX * 40] = "";
    struct program_result result;

    ck_assert_uint_le(count, INSTANTS_MAX);
    for (size_t i = 0; i < count; i++)
        snprintf(input + strlen(input), sizeof input - strlen(input), "%s\n", instants[i]);
    result = program_run_with_input(argv, env, input);
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, 0);
    return result;
}

/* The slot that the line says an integration is due for; NULL: it is not due. To be freed. */
static char *find_slot(const json_t *line, int n)
{
    char *slot = NULL;

    for (size_t i = 0; i < json_array_size(line); i++) {
        const json_t *due = json_array_get(line, i);

        if (strcmp(json_string_value(json_object_get(due, "integrationId")),
                   scene_integration(n)) != 0)
            continue;
        ck_assert_msg(slot == NULL, "integration %d is due twice", n);
        slot = strdup(json_string_value(json_object_get(due, "scheduledFor")));
    }
    return slot;
}

/* Checks the line of one instant: the slot of "* * * * *", and whether MARK lies in its window. */
static void assert_due(const char *instant, const char *text, size_t length, const char *slot,
                       bool has_mark)
{
    json_t *line = json_loadb(text, length, 0, NULL);
    char *every_minute = find_slot(line, EVERY_MINUTE);
    char *one_minute = find_slot(line, ONE_MINUTE);

    ck_assert_msg(json_is_array(line), "at %s: %.*s", instant, (int)length, text);
    ck_assert_msg(every_minute != NULL && strcmp(every_minute, slot) == 0,
                  "at %s it is due for %s, not %s", instant, every_minute, slot);
    ck_assert_msg((one_minute != NULL) == has_mark &&
                      (one_minute == NULL || strcmp(one_minute, MARK) == 0),
                  "at %s the single minute is due for %s", instant, one_minute);
    free(every_minute);
    free(one_minute);
    json_decref(line);
}

/* ---- Whole seconds ---- */

enum { STRETCHES = 5, STRETCH = 27, FIRST = -67, MARK_SECOND = 2 * 3600 }; /* up to +67 */

/*
 * Covers: the half minutes belong to the window, at both ends: a mark is in it from -30 s to +30 s.
 * At -30 s the mark before it is, too, and wins where both match.
 */
START_TEST(test_seconds)
{
    char instants[STRETCH][40];
    struct program_result result;
    const char *at;

    for (int i = 0; i < STRETCH; i++) {
        int second = MARK_SECOND + FIRST + _i * STRETCH + i;

        snprintf(instants[i], sizeof instants[i], "2024-05-01T%02d:%02d:%02dZ", second / 3600,
                 second / 60 % 60, second % 60);
    }
    result = run_due((const char(*)[40])instants, STRETCH);
    at = result.out;
    for (int i = 0; i < STRETCH; i++) {
        int second = FIRST + _i * STRETCH + i;
        size_t length = strcspn(at, "\n");

        assert_due(instants[i], at, length,
                   second <= -30  ? BEFORE
                   : second <= 30 ? MARK
                                  : AFTER,
                   second >= -30 && second <= 30);
        at += length + 1;
    }
    ck_assert_str_eq(at, "");
    program_result_free(&result);
}
END_TEST

/* ---- Fractions ---- */

static const char fractions[][40] = {
    "2024-05-01T01:59:29.999999Z",  "2024-05-01T01:59:30.000000Z",
    "2024-05-01T01:59:30.0000009Z", /* cut off after microseconds */
    "2024-05-01T01:59:30.000001Z",  "2024-05-01T01:59:30.5Z",
    "2024-05-01T02:00:00.000001Z",  "2024-05-01T02:00:29.999999Z",
    "2024-05-01T02:00:30.000000Z",  "2024-05-01T04:00:30+02:00",
    "2024-05-01T02:00:30.0000009Z", "2024-05-01T02:00:30.000001Z",
    "2024-05-01T02:00:30.5Z",
};

static const struct {
    const char *slot;
    bool has_mark;
} at_fractions[COUNT(fractions)] = {
    {BEFORE, false}, {BEFORE, true}, {BEFORE, true}, {MARK, true}, {MARK, true},   {MARK, true},
    {MARK, true},    {MARK, true},   {MARK, true},   {MARK, true}, {AFTER, false}, {AFTER, false},
};

/* Covers: one microsecond past half a minute the next mark is the only one. */
START_TEST(test_fractions)
{
    struct program_result result = run_due(fractions, COUNT(fractions));
    const char *at = result.out;

    for (size_t i = 0; i < COUNT(fractions); i++) {
        size_t length = strcspn(at, "\n");

        assert_due(fractions[i], at, length, at_fractions[i].slot, at_fractions[i].has_mark);
        at += length + 1;
    }
    ck_assert_str_eq(at, "");
    program_result_free(&result);
}
END_TEST

SUITE(window)
{
    TCase *window = tcase_create("window");

    tcase_add_checked_fixture(window, seed, testdb_drop);
    tcase_add_loop_test(window, test_seconds, 0, STRETCHES);
    tcase_add_test(window, test_fractions);
    suite_add_tcase(suite, window);
}
