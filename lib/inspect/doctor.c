#include "inspect/doctor.h"

#include "plan/subject.h"
#include "plan/timetable.h"
#include "store/claim.h"
#include "store/doctor.h"
#include "store/org_names.h"
#include "store/schedules.h"
#include "time/clock.h"
#include "time/duration.h"
#include "time/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DOCTOR_ROWS_MAX = 10,
    DOCTOR_CLOCK_WARN_S = 30,
    DOCTOR_SILENCE_S = 180,
    DOCTOR_AHEAD_S = 60, /* a heartbeat that lies further ahead is from the future */
};

static const char doctor_half_read[] = "it may be set by a line that is wrong: see config";

/* A schedule that is not valid, and why. */
struct doctor_invalid {
    struct subject_copy of;
    bool is_set_aside;
    struct error error;
};

/* What is learnt on the way. */
struct doctor {
    const struct doctor_options *options;
    json_t *findings;
    json_t *found; /* what the database said and is not in the report yet */
    struct zones zones;
    struct error zone_error; /* why there are no time zone data; none: there are */
    size_t schedules;        /* active ones, */
    size_t named_zones;      /* of these with a zone that has a name, */
    size_t invalid;          /* and those that are not valid, */
    struct doctor_invalid rows[DOCTOR_ROWS_MAX]; /* of which these are shown */
    int64_t now_us;                              /* the database's clock, else the host's */
};

/* Lists the checks of the database from one to another as not asked. */
static void doctor_skip(struct doctor *doctor, const char *from, const char *to, const char *why)
{
    static const char *const checks[] = {
        "database", "tls",      "role",  "writes", "row-security", "grants", "version",
        "schema",   "throttle", "clock", "rows",   "tick",         "trigger"};
    size_t i = 0;

    while (strcmp(checks[i], from) != 0)
        i++;
    do
        findings_add(doctor->findings, checks[i], FINDING_UNASKED, NULL, "%s", why);
    while (strcmp(checks[i++], to) != 0);
}

/* ---- Rows ---- */

static void doctor_keep_invalid(struct doctor_invalid *row, const struct schedule *schedule,
                                const struct error *err)
{
    struct subject of = timetable_subject(schedule, NULL);

    row->of = subject_keep(&of);
    row->is_set_aside = schedule->set_aside != NULL;
    row->error = *err;
}

/* Read as a tick reads it; but missing time zone data are a finding of their own. */
static void doctor_read_schedule(void *context, const struct schedules_reading *reading,
                                 const struct schedule *schedule)
{
    struct doctor *doctor = context;
    struct schedule judged = *schedule;
    const char *zone = schedule->timezone;
    struct timetable timetable;
    struct error err = {0};

    (void)reading;
    if (!schedule->is_active)
        return;
    doctor->schedules++;
    if (zone != NULL && *zone != '+' && *zone != '-' && strcasecmp(zone, "UTC") != 0 &&
        strcasecmp(zone, "Z") != 0) { /* it takes time zone data to read it */
        doctor->named_zones++;
        if (doctor->zone_error.kind != ERROR_NONE)
            judged.timezone = NULL;
    }
    if (!timetable_read(&judged, &doctor->zones, &timetable, &err) &&
        ++doctor->invalid <= DOCTOR_ROWS_MAX)
        doctor_keep_invalid(&doctor->rows[doctor->invalid - 1], schedule, &err);
}

static void doctor_add_invalid(struct doctor *doctor, const struct org_names *names,
                               struct doctor_invalid *row)
{
    struct subject of = subject_of(&row->of, org_names_find(names, row->of.org_id));

    subject_prefix(&of, &row->error);
    findings_add(doctor->findings, "rows", FINDING_WARNING, NULL, "%s%s%s%s", row->error.message,
                 *row->error.hint != '\0' ? " (" : "", row->error.hint,
                 *row->error.hint != '\0' ? ")" : "");
    if (*row->of.org_id == '\0' || *row->of.integration_id == '\0')
        findings_hint(doctor->findings, "SELECT * FROM organization_integrations WHERE org_id IS "
                                        "NULL OR integration_id IS NULL; -- give them ids");
    else if (row->is_set_aside)
        findings_hint(doctor->findings,
                      "SELECT * FROM organization_integrations WHERE org_id = '%s' AND "
                      "integration_id = '%s'; -- leave one of them",
                      row->of.org_id, row->of.integration_id);
    else
        findings_hint(doctor->findings,
                      "SELECT * FROM organization_integrations WHERE org_id = '%s' AND "
                      "integration_id = '%s'; -- correct it",
                      row->of.org_id, row->of.integration_id);
}

static void doctor_judge_rows(struct doctor *doctor, struct database *db)
{
    size_t count = doctor->invalid < DOCTOR_ROWS_MAX ? doctor->invalid : DOCTOR_ROWS_MAX;
    struct org_names names = {0};
    struct error ignored;

    for (size_t i = 0; i < count; i++)
        org_names_want(&names, doctor->rows[i].of.org_id);
    (void)org_names_read(db, &names, doctor->options->deadline_ms, &ignored);
    for (size_t i = 0; i < count; i++)
        doctor_add_invalid(doctor, &names, &doctor->rows[i]);
    org_names_free(&names);
    if (doctor->invalid > DOCTOR_ROWS_MAX)
        findings_add(doctor->findings, "rows", FINDING_WARNING,
                     "correct those above, and look again", "%zu more schedules are not valid",
                     doctor->invalid - DOCTOR_ROWS_MAX);
    if (doctor->schedules == 0)
        findings_add(doctor->findings, "rows", FINDING_WARNING,
                     "SELECT * FROM organization_integrations; -- give one a cron_schedule, and "
                     "enable it",
                     "0 enabled schedules: nothing will be due");
    else if (doctor->invalid == 0)
        findings_add(doctor->findings, "rows", FINDING_OK, NULL,
                     "%zu enabled schedules, all of them valid", doctor->schedules);
}

static void doctor_judge_clock(struct doctor *doctor, const struct schedules_reading *reading)
{
    int64_t apart_s = (reading->host_now_us - reading->now_us) / INSTANT_US_PER_SECOND;

    if (llabs(apart_s) <= DOCTOR_CLOCK_WARN_S)
        findings_add(doctor->findings, "clock", FINDING_OK, NULL,
                     "this host's clock and the database's are %lld s apart", llabs(apart_s));
    else
        findings_add(doctor->findings, "clock", FINDING_WARNING, "timedatectl set-ntp true",
                     "this host's clock is %lld s %s the database's, by which ticks go",
                     llabs(apart_s), apart_s > 0 ? "ahead of" : "behind");
}

/* ---- The database ---- */

void doctor_add_row(const struct doctor_options *options, const struct doctor_row *row,
                    json_t *found)
{
    size_t last = json_array_size(found) - 1;
    enum finding_state state = finding_state_parse(row->state);
    const char *hint = NULL;
    char age[DURATION_TEXT_SIZE];

    /* The schema of another version may differ in anything: its hint is enough for all of it. */
    if (strcmp(row->about, "schema") == 0 && findings_count(found, "version", FINDING_FAIL) > 0) {
        if (findings_count(found, "schema", FINDING_UNASKED) == 0)
            findings_add(found, "schema", FINDING_UNASKED, NULL, "it is of another version");
        return;
    }
    if (findings_count(found, row->about, FINDING_OK) > 0 ||
        findings_count(found, row->about, FINDING_UNASKED) > 0)
        json_array_remove(found, last); /* so it would be if nothing were wrong */
    if (row->age_s != INT64_MIN)
        state = row->age_s > DOCTOR_SILENCE_S || row->age_s < -DOCTOR_AHEAD_S ? FINDING_WARNING
                                                                              : FINDING_OK;
    if (state == FINDING_WARNING || state == FINDING_FAIL)
        hint = strcmp(row->about, "trigger") == 0 ? options->crontab
               : row->hint != NULL                ? row->hint
                                                  : options->migrate;
    if (row->age_s == INT64_MIN) {
        findings_add(found, row->about, state, hint, "%s", row->message);
        return;
    }
    duration_format(llabs(row->age_s) * 1000, age);
    if (row->age_s < -DOCTOR_AHEAD_S)
        findings_add(found, row->about, state, hint,
                     "the last tick is from the future, %s ahead, %s: a clock was wrong", age,
                     row->message);
    else
        findings_add(found, row->about, state, hint, "the last tick was %s ago, %s",
                     row->age_s < 0 ? "0 s" : age, row->message);
}

static void doctor_take_row(void *context, const struct database_row *row)
{
    struct doctor *doctor = context;
    struct doctor_row found = {
        .about = database_row_text(row, "about"),
        .state = database_row_text(row, "state"),
        .message = database_row_text(row, "message"),
        .hint = database_row_text(row, "hint"),
        .age_s = database_row_number(row, "age_s", INT64_MIN),
    };

    doctor_add_row(doctor->options, &found, doctor->found);
}

/* Whose a tick would be that is rolled back. */
static const struct trigger doctor_trigger = {"doctor", "doctor"};

/*
 * A claim of nothing, after a reading with a heartbeat: what a pooler may break, or a privilege, is
 * seen here. All of it is rolled back.
 */
static void doctor_try_tick(struct doctor *doctor, struct database *db,
                            const struct schedules_reading *reading)
{
    int64_t deadline_ms = doctor->options->deadline_ms;
    struct claim nothing = {0};
    struct claim_options options = {
        .policy = {.max_attempts = 2},
        .trigger = doctor_trigger,
        .now_us = reading->now_us,
        .valid_until_ms = deadline_ms,
        .deadline_ms = deadline_ms,
        .is_dry = true,
        .may_give_up = true,
        .has_unfinished_runs = true,
    };
    struct claim_result result = {0};
    struct error err = {0};
    bool is_claimed = claim_execute(db, &nothing, &options, &result, &err);
    bool is_explained = findings_count(doctor->findings, NULL, FINDING_FAIL) > 0 ||
                        (is_claimed && findings_count(doctor->findings, NULL, FINDING_WARNING) > 0);

    if (is_claimed) /* a tick only warns of these */
        err = reading->heartbeat;
    if (is_claimed && result.refused > 0)
        claim_copy_refusal(&result, NULL, &err);
    if (err.kind == ERROR_NONE)
        findings_add(doctor->findings, "tick", FINDING_OK, NULL,
                     "a tick's own transactions pass; they were rolled back");
    else if (is_explained)
        findings_add(doctor->findings, "tick", FINDING_UNASKED, NULL, "see above");
    else
        findings_add_error(doctor->findings, "tick", is_claimed ? FINDING_WARNING : FINDING_FAIL,
                           &err, "see the server's log, and that of the pooler in front of it");
    claim_result_free(&result);
}

/* Reads the schedules as a tick does. If that fails, a finding may already say why. */
static void doctor_read_schedules(struct doctor *doctor, struct database *db)
{
    struct schedules_options options = {
        .trigger = &doctor_trigger,
        .is_dry = true,
        .wants_retries = doctor->options->wants_retries,
        .deadline_ms = doctor->options->deadline_ms,
        .read_schedule = doctor_read_schedule,
        .context = doctor,
    };
    struct schedules_reading reading;
    struct error err = {0};

    if (schedules_read(db, &options, &reading, &err)) {
        doctor->now_us = reading.now_us;
        doctor_judge_clock(doctor, &reading);
        doctor_judge_rows(doctor, db);
        doctor_try_tick(doctor, db, &reading);
        return;
    }
    if (findings_count(doctor->findings, NULL, FINDING_FAIL) == 0 || !database_is_usable(db))
        findings_add_error(doctor->findings, "schedules", FINDING_FAIL, &err,
                           "see the server's log, and look again");
    doctor_skip(doctor, "clock", "tick", "the schedules cannot be read");
}

void doctor_judge_refusal(const struct doctor_options *options, const json_t *found,
                          const struct error *err, json_t *findings)
{
    if (findings_count(found, "role", FINDING_FAIL) > 0)
        json_array_append(findings, json_array_get(found, 0));
    else
        findings_add_error(findings, options->database.role != NULL ? "role" : "database",
                           FINDING_FAIL, err, "see the server's log, and look again");
}

/* Asks the database what it is like; where it refuses, whether that is for its role. */
static void doctor_ask(struct doctor *doctor, struct database *db)
{
    const struct doctor_options *options = doctor->options;
    struct error err = {0};
    size_t trigger;

    if (!doctor_read(db, options->database.role, options->deadline_ms, doctor_take_row, doctor,
                     &err)) {
        doctor_judge_refusal(options, doctor->found, &err, doctor->findings);
        doctor_skip(doctor, "writes", "trigger", "the database refused");
        return;
    }
    json_array_extend(doctor->findings, doctor->found);
    json_array_clear(doctor->found);
    trigger = json_array_size(doctor->findings) - 1; /* goes to the end of the report */
    doctor_read_schedules(doctor, db);
    json_array_append(doctor->findings, json_array_get(doctor->findings, trigger));
    json_array_remove(doctor->findings, trigger);
}

static void doctor_examine_database(struct doctor *doctor)
{
    json_t *findings = doctor->findings;
    struct database_address address = doctor->options->database;
    struct database *db;
    struct error err = {0};
    const char *way;

    if (doctor->options->is_half_read && address.url == NULL) {
        doctor_skip(doctor, "database", "trigger", doctor_half_read);
        return;
    }
    address.warn = NULL;
    db = database_open(&address, doctor->options->deadline_ms, &err);
    if (db == NULL) {
        findings_add_error(findings, "database", FINDING_FAIL, &err, NULL);
        doctor_skip(doctor, "tls", "trigger", "no connection to the database");
        return;
    }
    findings_add(findings, "database", FINDING_OK, NULL, "it can be reached");
    if (database_is_exposed(db, &way, &err))
        findings_add_error(findings, "tls", FINDING_WARNING, &err, NULL);
    else
        findings_add(findings, "tls", FINDING_OK, NULL, "the way to the database: %s", way);
    doctor_ask(doctor, db);
    database_close(db);
}

/* ---- This machine, and the function ---- */

static void doctor_examine_zones(struct doctor *doctor)
{
    if (doctor->zone_error.kind == ERROR_NONE)
        findings_add(doctor->findings, "zones", FINDING_OK, NULL, "time zone data are there");
    else
        findings_add(
            doctor->findings, "zones", doctor->named_zones > 0 ? FINDING_FAIL : FINDING_WARNING,
            getenv("TZDIR") != NULL ? "unset TZDIR" : "apt-get install tzdata",
            "%s; schedules that need it: %zu", doctor->zone_error.message, doctor->named_zones);
}

static void doctor_examine_function(struct doctor *doctor)
{
    const struct doctor_options *options = doctor->options;
    json_t *findings = doctor->findings;
    bool has_key = false;
    struct http_target address = options->function;
    struct http_ping ping;
    struct error err = {0};

    if (options->is_half_read && options->key == NULL)
        findings_add(findings, "key", FINDING_UNASKED, NULL, "%s", doctor_half_read);
    else
        has_key = doctor_judge_key(options, doctor->now_us, findings);
    address.key = has_key ? options->key : NULL;
    if (options->is_half_read && address.url == NULL)
        findings_add(findings, "function", FINDING_UNASKED, NULL, "%s", doctor_half_read);
    else if (address.url == NULL)
        findings_add_error(findings, "function", FINDING_FAIL, &options->address_error,
                           "correct that setting, in the environment or in the configuration file");
    else if (!http_client_ping(&address, clock_now_ms() + HTTP_PING_MS, &ping, &err))
        findings_add_error(findings, "function", FINDING_FAIL, &err, NULL);
    else
        doctor_judge_ping(options, &ping, has_key, findings);
}

void doctor_examine(const struct doctor_options *options, json_t *findings)
{
    struct doctor doctor = {
        .options = options, .findings = findings, .found = json_array(), .now_us = clock_host_us()};
    struct zone zone;

    zones_find(&doctor.zones, "Europe/Oslo", &zone, &doctor.zone_error);
    doctor_examine_database(&doctor);
    doctor_examine_zones(&doctor);
    doctor_examine_function(&doctor);
    json_decref(doctor.found);
    zones_free(&doctor.zones);
}
