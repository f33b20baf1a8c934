/* Covers lib/plan/due.c: what a row owes, by design section 4. All of it in May 2024. */
#include "support/suite.h"

#include "base/text.h"
#include "plan/due.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ORG         "0a000000-0000-0000-0000-000000000001"
#define INTEGRATION "0b000000-0000-0000-0000-000000000002"
#define HOUR_MS     INT64_C(3600000)

static int64_t instant(const char *text)
{
    struct error err = {0};
    int64_t us = 0;

    ck_assert_msg(instant_parse(text, &us, &err), "%s: %s", text, err.message);
    return us;
}

static int64_t minute_of(const char *text)
{
    return instant(text) / INSTANT_US_PER_MINUTE;
}

static struct zones zones; /* of one test: each runs in a process of its own */
static struct due_texts texts;

static struct due_options options_us(int64_t t_us, bool is_window_only)
{
    return (struct due_options){
        .t_us = t_us,
        .window = window_of(t_us),
        .policy = {.catch_up_ms = HOUR_MS},
        .is_window_only = is_window_only,
        .clocks_agree = true,
        .may_give_up = true,
        .zones = &zones,
        .texts = &texts,
    };
}

static struct due_options options_at(const char *t, bool is_window_only)
{
    return options_us(instant(t), is_window_only);
}

static struct schedule schedule_of(const char *cron)
{
    return (struct schedule){
        .org_id = ORG,
        .integration_id = INTEGRATION,
        .is_active = true,
        .has_organization = true,
        .integration_type = "xledger",
        .cron_schedule = cron,
        .mark = INT64_MIN,
    };
}

/* The claim as text: `[state] from..to window; fate first-last*count; ...` */
static void tell_minute(struct text *text, int64_t minute)
{
    struct civil civil;

    if (minute == INT64_MIN) {
        text_add(text, "none");
        return;
    }
    civil = civil_from_minute(minute);
    text_addf(text, "%dT%02d:%02d", civil.day, civil.hour, civil.minute);
}

static int64_t count_slots(const struct claim_progression *slots)
{
    ck_assert_int_ge(slots->step, 1);
    ck_assert_int_eq((slots->last - slots->first) % slots->step, 0);
    return (slots->last - slots->first) / slots->step + 1;
}

static void tell_slots(struct text *text, const struct claim *claim)
{
    static const char *const fates[] = {[CLAIM_SERVE] = "serve",
                                        [CLAIM_GIVEN_UP] = "given up",
                                        [CLAIM_CANCELLED] = "cancelled",
                                        [CLAIM_RESTORED] = "restored"};

    for (size_t i = 0, n; i < claim->progression_count; i += n) {
        const struct claim_progression *first = &claim->progressions[i];
        int64_t slots = count_slots(first);

        for (n = 1; i + n < claim->progression_count && first[n].fate == first->fate; n++) {
            ck_assert_int_gt(first[n].first, first[n - 1].last);
            slots += count_slots(&first[n]);
        }
        text_addf(text, "; %s ", fates[first->fate]);
        tell_minute(text, first->first);
        text_add(text, "-");
        tell_minute(text, first[n - 1].last);
        text_addf(text, "*%" PRId64, slots);
    }
}

/* "" for a claim without a key; one key at the most. */
static struct text tell(const struct claim *claim)
{
    struct text text = {0};

    ck_assert_uint_le(claim->key_count, 1);
    if (claim->key_count == 1) {
        const struct claim_key *key = &claim->keys[0];

        ck_assert_uint_eq(key->first_progression, 0);
        ck_assert_uint_eq(key->progression_count, claim->progression_count);
        text_addf(&text, "[%s] ", key->text);
        tell_minute(&text, key->looked_from);
        text_add(&text, "..");
        tell_minute(&text, key->looked_to);
        text_add(&text, " ");
        tell_minute(&text, key->window_slot);
    }
    tell_slots(&text, claim);
    return text;
}

/* ---- The window alone: due and --at ---- */

/* The slot that the row has in the window of t; INT64_MIN: none. */
static int64_t window_slot_us(const struct schedule *schedule, int64_t t_us)
{
    struct due_options options = options_us(t_us, true);
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    int64_t slot = INT64_MIN;

    ck_assert(due_decide(&options, schedule, &claim, &count, &fault));
    ck_assert_int_eq(fault.kind, ERROR_NONE);
    ck_assert_uint_eq(count.in_window, claim.key_count);
    ck_assert_uint_eq(claim.progression_count, claim.key_count);
    if (claim.key_count == 1) {
        slot = claim.keys[0].window_slot;
        ck_assert_int_eq(claim.progressions[0].first, slot);
        ck_assert_int_eq(claim.progressions[0].last, slot);
        ck_assert_int_eq(claim.progressions[0].fate, CLAIM_SERVE);
        ck_assert_uint_eq(claim.keys[0].progression_count, 1);
    }
    claim_free(&claim);
    return slot;
}

static const struct {
    const char *cron;
    const char *timezone;
    const char *t;
    const char *slot; /* NULL: not due */
} window_cases[] = {
    {"0 2 * * *", NULL, "2024-05-01T02:00:00Z", "2024-05-01T02:00Z"},
    {"0 2 * * *", NULL, "2024-05-01T02:01:00Z", NULL},
    {"0 2 * * *", NULL, "2024-05-01T01:59:00Z", NULL},
    {"0 2 * * *", NULL, "2024-05-01T01:59:29.999999Z", NULL},
    {"0 2 * * *", NULL, "2024-05-01T01:59:30Z", "2024-05-01T02:00Z"},
    {"0 2 * * *", NULL, "2024-05-01T02:00:30Z", "2024-05-01T02:00Z"},
    {"0 2 * * *", NULL, "2024-05-01T02:00:30.000001Z", NULL},
    /* Two marks at half a minute: the earlier match. */
    {"* * * * *", NULL, "2024-05-01T02:00:30Z", "2024-05-01T02:00Z"},
    {"1 2 * * *", NULL, "2024-05-01T02:00:30Z", "2024-05-01T02:01Z"},
    {"2 2 * * *", NULL, "2024-05-01T02:00:30Z", NULL},
    /* Offsets: east is earlier in UTC. */
    {"0 2 * * *", "+02:00", "2024-05-01T00:00:00Z", "2024-05-01T00:00Z"},
    {"0 2 * * *", "+02:00", "2024-05-01T02:00:00Z", NULL},
    {"0 2 * * *", "-0330", "2024-05-01T05:30:10Z", "2024-05-01T05:30Z"},
    {"0 2 * * *", "+05:45", "2024-04-30T20:15:00Z", "2024-04-30T20:15Z"},
    {"0 2 1 5 *", "+05:45", "2024-04-30T20:15:00Z", "2024-04-30T20:15Z"},
    {"0 2 * * *", "Z", "2024-05-01T02:00:00Z", "2024-05-01T02:00Z"},
    {"0 2 31 * *", NULL, "2024-11-30T02:00:00Z", NULL},
    {"0 0 30 2 *", NULL, "2024-02-29T00:00:00Z", NULL},
    {"@hourly", NULL, "2024-05-01T02:00:00Z", "2024-05-01T02:00Z"},
};

START_TEST(test_due_window)
{
    struct schedule schedule = schedule_of(window_cases[_i].cron);
    const char *expected = window_cases[_i].slot;

    schedule.timezone = window_cases[_i].timezone;
    ck_assert_int_eq(window_slot_us(&schedule, instant(window_cases[_i].t)),
                     expected != NULL ? minute_of(expected) : INT64_MIN);
}
END_TEST

/* Covers: due at every second of 01:59:30..02:00:30 and at no other of the hour around. */
START_TEST(test_due_each_second)
{
    struct schedule schedule = schedule_of("0 2 * * *");
    int64_t slot = minute_of("2024-05-01T02:00Z");

    for (int64_t s = -1800; s <= 1800; s++)
        ck_assert_int_eq(
            window_slot_us(&schedule, slot * INSTANT_US_PER_MINUTE + s * INSTANT_US_PER_SECOND),
            s >= -30 && s <= 30 ? slot : INT64_MIN);
}
END_TEST

/* Covers: neither state nor catch-up where only the window is of interest. */
START_TEST(test_due_window_only_owes_nothing_else)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", true);
    struct schedule schedule = schedule_of("*/30 * * * *");
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    struct text told;

    schedule.state_text = "*/5 * * * * UTC";
    schedule.mark = minute_of("2024-05-01T00:00Z");
    ck_assert(due_decide(&options, &schedule, &claim, &count, &fault));
    told = tell(&claim);
    ck_assert_str_eq(text_string(&told),
                     "[*/30 * * * * UTC] 1T01:59..1T02:00 1T02:00; serve 1T02:00-1T02:00*1");
    text_free(&told);
    claim_free(&claim);
}
END_TEST

/* ---- A plain run: marks, catch-up, edits ---- */

#define SEEN "*/15 * * * * UTC"

static const struct {
    const char *cron; /* NULL: without schedule */
    const char *seen;
    const char *mark; /* NULL: there is none */
    const char *t;
    int64_t catch_up_ms;
    bool may_not_give_up;
    const char *told;
} plain_cases[] = {
    /* From the mark to the end of the window. */
    {"*/15 * * * *", SEEN, "2024-05-01T01:59Z", "2024-05-01T02:00:00Z", HOUR_MS, false,
     "[" SEEN "] 1T01:59..1T02:00 1T02:00; serve 1T02:00-1T02:00*1"},
    {"*/15 * * * *", SEEN, "2024-05-01T02:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false, ""},
    {"*/15 * * * *", SEEN, "2024-05-01T02:00Z", "2024-05-01T02:01:00Z", HOUR_MS, false, ""},
    {"*/15 * * * *", SEEN, "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[" SEEN "] 1T01:00..1T02:00 1T02:00; serve 1T01:15-1T02:00*4"},
    {"*/15 * * * *", SEEN, "2024-05-01T01:20Z", "2024-05-01T01:52:00Z", HOUR_MS, false,
     "[" SEEN "] 1T01:20..1T01:52 none; serve 1T01:30-1T01:45*2"},
    {"* * * * *", "* * * * * UTC", "2024-05-01T01:59Z", "2024-05-01T02:00:30Z", HOUR_MS, false,
     "[* * * * * UTC] 1T01:59..1T02:01 1T02:00; serve 1T02:00-1T02:01*2"},
    /* Exactly as old as the catch-up time is served, older is given up. */
    {"*/15 * * * *", SEEN, "2024-05-01T00:00Z", "2024-05-01T02:00:00Z", HOUR_MS, false,
     "[" SEEN "] 1T00:00..1T02:00 1T02:00; given up 1T00:15-1T00:45*3; serve 1T01:00-1T02:00*5"},
    {"*/15 * * * *", SEEN, "2024-05-01T00:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[" SEEN "] 1T00:00..1T02:00 1T02:00; given up 1T00:15-1T01:00*4; serve 1T01:15-1T02:00*4"},
    /* --catch-up 0: the window is served, all before it is given up. */
    {"*/15 * * * *", SEEN, "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", 0, false,
     "[" SEEN "] 1T01:00..1T02:00 1T02:00; given up 1T01:15-1T01:45*3; serve 1T02:00-1T02:00*1"},
    {"*/15 * * * *", SEEN, "2024-05-01T01:00Z", "2024-05-01T02:00:40Z", 0, false,
     "[" SEEN "] 1T01:00..1T02:01 none; given up 1T01:15-1T02:00*4"},
    {"*/15 * * * *", SEEN, "2024-05-01T01:59Z", "2024-05-01T01:59:30Z", 0, false,
     "[" SEEN "] 1T01:59..1T02:00 1T02:00; serve 1T02:00-1T02:00*1"},
    /* While the clocks disagree nothing is given up, and the mark stays. */
    {"*/15 * * * *", SEEN, "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", 0, true,
     "[" SEEN "] 1T01:00..1T01:00 1T02:00; serve 1T02:00-1T02:00*1"},
    {"*/15 * * * *", SEEN, "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, true,
     "[" SEEN "] 1T01:00..1T02:00 1T02:00; serve 1T01:15-1T02:00*4"},
    {"30 * * * *", "30 * * * * UTC", "2024-05-01T00:00Z", "2024-05-01T01:29:00Z", 0, true, ""},
    /* At most DUE_GIVEN_UP_MAX a tick; what was not looked at is told by the end. */
    {"* * * * *", "* * * * * UTC", "2024-04-30T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[* * * * * UTC] 30T01:00..1T02:00 1T02:00; given up 30T01:01-1T01:00*1440;"
     " serve 1T01:01-1T02:00*60"},
    {"* * * * *", "* * * * * UTC", "2024-04-30T00:59Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[* * * * * UTC] 30T00:59..1T00:59 1T02:00; given up 30T01:00-1T00:59*1440;"
     " serve 1T01:01-1T02:00*60"},
    {"* * * * *", "* * * * * UTC", "2024-04-29T02:00Z", "2024-05-01T02:00:10Z", 72 * HOUR_MS, false,
     "[* * * * * UTC] 29T02:00..1T02:00 1T02:00; serve 29T02:01-1T02:00*2880"},
    /* New: no past; its state is written whether or not it is due. */
    {"*/15 * * * *", NULL, NULL, "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[" SEEN "] 1T01:59..1T02:00 1T02:00; serve 1T02:00-1T02:00*1"},
    {"0 3 * * *", NULL, NULL, "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[0 3 * * * UTC] 1T01:59..1T02:00 none"},
    /* Enabled again. */
    {"*/15 * * * *", "", "2024-04-28T02:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[" SEEN "] 1T01:59..1T02:00 1T02:00; serve 1T02:00-1T02:00*1"},
    /* Edited: what the old text owed before the window is cancelled. */
    {"0 2 * * *", SEEN, "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[0 2 * * * UTC] 1T01:59..1T02:00 1T02:00; cancelled 1T01:15-1T01:45*3;"
     " serve 1T02:00-1T02:00*1"},
    {"0 2 * * *", "0 2 * * * +02:00", "2024-04-30T12:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[0 2 * * * UTC] 1T01:59..1T02:00 1T02:00; cancelled 1T00:00-1T00:00*1;"
     " serve 1T02:00-1T02:00*1"},
    {"0 3 * * *", "rubbish UTC", "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[0 3 * * * UTC] 1T01:59..1T02:00 none; cancelled 1T01:01-1T02:00*60"},
    {"0 3 * * *", "rubbish", "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[0 3 * * * UTC] 1T01:59..1T02:00 none; cancelled 1T01:01-1T02:00*60"},
    {"0 3 * * *", "0 2 * * * Mars/Olympus", "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS,
     false, "[0 3 * * * UTC] 1T01:59..1T02:00 none; cancelled 1T01:01-1T02:00*60"},
    /* Disabled, or without schedule. */
    {NULL, SEEN, "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false,
     "[] 1T01:59..1T02:00 none; cancelled 1T01:15-1T02:00*4"},
    /* A slot of the window that has come is cancelled, unless it was served or the new text names it. */
    {"37 * * * *", "7 * * * * UTC", "2024-05-01T15:06Z", "2024-05-01T15:07:02Z", HOUR_MS, false,
     "[37 * * * * UTC] 1T15:06..1T15:07 none; cancelled 1T15:07-1T15:07*1"},
    {"37 * * * *", "7 * * * * UTC", "2024-05-01T15:06Z", "2024-05-01T15:07:00Z", HOUR_MS, false,
     "[37 * * * * UTC] 1T15:06..1T15:07 none; cancelled 1T15:07-1T15:07*1"},
    {"37 * * * *", "7 * * * * UTC", "2024-05-01T15:06Z", "2024-05-01T15:06:59Z", HOUR_MS, false,
     "[37 * * * * UTC] 1T15:06..1T15:07 none"},
    {"37 * * * *", "7 * * * * UTC", "2024-05-01T15:07Z", "2024-05-01T15:07:02Z", HOUR_MS, false,
     "[37 * * * * UTC] 1T15:06..1T15:07 none"},
    {"7,37 * * * *", "7 * * * * UTC", "2024-05-01T15:06Z", "2024-05-01T15:07:02Z", HOUR_MS, false,
     "[7,37 * * * * UTC] 1T15:06..1T15:07 1T15:07; serve 1T15:07-1T15:07*1"},
    {"8 * * * *", "7 * * * * UTC", "2024-05-01T14:00Z", "2024-05-01T15:07:30Z", HOUR_MS, false,
     "[8 * * * * UTC] 1T15:06..1T15:08 1T15:08; cancelled 1T14:07-1T15:07*2;"
     " serve 1T15:08-1T15:08*1"},
    {NULL, "", "2024-05-01T01:00Z", "2024-05-01T02:00:10Z", HOUR_MS, false, ""},
    {NULL, NULL, NULL, "2024-05-01T02:00:10Z", HOUR_MS, false, ""},
    /* A mark of up to t + 60 s is believed. */
    {"*/15 * * * *", SEEN, "2024-05-01T02:01Z", "2024-05-01T02:00:00Z", HOUR_MS, false, ""},
};

/* Held first, whatever would become of it else; nothing behind it, while there is more of it. */
static const struct {
    const char *cron;
    const char *mark;
    const char *held_to;
    const char *told;
} held_cases[] = {
    {"*/15 * * * *", "2024-05-01T00:00Z", "2024-05-01T02:00Z",
     "[" SEEN "] 1T00:00..1T02:00 1T02:00; restored 1T00:15-1T02:00*8"},
    {"*/15 * * * *", "2024-05-01T00:00Z", "2024-05-01T01:30Z",
     "[" SEEN "] 1T00:00..1T02:00 1T02:00; restored 1T00:15-1T01:30*6; serve 1T01:45-1T02:00*2"},
    {"*/15 * * * *", "2024-05-01T00:00Z", "2024-05-01T00:44Z",
     "[" SEEN "] 1T00:00..1T02:00 1T02:00; restored 1T00:15-1T00:30*2;"
     " given up 1T00:45-1T01:00*2; serve 1T01:15-1T02:00*4"},
    {"*/15 * * * *", "2024-05-01T01:00Z", "2024-05-01T01:00Z",
     "[" SEEN "] 1T01:00..1T02:00 1T02:00; serve 1T01:15-1T02:00*4"},
    {"*/15 * * * *", "2024-04-01T00:00Z", "2024-05-01T01:30Z",
     "[" SEEN "] 1T00:00..16T00:00 1T02:00; restored 1T00:15-16T00:00*1440"},
    {"0 3 * * *", "2024-05-01T01:00Z", "2024-05-01T01:15Z",
     "[0 3 * * * UTC] 1T01:59..1T02:00 none; restored 1T01:15-1T01:15*1;"
     " cancelled 1T01:30-1T02:00*3"},
    {"0 3 * * *", "2024-05-01T01:00Z", "2024-05-01T02:00Z",
     "[0 3 * * * UTC] 1T01:59..1T02:00 none; restored 1T01:15-1T02:00*4"},
    {NULL, "2024-05-01T01:45Z", "2024-05-01T01:59Z",
     "[] 1T01:59..1T02:00 none; cancelled 1T02:00-1T02:00*1"},
};

START_TEST(test_due_held)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", false);
    struct schedule schedule = schedule_of(held_cases[_i].cron);
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    struct text told;

    options.held_to = minute_of(held_cases[_i].held_to);
    schedule.is_active = held_cases[_i].cron != NULL;
    schedule.state_text = SEEN;
    schedule.mark = minute_of(held_cases[_i].mark);
    ck_assert(due_decide(&options, &schedule, &claim, &count, &fault));
    told = tell(&claim);
    ck_assert_str_eq(text_string(&told), held_cases[_i].told);
    text_free(&told);
    claim_free(&claim);
}
END_TEST

START_TEST(test_due_plain)
{
    struct due_options options = options_at(plain_cases[_i].t, false);
    struct schedule schedule = schedule_of(plain_cases[_i].cron);
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    struct text told;

    options.policy.catch_up_ms = plain_cases[_i].catch_up_ms;
    options.may_give_up = !plain_cases[_i].may_not_give_up;
    schedule.is_active = plain_cases[_i].cron != NULL;
    schedule.state_text = plain_cases[_i].seen;
    if (plain_cases[_i].mark != NULL)
        schedule.mark = minute_of(plain_cases[_i].mark);
    ck_assert(due_decide(&options, &schedule, &claim, &count, &fault));
    ck_assert_int_eq(fault.kind, ERROR_NONE);
    ck_assert_uint_eq(count.schedules, schedule.is_active ? 1 : 0);
    told = tell(&claim);
    ck_assert_str_eq(text_string(&told), plain_cases[_i].told);
    if (claim.key_count == 1) {
        ck_assert_pstr_eq(claim.keys[0].state_text, plain_cases[_i].seen);
        ck_assert_pstr_eq(claim.keys[0].cron_schedule,
                          schedule.is_active ? schedule.cron_schedule : NULL);
        ck_assert_pstr_eq(claim.keys[0].timezone, schedule.is_active ? schedule.timezone : NULL);
        ck_assert_str_eq(claim.keys[0].org_id, ORG);
        ck_assert_str_eq(claim.keys[0].integration_id, INTEGRATION);
        ck_assert_str_eq(claim.keys[0].integration_type, "xledger");
    }
    text_free(&told);
    claim_free(&claim);
}
END_TEST

static const struct {
    const char *served; /* NULL: no run shows any slot as served */
    bool clocks_disagree;
    const char *told;
} ahead_cases[] = {
    {NULL, false, "[" SEEN "] 1T01:59..1T02:00 1T02:00; serve 1T02:00-1T02:00*1"},
    {"2024-05-01T01:30Z", false, "[" SEEN "] 1T01:30..1T02:00 1T02:00; serve 1T01:45-1T02:00*2"},
    {"2024-05-01T02:00Z", false, "[" SEEN "] 1T01:59..1T02:00 1T02:00; serve 1T02:00-1T02:00*1"},
    {NULL, true, ""},
};

/*
 * Covers: a mark beyond t + 60 s is corrected to what was served, which is told, and the row is served all
 * the same; while the clocks disagree it is left alone, and nothing behind it served.
 */
START_TEST(test_due_mark_in_the_future)
{
    struct due_options options = options_at("2024-05-01T01:59:59.999999Z", false);
    struct schedule schedule = schedule_of("*/15 * * * *");
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    struct text told;

    options.clocks_agree = !ahead_cases[_i].clocks_disagree;
    schedule.state_text = SEEN;
    schedule.mark = minute_of("2024-05-01T02:01Z");
    schedule.served =
        ahead_cases[_i].served != NULL ? minute_of(ahead_cases[_i].served) : INT64_MIN;
    ck_assert(due_decide(&options, &schedule, &claim, &count, &fault));
    ck_assert_str_eq(fault.message,
                     options.clocks_agree ? "its mark lay in the future and is corrected" : "");
    told = tell(&claim);
    ck_assert_str_eq(text_string(&told), ahead_cases[_i].told);
    text_free(&told);
    claim_free(&claim);
}
END_TEST

/* Covers: a clock that may be behind moves no mark back where it sees an edit. */
START_TEST(test_due_edited_by_clock_behind)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", false);
    struct schedule schedule = schedule_of("* * * * *");
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    struct text told;

    options.clocks_agree = false;
    schedule.state_text = SEEN;
    schedule.mark = minute_of("2024-05-02T02:00Z");
    ck_assert(due_decide(&options, &schedule, &claim, &count, &fault));
    told = tell(&claim);
    ck_assert_str_eq(text_string(&told), "[* * * * * UTC] 2T02:00..2T02:00 1T02:00");
    text_free(&told);
    claim_free(&claim);
}
END_TEST

/* ---- Rows that are not valid ---- */

static char long_cron[1002];

static const struct {
    const char *cron;
    const char *timezone;
    const char *type;
    bool has_no_organization;
    const char *wrong; /* part of the message */
} bad_rows[] = {
    {"99 * * * *", NULL, "xledger", false, "cron_schedule: minute"},
    {"* * * * * *", NULL, "xledger", false, "cron_schedule: "},
    {"", NULL, "xledger", false, "cron_schedule: "},
    {"* * * * *\n", NULL, "xledger", false, "cron_schedule: "},
    {long_cron, NULL, "xledger", false, "1000"},
    {"* * * * *", "Mars/Olympus", "xledger", false, "Mars/Olympus"},
    {"* * * * *", "+25:00", "xledger", false, "is outside -15:59 to +15:59"},
    {"* * * * *", "", "xledger", false, "is not a time zone"},
    {"* * * * *", NULL, "Xledger", false, "integration_type \"Xledger\" is not known"},
    {"* * * * *", NULL, "", false, "integration_type \"\" is not known"},
    {"* * * * *", NULL, NULL, false, "integration_type \"(null)\" is not known"},
    {"* * * * *", NULL, "xledger", true, "its organisation does not exist"},
};

/* Covers: the fault names the row; nothing is due; an open state is closed, a closed one is not. */
START_TEST(test_due_bad_row)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", false);
    struct schedule schedule = schedule_of(bad_rows[_i].cron);
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    struct text told;

    memset(long_cron, '*', sizeof long_cron - 1); /* 1,001 characters: what the store hands on */
    schedule.timezone = bad_rows[_i].timezone;
    schedule.integration_type = bad_rows[_i].type;
    schedule.has_organization = !bad_rows[_i].has_no_organization;
    ck_assert(!due_decide(&options, &schedule, &claim, &count, &fault));
    ck_assert_msg(strstr(fault.message, bad_rows[_i].wrong) != NULL, "%s", fault.message);
    ck_assert_uint_eq(claim.key_count + claim.progression_count + count.in_window, 0);

    schedule.state_text = "30 * * * * UTC";
    schedule.mark = minute_of("2024-05-01T00:30Z");
    ck_assert(!due_decide(&options, &schedule, &claim, &count, &fault));
    told = tell(&claim);
    ck_assert_str_eq(text_string(&told), "[] 1T01:59..1T02:00 none; cancelled 1T01:30-1T01:30*1");
    text_free(&told);
    claim_free(&claim);
}
END_TEST

/* Covers: a text that only another host can read was not edited, and nothing of it is closed. */
START_TEST(test_due_unreadable_here)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", false);
    struct schedule schedule = schedule_of("30 * * * *");
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};

    schedule.timezone = "Mars/Olympus";
    schedule.state_text = "30 * * * * Mars/Olympus";
    schedule.mark = minute_of("2024-05-01T00:30Z");
    ck_assert(!due_decide(&options, &schedule, &claim, &count, &fault));
    ck_assert_ptr_nonnull(strstr(fault.message, "\"Mars/Olympus\" is not known"));
    ck_assert_uint_eq(claim.key_count, 0);
    ck_assert_uint_eq(count.schedules, 1);
    claim_free(&claim);
}
END_TEST

/*
 * Covers: a row that is set aside is named, and owes and changes nothing, whatever it says; one that
 * is disabled is not even named.
 */
START_TEST(test_due_set_aside)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", false);
    struct schedule schedule = schedule_of("0 2 * * *");
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};

    schedule.set_aside = "set aside, 2 rows have these ids: one; other";
    schedule.state_text = "30 * * * * UTC";
    schedule.mark = minute_of("2024-05-01T00:30Z");
    ck_assert(!due_decide(&options, &schedule, &claim, &count, &fault));
    ck_assert_str_eq(fault.message, "set aside, 2 rows have these ids: one; other");
    schedule.is_active = false;
    fault = (struct error){0};
    ck_assert(due_decide(&options, &schedule, &claim, &count, &fault));
    ck_assert_int_eq(fault.kind, ERROR_NONE);
    ck_assert_uint_eq(claim.key_count, 0);
    ck_assert_uint_eq(count.schedules, 1);
    claim_free(&claim);
}
END_TEST

/* Covers: several organisations at once; a bad row and a disabled one among them stop nobody. */
START_TEST(test_due_several)
{
    static const struct {
        const char *cron;
        bool is_off;
    } rows[] = {{"0 2 * * *", false}, {"99 * * * *", false},  {"*/15 * * * *", false},
                {"0 2 * * *", true},  {"0 2 * * wed", false}, {"1 2 * * *", false}};
    struct due_options options = options_at("2024-05-01T02:00:10Z", true);
    struct claim claim = {0};
    struct due_count count = {0};
    char due[8] = "";

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct schedule schedule = schedule_of(rows[i].cron);
        struct error fault = {0};

        schedule.org_id[RUN_UUID_SIZE - 2] = (char)('0' + (int)i);
        schedule.is_active = !rows[i].is_off;
        ck_assert_int_eq(due_decide(&options, &schedule, &claim, &count, &fault), i != 1);
    }
    ck_assert_uint_eq(claim.key_count, 3);
    ck_assert_uint_eq(claim.progression_count, 3);
    for (size_t i = 0; i < 3; i++) {
        due[i] = claim.keys[i].org_id[RUN_UUID_SIZE - 2];
        ck_assert_uint_eq(claim.keys[i].first_progression, i);
        ck_assert_uint_eq(claim.keys[i].progression_count, 1);
        ck_assert_int_eq(claim.progressions[i].first, minute_of("2024-05-01T02:00Z"));
    }
    ck_assert_str_eq(due, "024");
    ck_assert_uint_eq(count.schedules, 5);
    ck_assert_uint_eq(count.in_window, 3);
    claim_free(&claim);
}
END_TEST

/* ---- Many rows of few texts ---- */

enum { MANY_ROWS = 4000 };

static uint32_t many_pick(uint32_t *state, uint32_t count)
{
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 16) % count;
}

/* What is wrong or edited is rare, and marks lie up to two hours back, one in 50 in the future. */
static struct schedule many_row(uint32_t *state, int64_t now)
{
    static const char *const crons[] = {"*/15 * * * *", "0 2 * * *", "1 2 * * *", "59 1 * * *",
                                        "0 12 * * *"};
    static const char *const seen[] = {"*/15 * * * * UTC", "0 2 * * * UTC", "1 2 * * * UTC",
                                       "59 1 * * * UTC", "0 12 * * * UTC"};
    uint32_t n = many_pick(state, 5);
    struct schedule schedule = schedule_of(crons[n]);

    schedule.state_text = many_pick(state, 20) == 0   ? NULL
                          : many_pick(state, 20) == 0 ? seen[many_pick(state, 5)]
                                                      : seen[n];
    if (schedule.state_text != NULL)
        schedule.mark = now - many_pick(state, 120) + (many_pick(state, 50) == 0 ? 100 : 0);
    schedule.is_active = many_pick(state, 20) != 0;
    schedule.has_organization = many_pick(state, 50) != 0;
    schedule.integration_type = many_pick(state, 50) != 0 ? "bufdir" : "Bufdir";
    schedule.timezone = many_pick(state, 50) == 0 ? "+02:00" : NULL;
    return schedule;
}

/* Tells what the schedule adds to the claim. */
static void many_decide(const struct due_options *options, const struct schedule *schedule,
                        struct claim *claim, struct text *told)
{
    size_t keys = claim->key_count;
    size_t progressions = claim->progression_count;
    struct due_count count = {0};
    struct error fault = {0};
    bool is_valid = due_decide(options, schedule, claim, &count, &fault);
    struct claim_key key = claim->key_count > keys ? claim->keys[keys] : (struct claim_key){0};
    struct claim added = {
        .keys = &key,
        .key_count = claim->key_count - keys,
        .progressions = claim->progressions + progressions,
        .progression_count = claim->progression_count - progressions,
    };

    key.first_progression -= added.key_count > 0 ? progressions : 0;
    *told = tell(&added);
    text_addf(told, " %d %zu %zu %s", is_valid, count.schedules, count.in_window, fault.message);
}

/* Covers: what is known of other rows of the same text makes no difference to what is decided. */
START_TEST(test_due_known_texts)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", false);
    struct claim claim = {0};
    uint32_t state = 1;

    for (int i = 0; i < MANY_ROWS; i++) {
        struct schedule schedule = many_row(&state, minute_of("2024-05-01T02:00Z"));
        struct due_texts nothing = {0};
        struct claim own = {0};
        struct due_options alone = options;
        struct text expected;
        struct text told;

        alone.texts = &nothing;
        many_decide(&alone, &schedule, &own, &expected);
        many_decide(&options, &schedule, &claim, &told);
        ck_assert_str_eq(text_string(&told), text_string(&expected));
        text_free(&expected);
        text_free(&told);
        due_texts_free(&nothing);
        claim_free(&own);
    }
    ck_assert_uint_eq(texts.count, 5); /* of all texts something was known */
    due_texts_free(&texts);
    claim_free(&claim);
}
END_TEST

/* ---- Progressions ---- */

static const struct {
    const char *cron;
    const char *timezone;
    const char *mark; /* up to 2024-05-01T02:00Z */
    size_t progressions;
} folds[] = {
    {"* * * * *", NULL, "2024-04-30T02:00Z", 1},
    {"* * * * *", NULL, "2024-03-31T02:00Z", 1},
    {"*/15 * * * *", NULL, "2024-03-31T02:00Z", 1},
    {"30 2 * * *", "Europe/Oslo", "2024-04-30T02:00Z", 1},
    {"0-58 * * * *", NULL, "2024-04-30T02:00Z", 25},
    {"0,1,30 * * * *", NULL, "2024-04-30T23:59Z", 4}, /* 0+1, 30+60, 61+90, 120 */
};

/* Covers: slots at equal distances travel as one, however many they are. */
START_TEST(test_due_progressions)
{
    struct due_options options = options_at("2024-05-01T02:00:10Z", false);
    struct schedule schedule = schedule_of(folds[_i].cron);
    struct claim claim = {0};
    struct due_count count = {0};
    struct error fault = {0};
    struct text state = {0};

    options.policy.catch_up_ms = 32 * 24 * HOUR_MS;
    schedule.timezone = folds[_i].timezone;
    text_addf(&state, "%s %s", folds[_i].cron,
              folds[_i].timezone != NULL ? folds[_i].timezone : "UTC");
    schedule.state_text = text_string(&state);
    schedule.mark = minute_of(folds[_i].mark);
    ck_assert(due_decide(&options, &schedule, &claim, &count, &fault));
    ck_assert_uint_eq(claim.progression_count, folds[_i].progressions);
    text_free(&state);
    claim_free(&claim);
}
END_TEST

SUITE(due)
{
    TCase *cases = tcase_create("due");

    tcase_add_loop_test(cases, test_due_window, 0, sizeof window_cases / sizeof window_cases[0]);
    tcase_add_test(cases, test_due_each_second);
    tcase_add_test(cases, test_due_window_only_owes_nothing_else);
    tcase_add_loop_test(cases, test_due_plain, 0, sizeof plain_cases / sizeof plain_cases[0]);
    tcase_add_loop_test(cases, test_due_held, 0, (int)(sizeof held_cases / sizeof *held_cases));
    tcase_add_loop_test(cases, test_due_mark_in_the_future, 0,
                        sizeof ahead_cases / sizeof ahead_cases[0]);
    tcase_add_test(cases, test_due_edited_by_clock_behind);
    tcase_add_loop_test(cases, test_due_bad_row, 0, sizeof bad_rows / sizeof bad_rows[0]);
    tcase_add_test(cases, test_due_unreadable_here);
    tcase_add_test(cases, test_due_set_aside);
    tcase_add_test(cases, test_due_several);
    tcase_add_test(cases, test_due_known_texts);
    tcase_add_loop_test(cases, test_due_progressions, 0, sizeof folds / sizeof folds[0]);
    suite_add_tcase(suite, cases);
}
