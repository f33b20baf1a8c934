#include "report/changes.h"

#include "base/json.h"
#include "cron/cron_text.h"
#include "plan/timetable.h"

#include <stdio.h>
#include <string.h>

enum { CHANGES_INDENT = 2 };

/* ---- The tree ---- */

static json_t *changes_minute(int64_t minute)
{
    char text[INSTANT_TEXT_SIZE];

    if (minute == INT64_MIN || minute == INT64_MAX)
        return json_null();
    instant_format_minute(minute, text);
    return json_string(text);
}

/* In words, where this host can read the text. */
static json_t *changes_describe(const char *schedule, struct zones *zones)
{
    struct timetable timetable;
    struct text words = {0};
    struct error ignored;
    json_t *value = json_null();

    if (timetable_read_text(schedule, zones, &timetable, &ignored)) {
        cron_describe(&timetable.cron, &words);
        value = json_from_text(words.data);
    }
    text_free(&words);
    return value;
}

json_t *changes_tree(const struct changes_record *record, struct zones *zones)
{
    const char *schedule = record->schedule;
    bool is_known = schedule != NULL && strcmp(schedule, "?") != 0;
    const char *zone = is_known ? strrchr(schedule, ' ') : NULL;
    json_t *change = subject_members(&record->subject);

    json_object_set_new(change, "kind",
                        json_string(is_known           ? "schedule"
                                    : schedule != NULL ? "unknown"
                                                       : "none"));
    json_object_set_new(change, "from", changes_minute(record->from));
    json_object_set_new(change, "to", changes_minute(record->to));
    json_object_set_new(change, "schedule",
                        zone != NULL ? json_from_bytes(schedule, (size_t)(zone - schedule))
                                     : json_null());
    json_object_set_new(change, "timezone",
                        json_from_text(zone != NULL               ? zone + 1
                                       : record->timezone != NULL ? record->timezone
                                                                  : "UTC"));
    json_object_set_new(change, "description",
                        zone != NULL ? changes_describe(schedule, zones) : json_null());
    return change;
}

/* ---- For people ---- */

static const char *changes_text(const json_t *change, const char *key)
{
    return json_string_value(json_object_get(change, key));
}

static void changes_add_time(struct when *when, const json_t *change, const char *key,
                             const char *word, struct text *words)
{
    const char *text = changes_text(change, key);
    struct error ignored;
    int64_t us;

    if (text == NULL || !instant_parse(text, &us, &ignored))
        return;
    text_addf(words, "%s%s ", words->length > 0 ? " " : "", word);
    when_add_minute(when, when_zone(when, changes_text(change, "timezone")),
                    instant_divide_down(us, INSTANT_US_PER_MINUTE), words);
}

static void changes_add_heading(const struct terminal *terminal, const json_t *change,
                                char previous[2 * RUN_UUID_SIZE], struct text *out)
{
    struct subject subject = {changes_text(change, "organization"), changes_text(change, "orgId"),
                              changes_text(change, "integrationType"),
                              changes_text(change, "integrationId")};
    char ids[2 * RUN_UUID_SIZE];
    struct text words = {0};

    snprintf(ids, sizeof ids, "%s/%s", subject.org_id, subject.integration_id);
    if (strcmp(ids, previous) == 0)
        return;
    memcpy(previous, ids, sizeof ids);
    subject_add(&subject, &words);
    terminal_paint(terminal, out, TERMINAL_BOLD, words.data);
    text_add(out, "\n");
    text_free(&words);
}

/* "since Tue  3 Mar 02:00: 0 2 * * * Europe/Oslo, at 02:00" */
static void changes_add_words(struct when *when, const json_t *change, struct text *words)
{
    const char *schedule = changes_text(change, "schedule");
    const char *description = changes_text(change, "description");

    changes_add_time(when, change, "from", "since", words);
    changes_add_time(when, change, "to", "until", words);
    text_add(words, words->length > 0 ? ": " : "");
    if (schedule != NULL)
        text_addf(words, "%s %s", schedule, changes_text(change, "timezone"));
    else if (strcmp(changes_text(change, "kind"), "none") == 0)
        text_add(words, "no schedule");
    else
        text_add(words, "not known, before there was a journal");
    if (description != NULL)
        text_addf(words, ", %s", description);
}

void changes_add_text(const struct terminal *terminal, struct when *when, json_t *change,
                      char previous[2 * RUN_UUID_SIZE], struct text *out)
{
    struct text words = {0};
    struct text clean = {0};

    changes_add_heading(terminal, change, previous, out);
    changes_add_words(when, change, &words);
    terminal_add_clean(&clean, words.data);
    terminal_add_lines(out, CHANGES_INDENT, terminal->columns, clean.data);
    text_free(&words);
    text_free(&clean);
    json_decref(change);
}
