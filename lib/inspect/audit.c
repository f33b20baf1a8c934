#include "inspect/audit.h"

#include "base/memory.h"
#include "plan/timetable.h"
#include "store/audit.h"

#include <stdlib.h>
#include <string.h>

/* So far behind now an uncovered slot is no longer waiting: the catch-up time's default. */
enum { AUDITOR_OLD_MINUTES = 60 };

/* What the database is asked for where no end is given: it says itself what now is. */
enum { AUDITOR_EVER = INT32_MAX };

struct audit {
    const struct audit_options *options;
    struct audit_result *result;
    audit_reporter *report;
    void *context;
    struct zones zones;
    size_t faults;

    /* The integration that is being read. */
    bool has_schedule;
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    struct timetable timetable;
    bool has_slots;
    bool is_since_unknown;
    struct audit_question question;
    struct audit_run *runs;
    size_t count;
    size_t capacity;
};

/* The first whole minute at or after an instant. */
static int64_t audit_minute(int64_t instant_us)
{
    return -instant_divide_down(-instant_us, INSTANT_US_PER_MINUTE);
}

/* ---- One integration ---- */

static bool audit_find_slot(void *context, int64_t after, int64_t *slot)
{
    struct audit *auditor = context;

    return auditor->has_slots && timetable_next(&auditor->timetable, after, slot);
}

static void audit_take_finding(void *context, const struct audit_slot *finding)
{
    struct audit *auditor = context;
    struct audit_finding told = {auditor->org_id, auditor->integration_id, finding};

    audit_count(&auditor->result->totals, finding);
    if (finding->verdict == AUDIT_MISSING && auditor->is_since_unknown) {
        auditor->result->since_unknown++;
        auditor->is_since_unknown = false; /* once an integration */
    }
    auditor->report(auditor->context, &told);
}

/* Judges the integration whose runs have all been read, if there is one. */
static void audit_close(struct audit *auditor)
{
    if (auditor->has_schedule)
        audit_match(&auditor->question, audit_find_slot, auditor, auditor->runs, auditor->count,
                    audit_take_finding, auditor);
    auditor->count = 0;
    auditor->has_schedule = false;
}

/* The text in force: "CRON ZONE" as ticks keep it, else the row's own. False: there is none. */
static bool audit_read_text(struct audit *auditor, const struct schedule *schedule)
{
    const char *seen = schedule->schedule_seen;
    const char *blank = seen != NULL ? strrchr(seen, ' ') : NULL;
    struct error fault = {0};

    if (seen == NULL) {
        if (!schedule->is_active)
            return false;
        if (timetable_read(schedule, &auditor->zones, &auditor->timetable, &fault))
            return true;
    } else {
        if (blank == NULL)
            return false;
        if (timetable_parse(seen, (size_t)(blank - seen), blank + 1, &auditor->zones,
                            &auditor->timetable, &fault))
            return true;
        timetable_name(schedule, &fault);
    }
    timetable_warn(&fault, &auditor->faults);
    return false;
}

/* The first minute whose slots are known; to, where none are. */
static int64_t audit_judged_from(const struct audit *auditor, int64_t since, int64_t pruned_before)
{
    const struct audit_result *result = auditor->result;
    int64_t judged_from = result->from;

    if (!auditor->has_slots && since == INT64_MIN)
        return result->to;
    if (since != INT64_MIN && since + 1 > judged_from)
        judged_from = since + 1;
    if (pruned_before > judged_from)
        judged_from = pruned_before;
    return judged_from < result->to ? judged_from : result->to;
}

/* ---- Reading ---- */

/* What is due now is being served: the period ends a minute before. */
static void audit_set_period(struct audit *auditor, const struct history_reading *reading)
{
    struct audit_result *result = auditor->result;
    int64_t settled = audit_minute(reading->now_us - INSTANT_US_PER_MINUTE);
    int64_t to = audit_minute(auditor->options->to_us);

    result->from = audit_minute(auditor->options->from_us);
    result->is_cut = auditor->options->has_to && to > settled;
    result->to = auditor->options->has_to && to < settled ? to : settled;
    result->pruned_before = reading->pruned_before;
}

static void audit_read_schedule(void *context, const struct history_reading *reading,
                                const struct history_schedule *read)
{
    struct audit *auditor = context;

    audit_close(auditor);
    audit_set_period(auditor, reading);
    auditor->has_schedule = true;
    memcpy(auditor->org_id, read->schedule.org_id, sizeof auditor->org_id);
    memcpy(auditor->integration_id, read->schedule.integration_id, sizeof auditor->integration_id);
    auditor->has_slots = audit_read_text(auditor, &read->schedule);
    auditor->is_since_unknown = read->since == INT64_MIN;
    auditor->question = (struct audit_question){
        .from = auditor->result->from,
        .to = auditor->result->to,
        .judged_from = audit_judged_from(auditor, read->since, reading->pruned_before),
        .mark = read->schedule.mark,
        .old_before =
            instant_divide_down(reading->now_us, INSTANT_US_PER_MINUTE) - AUDITOR_OLD_MINUTES,
    };
    auditor->result->integrations++;
}

static void audit_read_run(void *context, const struct audit_run *run)
{
    struct audit *auditor = context;

    auditor->runs =
        memory_grow(auditor->runs, auditor->count, &auditor->capacity, sizeof *auditor->runs);
    auditor->runs[auditor->count++] = *run;
}

static bool audit_read_all(struct audit *auditor, struct error *err)
{
    const struct audit_options *options = auditor->options;
    struct history_question question = {
        .from = audit_minute(options->from_us),
        .to = options->has_to ? audit_minute(options->to_us) : AUDITOR_EVER,
        .org_id = options->org_id,
        .integration_id = options->integration_id,
    };
    struct history_reader reader = {audit_read_schedule, audit_read_run, auditor};
    struct history_reading reading;
    struct database *db = database_open(&options->database, options->deadline_ms, err);
    bool ok;

    if (db == NULL)
        return false;
    ok = history_read(db, &question, options->deadline_ms, &reader, &reading, err) ||
         error_prefix(err, "reading the log");
    database_close(db);
    if (ok)
        audit_set_period(auditor, &reading); /* also when there is no integration */
    return ok;
}

bool audit_read(const struct audit_options *options, audit_reporter *report, void *context,
                struct audit_result *result, struct error *err)
{
    struct audit auditor = {
        .options = options, .result = result, .report = report, .context = context};
    bool ok;

    *result = (struct audit_result){.pruned_before = INT64_MIN};
    ok = audit_read_all(&auditor, err);
    if (ok)
        audit_close(&auditor);
    timetable_warn_of_rest(auditor.faults);
    zones_free(&auditor.zones);
    free(auditor.runs);
    if (!ok || result->from < result->to)
        return ok;
    error_set(err, ERROR_USAGE, "nothing in the period lies in the past");
    return error_hint(err, "--from must lie before --to and at least two minutes back");
}
