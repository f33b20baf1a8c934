#include "inspect/doctor.h"

#include <inttypes.h>
#include <string.h>

enum { DOCTOR_SILENCE_S = 180 };

void doctor_add_row(const struct doctor_options *options, const struct doctor_row *row,
                    struct findings *found)
{
    /* The age is given in the largest unit of which there are two. */
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{1, "s"}, {60, "min"}, {3600, "h"}, {86400, "d"}};
    enum finding_state state = finding_state_parse(row->state);
    size_t u = 0;

    if (row->age_s == INT64_MIN) {
        findings_add(found, row->about, state, "%s", row->message);
    } else {
        while (u + 1 < sizeof units / sizeof *units && row->age_s >= 2 * units[u + 1].seconds)
            u++;
        state = row->age_s > DOCTOR_SILENCE_S ? FINDING_WARNING : FINDING_OK;
        findings_add(found, row->about, state, "the last tick was %" PRId64 " %s ago, %s",
                     row->age_s > 0 ? row->age_s / units[u].seconds : 0, units[u].name,
                     row->message);
    }
    if (state != FINDING_WARNING && state != FINDING_FAIL)
        return;
    if (strcmp(row->about, "trigger") == 0)
        findings_hint(found, "* * * * *  %s >/dev/null", options->tick);
    else
        findings_hint(found, "%s", row->hint != NULL ? row->hint : options->migrate);
}

void doctor_judge_check(const char *check, const struct findings *found, struct findings *findings)
{
    json_t *first = NULL;
    size_t count = 0;
    json_t *finding;
    size_t i;

    json_array_foreach(found->list, i, finding)
    {
        if (strcmp(finding_text(finding, "check"), check) != 0)
            continue;
        if (count++ == 0)
            first = finding;
        else
            findings_copy(findings, finding);
    }
    if (count == 1)
        findings_copy(findings, first);
}

/* A schema of another version may differ in anything: one hint is enough for all of it. */
void doctor_judge_database(const struct findings *found, struct findings *findings)
{
    static const char *const checks[] = {"role", "writes", "row-security", "grants", "version"};

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        doctor_judge_check(checks[i], found, findings);
    if (findings_count(found, "version", FINDING_FAIL) > 0)
        findings_add(findings, "schema", FINDING_UNASKED, "it is of another version");
    else
        doctor_judge_check("schema", found, findings);
}

void doctor_judge_refusal(const struct doctor_options *options, const struct findings *found,
                          const struct error *err, struct findings *findings)
{
    if (findings_count(found, "role", FINDING_FAIL) > 0)
        doctor_judge_check("role", found, findings);
    else
        findings_add_error(findings, options->database.role != NULL ? "role" : "database",
                           FINDING_FAIL, err, "see the server's log, and look again");
}
