/* Covers lib/plan/condition.c. */
#include "support/suite.h"

#include "plan/condition.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NONE     INT64_MIN

enum {
    NOW = 28575480, /* 2024-05-01T02:00Z */
    DAY = 24 * 60,
};

#define SLOTS(count, first, last)                                                                  \
    {                                                                                              \
        count, first, last                                                                         \
    }

/* An integration that does what it should, but for what is said. Minutes of 0: not known. */
static const struct {
    const char *name;
    struct {
        bool is_new; /* without any success */
        bool is_disabled;
        bool never_fires;
        const char *error;
        int64_t error_since;
        int64_t waiting;
        int64_t follows; /* by default a day after what failed */
        struct condition_log log;
    } but;
    const char *judged; /* "STATE DAYS: REASON STATE, ...": so many days ago */
    const char *said;   /* of the first reason */
} cases[] = {
    {"well", {0}, "healthy 30:", NULL},
    {"new", {.is_new = true}, "healthy -:", NULL},
    {"disabled",
     {.is_disabled = true, .log.in_row = SLOTS(9, NOW - 9 * DAY, NOW)},
     "disabled -:",
     NULL},
    {"never succeeded, by a single failure",
     {.is_new = true, .log = {.in_row = SLOTS(1, NOW - DAY, NOW - DAY), .last_code = "HTTP_500"}},
     "unhealthy 1: never_succeeded unhealthy",
     "never succeeded: the slot of 2024-04-30T02:00:00Z failed, last HTTP_500"},
    {"never succeeded, given up only",
     {.is_new = true, .log.given_up = SLOTS(2, NOW - 3 * DAY, NOW - 2 * DAY)},
     "unhealthy 3: never_succeeded unhealthy, given_up degraded",
     "never succeeded: 2 slots since 2024-04-28T02:00:00Z failed"},
    {"overdue",
     {.waiting = NOW - 6},
     "unhealthy 0: overdue unhealthy",
     "overdue for 6 min: nothing serves the slot of 2024-05-01T01:54:00Z"},
    {"not yet overdue", {.waiting = NOW - 5}, "healthy 30:", NULL},
    {"one failure",
     {.log.in_row = SLOTS(1, NOW, NOW)},
     "degraded 0: failing degraded",
     "failing: the slot of 2024-05-01T02:00:00Z"},
    {"two in a row",
     {.log.in_row = SLOTS(2, NOW - DAY, NOW)},
     "degraded 1: failing degraded",
     "failing: 2 slots since 2024-04-30T02:00:00Z"},
    {"three in a row",
     {.log = {.in_row = SLOTS(3, NOW - 2 * DAY, NOW), .last_code = "TIMEOUT"}},
     "unhealthy 2: failing unhealthy",
     "failing: 3 slots since 2024-04-29T02:00:00Z, last TIMEOUT"},
    {"too many to count",
     {.log.in_row = SLOTS(CONDITION_FAILURES_MAX, NOW - 400 * DAY, NOW)},
     "unhealthy 400: failing unhealthy",
     "failing: 100 slots or more since 2023-03-28T02:00:00Z"},
    {"one failure of a month's",
     {.log.in_row = SLOTS(1, NOW, NOW), .follows = NOW + 31 * DAY},
     "unhealthy 0: failing unhealthy",
     "failing: the slot of 2024-05-01T02:00:00Z, and the next is more than a day later"},
    {"one failure of the last slot ever",
     {.log.in_row = SLOTS(1, NOW, NOW), .follows = NONE},
     "unhealthy 0: failing unhealthy",
     "failing: the slot of 2024-05-01T02:00:00Z, and the next is more than a day later"},
    {"one failure before a day of 25 hours",
     {.log.in_row = SLOTS(1, NOW, NOW), .follows = NOW + DAY + 60},
     "degraded 0: failing degraded",
     "failing: the slot of 2024-05-01T02:00:00Z"},
    {"one failure before a longer day",
     {.log.in_row = SLOTS(1, NOW, NOW), .follows = NOW + DAY + 61},
     "unhealthy 0: failing unhealthy",
     "failing: the slot of 2024-05-01T02:00:00Z, and the next is more than a day later"},
    {"a month's given up",
     {.log.given_up = SLOTS(1, NOW, NOW), .follows = NOW + 31 * DAY},
     "unhealthy 0: given_up unhealthy",
     "given up: the slot of 2024-05-01T02:00:00Z, never attempted, and the next is more than a day "
     "later"},
    {"a month's given up before another succeeded",
     {.log.given_up = SLOTS(1, NOW - 2 * DAY, NOW - 2 * DAY), .follows = NOW + 31 * DAY},
     "degraded 2: given_up degraded",
     "given up: the slot of 2024-04-29T02:00:00Z, never attempted"},
    {"unknown outcome",
     {.log.unknown = SLOTS(1, NOW - 2 * DAY, NOW - 2 * DAY)},
     "degraded 2: unknown degraded",
     "unknown outcome: the slot of 2024-04-29T02:00:00Z may have been exported"},
    {"given up",
     {.log.given_up = SLOTS(2, NOW - 4 * DAY, NOW - DAY)},
     "degraded 4: given_up degraded",
     "given up: 2 slots since 2024-04-27T02:00:00Z, never attempted"},
    {"failed before",
     {.log.failed = SLOTS(1, NOW - 5 * DAY, NOW - 5 * DAY)},
     "degraded 5: failed degraded",
     "failed: the slot of 2024-04-26T02:00:00Z, before later ones succeeded"},
    {"invalid",
     {.error = "cron_schedule: odd", .error_since = NOW - 8 * DAY, .never_fires = true},
     "unhealthy 8: invalid unhealthy",
     "invalid: cron_schedule: odd"},
    {"invalid, nobody knows since when",
     {.error = "odd", .never_fires = true},
     "unhealthy -: invalid unhealthy",
     "invalid: odd"},
    {"never fires",
     {.never_fires = true},
     "degraded -: never_fires degraded",
     "never fires: the schedule has no slot to come"},
    {"all at once, in order; since the earliest of those as bad as the worst",
     {.error = "odd",
      .error_since = NOW - 6 * DAY,
      .waiting = NOW - 3 * DAY,
      .log = {.in_row = SLOTS(3, NOW - 2 * DAY, NOW),
              .unknown = SLOTS(1, NOW - 7 * DAY, NOW - 7 * DAY),
              .given_up = SLOTS(1, NOW - 7 * DAY, NOW - 7 * DAY),
              .failed = SLOTS(1, NOW - 7 * DAY, NOW - 7 * DAY)}},
     "unhealthy 6: overdue unhealthy, failing unhealthy, unknown degraded, given_up degraded,"
     " invalid unhealthy, failed degraded",
     "overdue for 3 d: nothing serves the slot of 2024-04-28T02:00:00Z"},
};

static struct condition_facts facts_of(size_t n)
{
    struct condition_facts facts = {
        .now = NOW,
        .is_active = !cases[n].but.is_disabled,
        .error = cases[n].but.error,
        .error_since = cases[n].but.error_since != 0 ? cases[n].but.error_since : NONE,
        .fires = !cases[n].but.never_fires,
        .last_success = cases[n].but.is_new ? NONE : NOW - DAY,
        .well_since = cases[n].but.is_new ? NONE : NOW - 30 * DAY,
        .waiting = cases[n].but.waiting != 0 ? cases[n].but.waiting : NONE,
        .log = cases[n].but.log,
    };

    facts.follows = cases[n].but.follows;
    if (facts.follows == 0)
        facts.follows = condition_last_failed(&facts) + DAY;
    return facts;
}

static void describe(const struct condition *condition, char *text, size_t size)
{
    size_t used;

    if (condition->since == NONE)
        snprintf(text, size, "%s -:", condition_state_name(condition->state));
    else
        snprintf(text, size, "%s %d:", condition_state_name(condition->state),
                 (int)((NOW - condition->since) / DAY));
    for (size_t i = 0; i < condition->count; i++) {
        const struct condition_reason *reason = &condition->reasons[i];

        used = strlen(text);
        snprintf(text + used, size - used, "%s %s %s", i > 0 ? "," : "",
                 condition_code_name(reason->code), condition_state_name(reason->state));
    }
}

START_TEST(test_judge)
{
    struct condition_facts facts = facts_of((size_t)_i);
    struct condition condition;
    struct text said = {0};
    char judged[400];

    condition_judge(&facts, &condition);
    describe(&condition, judged, sizeof judged);
    ck_assert_msg(strcmp(judged, cases[_i].judged) == 0, "%s: %s", cases[_i].name, judged);
    if (condition.count > 0)
        condition_explain(&facts, &condition.reasons[0], &said);
    ck_assert_pstr_eq(condition.count > 0 ? said.data : NULL, cases[_i].said);
    text_free(&said);
}
END_TEST

/* The order in which people are shown the cases, by name. */
static const char *const order[] = {
    "never succeeded, by a single failure",
    "overdue",
    "three in a row",
    "invalid",
    "two in a row",
    "unknown outcome",
    "given up",
    "failed before",
    "never fires",
    "well",
    "disabled",
};

static struct condition judge_named(const char *name)
{
    struct condition condition = {0};
    bool is_found = false;

    for (size_t i = 0; i < COUNT(cases); i++) {
        if (strcmp(cases[i].name, name) == 0) {
            struct condition_facts facts = facts_of(i);

            condition_judge(&facts, &condition);
            is_found = true;
        }
    }
    ck_assert(is_found);
    return condition;
}

/* Covers: the worse goes first, and among those as bad what needs a person first. */
START_TEST(test_compare)
{
    for (size_t i = 0; i < COUNT(order); i++) {
        for (size_t j = 0; j < COUNT(order); j++) {
            struct condition a = judge_named(order[i]);
            struct condition b = judge_named(order[j]);
            int compared = condition_compare(&a, &b);

            ck_assert_msg((compared > 0) - (compared < 0) == (i > j) - (i < j), "%s, %s: %d",
                          order[i], order[j], compared);
        }
    }
}
END_TEST

SUITE(condition)
{
    TCase *tcase = tcase_create("condition");

    tcase_add_loop_test(tcase, test_judge, 0, COUNT(cases));
    tcase_add_test(tcase, test_compare);
    suite_add_tcase(suite, tcase);
}
