/*
 * Covers lib/plan/audit.c: what becomes of each slot, by tables, and against the definition of
 * "covered" spelt out run by run.
 */
#include "support/suite.h"

#include "base/text.h"
#include "plan/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 64, SLOTS_MAX = 64, EVER = 1000 };

/* A schedule as a list of minutes. */
struct slots {
    int64_t minutes[SLOTS_MAX];
    size_t count;
    bool is_stepped_over;
};

static bool next_slot(void *context, int64_t after, int64_t *slot, bool *is_stepped_over)
{
    const struct slots *slots = context;

    *is_stepped_over = slots->is_stepped_over;

    for (size_t i = 0; i < slots->count; i++) {
        if (slots->minutes[i] > after) {
            *slot = slots->minutes[i];
            return true;
        }
    }
    return false;
}

static void read_slots(const char *text, struct slots *slots)
{
    int length;
    int minute;

    for (; sscanf(text, "%d%n", &minute, &length) == 1; text += length)
        slots->minutes[slots->count++] = minute;
}

/*
 * Runs as text: what became of it, [covers_from-]slot[+minutes until it began], such as "c10",
 * "n5-10+7". c: completed, p: pending, r: running, n, j, u: failed with the class not_delivered,
 * rejected, unknown; "!" behind it: a further attempt, "@": one by hand.
 */
static void read_run(const char *word, struct audit_run *run)
{
    int first;
    int last;
    int length;
    const char *at = word + 1;

    *run = (struct audit_run){
        .status = RUN_FAILED, .is_by_schedule = *at != '!' && *at != '@', .is_by_hand = *at == '@'};
    at += run->is_by_schedule ? 0 : 1;
    ck_assert_msg(strchr("cprnju", *word) != NULL, "no such run: %s", word);
    run->status = *word == 'c'   ? RUN_COMPLETED
                  : *word == 'p' ? RUN_PENDING
                  : *word == 'r' ? RUN_RUNNING
                                 : RUN_FAILED;
    run->error_class = *word == 'n'   ? OUTCOME_NOT_DELIVERED
                       : *word == 'j' ? OUTCOME_REJECTED
                       : *word == 'u' ? OUTCOME_UNKNOWN
                                      : OUTCOME_NONE;
    ck_assert_int_eq(sscanf(at, "%d%n", &first, &length), 1);
    at += length;
    last = first;
    if (*at == '-')
        ck_assert_int_eq(sscanf(at, "-%d%n", &last, &length), 1);
    at += *at == '-' ? length : 0;
    run->covers_from = first;
    run->scheduled_for = last;
    run->started_at_ms = *at == '+' ? (last + strtoll(at + 1, NULL, 10)) * 60000 : INT64_MIN;
}

static size_t read_runs(const char *text, struct audit_run *runs)
{
    char *words = strdup(text);
    char *rest = NULL;
    size_t count = 0;

    ck_assert_ptr_nonnull(words);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        read_run(word, &runs[count]);
        runs[count].attempt =
            count > 0 && runs[count - 1].scheduled_for == runs[count].scheduled_for
                ? runs[count - 1].attempt + 1
                : 1;
        runs[count].run_id[0] = (char)('a' + (char)count);
        count++;
    }
    free(words);
    return count;
}

/* "10 completed a, 20 doubled b c, 30 missing"; "?" marks what is not judged. */
static void spell(void *context, const struct audit_slot *slot)
{
    static const char *const names[] = {"completed", "folded",  "failed",  "unknown", "in progress",
                                        "waiting",   "missing", "doubled", "again",   "extra"};
    struct text *spelt = context;

    text_addf(spelt, "%s%d%s %s", spelt->length > 0 ? ", " : "", (int)slot->slot,
              slot->is_judged ? "" : "?", names[slot->verdict]);
    if (slot->run != NULL)
        text_addf(spelt, " %s", slot->run->run_id);
    if (slot->other != NULL)
        text_addf(spelt, " %s", slot->other->run_id);
    if (slot->late_ms > 0)
        text_addf(spelt, " +%d", (int)(slot->late_ms / 60000));
    if (slot->early_ms > 0)
        text_addf(spelt, " -%d", (int)(slot->early_ms / 60000));
}

static const struct {
    const char *slots;
    const char *runs;
    int judged_from;
    int mark;
    int old_before;
    const char *spelt;
} cases[] = {
    {"", "", 0, EVER, 0, ""},
    {"10 20", "c10 c20", 0, EVER, 0, "10 completed a, 20 completed b"},
    /* missing: at or before the mark, or old; else it waits */
    {"10 20 30", "c10", 0, 20, 0, "10 completed a, 20 missing, 30 waiting"},
    {"10 20 30", "c10", 0, -1, 0, "10 completed a, 20 waiting, 30 waiting"},
    {"10 20 30", "", 0, -1, 20, "10 missing, 20 waiting, 30 waiting"},
    {"10 20 30", "c10 c30", 0, 30, 0, "10 completed a, 20 missing, 30 completed b"},
    /* folded; its run may lie behind the period, and begin before it */
    {"10 20 30", "c10-30", 0, 30, 0, "10 folded a, 20 folded a, 30 completed a"},
    {"90 95", "c90-105", 0, EVER, 0, "90 folded a, 95 folded a"},
    {"5", "c-20-5", 0, EVER, 0, "5 completed a"},
    /* the period is [0, 100) */
    {"-1 0 99 100", "c0 c99", 0, EVER, 0, "0 completed a, 99 completed b"},
    /* one that began before its time covers what lay behind it then, and its own slot */
    {"10 20 30 40", "c20 c30 c10-40+-25", 0, EVER, 0,
     "10 folded c -25, 20 completed a, 30 completed b, 40 completed c -25"},
    {"10 20 30 40", "c10-40+-25", 0, 20, 0,
     "10 folded a -25, 20 missing, 30 waiting, 40 completed a -25"},
    {"10 20 40", "c20 c10-40+-25 c@10-40", 0, EVER, 0,
     "10 again b c, 20 completed a, 40 again b c"},
    {"10 20", "c10-20+0", 0, EVER, 0, "10 folded a, 20 completed a"},
    /* failed and unknown, by the last attempt; a completed one counts wherever it stands */
    {"10 20 30", "n10 j20 u30", 0, EVER, 0, "10 failed a, 20 failed b, 30 unknown c"},
    {"10", "u10 n!10", 0, EVER, 0, "10 failed b"},
    {"10", "j10 u!10", 0, EVER, 0, "10 unknown b"},
    {"10", "u10 c!10", 0, EVER, 0, "10 completed b"},
    {"10", "c10 n!10", 0, EVER, 0, "10 completed a"},
    {"10 20", "n10-20", 0, EVER, 0, "10 failed a, 20 failed a"},
    {"10 20 30", "p10 r20 p25-30", 0, EVER, 0,
     "10 in progress a, 20 in progress b, 30 in progress c"},
    {"10", "j10 r!10", 0, EVER, 0, "10 in progress b"},
    /* doubled: completed twice, which a fold carries to all of its slots */
    {"10", "c10 c!10", 0, EVER, 0, "10 doubled a b"},
    {"10", "c10 n!10 c!10 c!10", 0, EVER, 0, "10 doubled a c"},
    {"10 20", "c10-20 c!10-20", 0, EVER, 0, "10 doubled a b, 20 doubled a b"},
    /* again: each but the first by hand, which one that failed does not undo */
    {"10", "c10 c@10", 0, EVER, 0, "10 again a b"},
    {"10", "c10 c@10 c@10", 0, EVER, 0, "10 again a c"},
    {"10", "c@10 c@10", 0, EVER, 0, "10 again a b"},
    {"10", "c10 j@10", 0, EVER, 0, "10 completed a"},
    {"10", "c10 j@10 c!10", 0, EVER, 0, "10 doubled a c"},
    {"10", "c10 c@10 c!10", 0, EVER, 0, "10 doubled a c"},
    {"10 20", "c10-20 c@10-20", 0, EVER, 0, "10 again a b, 20 again a b"},
    {"10", "c10 c@15 c@15", 0, EVER, 0, "10 completed a, 15 extra b c"},
    /* doubled: two runs for different slots, each of which may have been delivered */
    {"10 20", "c10 c10-20", 0, EVER, 0, "10 doubled a b, 20 completed b"},
    {"10 20", "c10 u10-20", 0, EVER, 0, "10 doubled a b, 20 unknown b"},
    {"10 20", "u10 j10-20", 0, EVER, 0, "10 doubled a b, 20 failed b"},
    {"10 20", "c10 p10-20", 0, EVER, 0, "10 doubled a b, 20 in progress b"},
    {"10 20", "r10 c10-20", 0, EVER, 0, "10 doubled a b, 20 completed b"},
    {"10 20", "n10 c10-20", 0, EVER, 0, "10 folded b, 20 completed b"},
    {"10 20", "c10 n10-20", 0, EVER, 0, "10 completed a, 20 failed b"},
    {"10 20", "n10 n10-20", 0, EVER, 0, "10 failed a, 20 failed b"},
    {"10 20", "u10 n!10 c10-20", 0, EVER, 0, "10 doubled b c, 20 completed c"},
    {"10 20 30", "c10 n5-20 c5-30", 0, EVER, 0, "10 doubled c a, 20 folded c, 30 completed c"},
    /* extra: not a slot; an error only if it was completed twice */
    {"10", "c10 c!15", 0, EVER, 0, "10 completed a, 15 extra b"},
    {"10 20", "c!15 c10-20", 0, EVER, 0, "10 folded b, 15 extra a, 20 completed b"},
    {"10", "c10 c!15 c!15", 0, EVER, 0, "10 completed a, 15 doubled b c"},
    /* a run for no slot covers some all the same */
    {"10", "c10-15", 0, EVER, 0, "10 folded a, 15 extra a"},
    /* what an older text asked for is not known: as it stands, nothing is missing or extra */
    {"10 20 30", "c5 n15 c20 c40", 20, 30, 0,
     "5? completed a, 15? failed b, 20 completed c, 30 missing, 40 extra d"},
    {"10 20", "c5 c!5 p7", 100, EVER, 0, "5? doubled a b, 7? in progress c"},
    {"10 20", "c5 c5-7", 100, EVER, 0, "5? doubled a b, 7? completed b"},
    {"10", "c3-7", 5, EVER, 0, "7 extra a, 10 missing"},
    /* late: more than 5 minutes, of a run that a tick made for the slot's sake */
    {"10 20 30", "c10+5 c20+6 r30+7", 0, EVER, 0,
     "10 completed a, 20 completed b +6, 30 in progress c +7"},
    {"10 20", "c!10+60 c20", 0, EVER, 0, "10 completed a, 20 completed b"},
    {"10", "j10+1 c!10+60", 0, EVER, 0, "10 completed b"},
    {"10", "j10+8 c!10+60", 0, EVER, 0, "10 completed b +8"},
    {"10 20", "c10-20+9", 0, EVER, 0, "10 folded a +9, 20 completed a +9"},
};

/* Covers: what is named in a stretch that cannot be judged is judged, and nothing else there. */
START_TEST(test_unjudged)
{
    struct audit_stretch stretches[] = {{10, 20, NULL}, {40, 50, NULL}};
    struct slots slots = {0};
    struct audit_run runs[RUNS_MAX];
    struct audit_subject subject = {.to = 100,
                                    .mark = EVER,
                                    .unjudged = stretches,
                                    .unjudged_count = 2,
                                    .next_slot = next_slot,
                                    .slots = &slots,
                                    .runs = runs,
                                    .count = read_runs("c9 c10 n19 c20 c49 c50", runs)};
    struct text spelt = {0};

    read_slots("10 15 30", &slots);
    audit_match(&subject, spell, &spelt);
    ck_assert_str_eq(text_string(&spelt),
                     "9 extra a, 10 completed b, 15 missing, 19? failed c, 20 extra d, 30 missing,"
                     " 49? completed e, 50 extra f");
    text_free(&spelt);
}
END_TEST

/*
 * Covers: a slot that a clock stepped over is covered by the whole of a run that it made one that began
 * before its time, waits for none, and is not doubled where a run of the later text spans it.
 */
START_TEST(test_stepped_over)
{
    struct slots slots = {.is_stepped_over = true};
    struct audit_run runs[RUNS_MAX];
    struct audit_subject subject = {.to = 100,
                                    .mark = 5,
                                    .next_slot = next_slot,
                                    .slots = &slots,
                                    .runs = runs,
                                    .count = read_runs("c10-20+-15 c30 c25-35", runs)};
    struct text spelt = {0};

    read_slots("10 15 20 22 30", &slots);
    audit_match(&subject, spell, &spelt);
    ck_assert_str_eq(text_string(&spelt), "10 folded a -15, 15 folded a -15, 20 completed a -15,"
                                          " 22 missing, 30 completed b, 35 extra c");
    text_free(&spelt);
}
END_TEST

START_TEST(test_match)
{
    struct slots slots = {0};
    struct audit_run runs[RUNS_MAX];
    struct audit_subject subject = {.to = 100,
                                    .judged_from = cases[_i].judged_from,
                                    .mark = cases[_i].mark,
                                    .old_before = cases[_i].old_before,
                                    .next_slot = next_slot,
                                    .slots = &slots,
                                    .runs = runs,
                                    .count = read_runs(cases[_i].runs, runs)};
    struct text spelt = {0};

    read_slots(cases[_i].slots, &slots);
    audit_match(&subject, spell, &spelt);
    ck_assert_str_eq(text_string(&spelt), cases[_i].spelt);
    text_free(&spelt);
}
END_TEST

/* Late is above 5 minutes, to the millisecond. */
START_TEST(test_late_to_the_millisecond)
{
    struct slots slots = {.minutes = {10}, .count = 1};
    struct audit_run run;
    struct audit_subject subject = {
        .to = 100, .mark = EVER, .next_slot = next_slot, .slots = &slots, .runs = &run, .count = 1};
    struct text spelt = {0};

    read_run("c10+5", &run);
    run.started_at_ms++;
    audit_match(&subject, spell, &spelt);
    ck_assert_str_eq(text_string(&spelt), "10 completed  +5");
    text_free(&spelt);
}
END_TEST

/* ---- Against the definition ---- */

struct log {
    struct audit_run runs[RUNS_MAX];
    size_t count;
    size_t seen;
};

static bool covers(const struct audit_run *run, int64_t slot)
{
    return run->covers_from <= slot && slot <= run->scheduled_for;
}

/* The definition of doubled, pair by pair; the attempts of a slot cover the same here. */
static bool is_doubled(const struct log *log, int64_t slot)
{
    for (size_t i = 0; i < log->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct audit_run *a = &log->runs[i];
            const struct audit_run *b = &log->runs[k];
            bool same = a->scheduled_for == b->scheduled_for;

            if (!covers(a, slot) || !covers(b, slot))
                continue;
            if (same && a->status == RUN_COMPLETED && b->status == RUN_COMPLETED)
                return true;
            if (!same && a->error_class != OUTCOME_NOT_DELIVERED &&
                b->error_class != OUTCOME_NOT_DELIVERED)
                return true;
        }
    }
    return false;
}

static void check_slot(void *context, const struct audit_slot *slot)
{
    struct log *log = context;
    bool is_covered = false;
    bool is_completed = false;

    for (size_t i = 0; i < log->count; i++) {
        bool is_here = covers(&log->runs[i], slot->slot);

        is_covered = is_covered || is_here;
        is_completed = is_completed || (is_here && log->runs[i].status == RUN_COMPLETED);
    }
    ck_assert_int_eq(slot->verdict == AUDIT_MISSING, !is_covered);
    ck_assert_int_eq(slot->verdict == AUDIT_DOUBLED, is_doubled(log, slot->slot));
    if (slot->verdict == AUDIT_COMPLETED || slot->verdict == AUDIT_FOLDED)
        ck_assert(is_completed);
    if (slot->verdict == AUDIT_FAILED || slot->verdict == AUDIT_UNKNOWN)
        ck_assert(!is_completed);
    log->seen++;
}

/* Up to 8 slots with attempts, some folded: xorshift makes the same ones each time. */
static void make_log(uint32_t *random, struct log *log)
{
    static const char fates[] = "cprnjucn";

    *log = (struct log){0};
    for (int slot = 1; slot <= 60; slot++) {
        int attempts;
        int fold;

        *random ^= *random << 13;
        *random ^= *random >> 17;
        *random ^= *random << 5;
        attempts = *random % 8 == 0 ? 1 + (int)(*random >> 8) % 3 : 0;
        fold = (int)(*random >> 12) % 4 == 0 ? (int)(*random >> 16) % 9 : 0;
        for (int i = 0; i < attempts && log->count < RUNS_MAX; i++) {
            char word[32];

            snprintf(word, sizeof word, "%c%d-%d", fates[(*random >> (20 + i)) % 8], slot - fold,
                     slot);
            read_run(word, &log->runs[log->count]);
            log->runs[log->count++].attempt = i + 1;
        }
    }
}

START_TEST(test_definition)
{
    struct slots slots = {0};
    struct audit_subject subject = {
        .to = 100, .mark = EVER, .next_slot = next_slot, .slots = &slots};
    uint32_t random = 2463534242;
    size_t runs = 0;

    for (int minute = 1; minute <= 60; minute++) /* every minute: none is extra */
        slots.minutes[slots.count++] = minute;
    for (int round = 0; round < 500; round++) {
        struct log log;

        make_log(&random, &log);
        subject.runs = log.runs;
        subject.count = log.count;
        audit_match(&subject, check_slot, &log);
        ck_assert_uint_eq(log.seen, slots.count);
        runs += log.count;
    }
    ck_assert_uint_gt(runs, 2000);
}
END_TEST

/* ---- Totals ---- */

static void count(void *context, const struct audit_slot *slot)
{
    audit_count(context, slot);
}

START_TEST(test_totals)
{
    struct audit_run runs[RUNS_MAX];
    struct slots slots = {0};
    struct audit_subject subject = {.to = 100,
                                    .judged_from = 8,
                                    .mark = 50,
                                    .next_slot = next_slot,
                                    .slots = &slots,
                                    .runs = runs};
    struct audit_totals totals = {0};

    read_slots("10 20 30 40 50 60", &slots);
    subject.count = read_runs("c5 c10-20+9 u30 c!33 r40", runs);
    audit_match(&subject, count, &totals);
    ck_assert_int_eq(totals.slots, 7);
    ck_assert_int_eq(totals.verdicts[AUDIT_COMPLETED], 2);
    ck_assert_int_eq(totals.verdicts[AUDIT_FOLDED], 1);
    ck_assert_int_eq(totals.verdicts[AUDIT_UNKNOWN], 1);
    ck_assert_int_eq(totals.verdicts[AUDIT_IN_PROGRESS], 1);
    ck_assert_int_eq(totals.verdicts[AUDIT_MISSING], 1);
    ck_assert_int_eq(totals.verdicts[AUDIT_WAITING], 1);
    ck_assert_int_eq(totals.verdicts[AUDIT_EXTRA], 1);
    ck_assert_int_eq(totals.late, 2);
    ck_assert_int_eq(totals.unjudged, 1);
}
END_TEST

/* Only what was completed before its time, and not again, may lack what came up until the slot. */
START_TEST(test_cut_short)
{
    struct slots slots = {.minutes = {10, 20}, .count = 2};
    struct audit_run runs[RUNS_MAX];
    struct audit_subject subject = {
        .to = 100, .mark = EVER, .next_slot = next_slot, .slots = &slots, .runs = runs};
    struct audit_totals totals = {0};

    subject.count = read_runs("n10+-5 c10-20+-5", runs);
    audit_match(&subject, count, &totals);
    ck_assert_int_eq(totals.early, 2);
    ck_assert_int_eq(totals.cut_short, 1);
    ck_assert(!audit_is_clean(&totals));
    totals = (struct audit_totals){0};
    subject.count = read_runs("n10+-5 c10-20+-5 c@10-20+3", runs);
    audit_match(&subject, count, &totals);
    ck_assert_int_eq(totals.cut_short, 0);
    ck_assert(audit_is_clean(&totals));
}
END_TEST

/* Nothing but what is missing, doubled or cut short breaks the promise. */
START_TEST(test_clean)
{
    struct audit_totals totals = {.late = 3, .unjudged = 3};

    for (int i = 0; i < AUDIT_VERDICTS; i++) {
        memset(totals.verdicts, 0, sizeof totals.verdicts);
        totals.verdicts[i] = 1;
        ck_assert_int_eq(audit_is_clean(&totals), i != AUDIT_MISSING && i != AUDIT_DOUBLED);
    }
}
END_TEST

SUITE(audit)
{
    TCase *all = tcase_create("audit");

    tcase_add_test(all, test_unjudged);
    tcase_add_test(all, test_stepped_over);
    tcase_add_loop_test(all, test_match, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(all, test_late_to_the_millisecond);
    tcase_add_test(all, test_definition);
    tcase_add_test(all, test_totals);
    tcase_add_test(all, test_cut_short);
    tcase_add_test(all, test_clean);
    suite_add_tcase(suite, all);
}
