#include "plan/timetable.h"

#include "base/log.h"

#include <string.h>

enum { TIMETABLE_FAULTS_MAX = 100 }; /* faulty rows that get a warning each */

bool timetable_name(const struct schedule *schedule, struct error *fault)
{
    return error_prefix(fault, "organisation %s, integration %s", schedule->org_id,
                        schedule->integration_id);
}

bool timetable_parse(const char *expression, size_t length, const char *zone, struct zones *zones,
                     struct timetable *timetable, struct error *fault)
{
    struct cron_fault cron_fault;

    if (!zones_find(zones, zone, &timetable->zone, fault))
        return false;
    if (cron_parse(expression, length, &timetable->cron, &cron_fault))
        return true;
    error_set(fault, ERROR_INVALID, "cron_schedule: %s", cron_fault.message);
    return error_hint(fault, "%s", cron_fault.hint);
}

const char *timetable_type(size_t n)
{
    static const char *const types[] = {"xledger", "dynamics", "bufdir"};

    return n < sizeof types / sizeof *types ? types[n] : NULL;
}

static bool timetable_type_is_known(const char *type)
{
    size_t n = 0;

    while (type != NULL && timetable_type(n) != NULL && strcmp(timetable_type(n), type) != 0)
        n++;
    return type != NULL && timetable_type(n) != NULL;
}

bool timetable_is_complete(const struct schedule *schedule)
{
    return schedule->has_organization && timetable_type_is_known(schedule->integration_type);
}

/* Each column is checked before it is parsed, and the row before its slots are looked at. */
bool timetable_check(const struct schedule *schedule, struct zones *zones,
                     struct timetable *timetable, struct error *fault)
{
    if (!schedule->has_organization)
        return error_set(fault, ERROR_INVALID, "its organisation does not exist");
    if (!timetable_type_is_known(schedule->integration_type)) {
        error_set(fault, ERROR_INVALID, "integration_type \"%s\" is not known",
                  schedule->integration_type != NULL ? schedule->integration_type : "(null)");
        return error_hint(fault, "it is one of xledger, dynamics, bufdir");
    }
    return timetable_parse(schedule->cron_schedule, strlen(schedule->cron_schedule),
                           schedule->timezone, zones, timetable, fault);
}

bool timetable_read(const struct schedule *schedule, struct zones *zones,
                    struct timetable *timetable, struct error *fault)
{
    return timetable_check(schedule, zones, timetable, fault) || timetable_name(schedule, fault);
}

bool timetable_next(const struct timetable *timetable, int64_t after_minute, int64_t *minute)
{
    return cron_next(&timetable->cron, &timetable->zone, after_minute, minute);
}

void timetable_warn(const struct error *fault, size_t *faults)
{
    if (++*faults <= TIMETABLE_FAULTS_MAX)
        log_failure_as_warning(fault);
}

void timetable_warn_of_rest(size_t faults)
{
    if (faults > TIMETABLE_FAULTS_MAX)
        log_warning("%zu more rows are not valid", faults - TIMETABLE_FAULTS_MAX);
}
