#include "tick/warnings.h"

#include "base/json.h"
#include "base/log.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WARNINGS_PAUSE_S = 3600 };

static const struct {
    const char *name;
    const char *more; /* "N more " before it */
    const char *over; /* NULL: it does not last, and each tick says it */
    bool is_of_runs;  /* it may come again with the next run: not over for an hour */
} warning_kinds[WARNINGS] = {
    [WARNING_NAMES] = {"names", "names belong to no setting: syncsched doctor lists them",
                       "every name of the configuration belongs to a setting again", false},
    [WARNING_CLOCKS] = {"clocks", "", "this host's clock and the database's agree again", false},
    [WARNING_EXPOSED] = {"exposed", "", "the connection to the database is protected again", false},
    [WARNING_HEARTBEAT] = {"heartbeat", "", "the trigger's heartbeat is written again", false},
    [WARNING_INVALID] = {"invalid", "rows are not valid: syncsched status names them",
                         "all rows are valid again", false},
    [WARNING_REFUSED] = {"refused", "integrations wait because the database refuses them",
                         "the database refuses no integration any more", true},
    [WARNING_ABANDONED] = {"abandoned", "runs were abandoned", NULL, true},
    [WARNING_REPORTED] = {"reported", "runs failed, as their functions report", NULL, true},
    [WARNING_WORKS_AGAIN] = {"works_again", "integrations work again", NULL, true},
    [WARNING_UNREPORTED] = {"unreported", "", "how accepted runs ended is known again", false},
    [WARNING_GIVEN_UP] = {"given_up", "stretches of slots were given up as too old", NULL, true},
    [WARNING_CANCELLED] = {"cancelled", "stretches of slots were cancelled", NULL, true},
    [WARNING_RUNNING] = {"running", "integrations were skipped, their run is still running",
                         "no integration is skipped any more for a run that is still running",
                         true},
    [WARNING_COVERED] = {"covered", "slots are covered: syncsched status shows by what", NULL,
                         true},
    [WARNING_THROTTLED] = {"throttled", "types are throttled",
                           "no external system asks any more not to be called", true},
    [WARNING_NO_PLACE] = {"no_place", "", "there is a place for each call again", true},
    [WARNING_NO_TIME] = {"no_time", "", "each tick has time for all that is due again", true},
    [WARNING_NOT_STARTED] = {"not_started", "", "the database lets all runs start again", true},
    [WARNING_MONITOR] = {"monitor", "", "no ping to a monitor fails any more", false},
    [WARNING_LATE] = {"late", "runs started late", "runs start in time again", true},
    [WARNING_COLD] = {"cold", "cold starts", "there are no cold starts any more", true},
    [WARNING_ODD_ANSWER] = {"odd_answer", "runs are completed by an answer with a warning",
                            "no answer has a warning any more", true},
    [WARNING_NO_MESSAGE] = {"no_message", "messages are left out that the database refuses", NULL,
                            true},
    [WARNING_UNSTORED] = {"unstored", "runs whose end could not be stored", NULL, true},
};

void warnings_know(struct warnings *warnings, const char *said, int64_t now_us)
{
    json_decref(warnings->said);
    warnings->said = said != NULL ? json_loads(said, 0, NULL) : NULL;
    if (!json_is_object(warnings->said)) {
        json_decref(warnings->said);
        warnings->said = json_object();
    }
    warnings->now_s = now_us / INSTANT_US_PER_SECOND;
}

/* FNV-1a. A sum of these is the same in any order of the rows. */
static uint64_t warnings_hash(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

void warnings_add(struct warnings *warnings, enum warning_kind kind, const struct subject *about,
                  const struct error *warning)
{
    struct warning *now = &warnings->now[kind];

    if (now->count++ == 0) {
        now->first = *warning;
        now->is_of_one = about != NULL;
        if (about != NULL)
            now->of = subject_keep(about);
    }
    if (kind == WARNING_INVALID || kind == WARNING_NAMES)
        now->subject +=
            warnings_hash(warning->message) ^
            (about != NULL ? warnings_hash(about->org_id) * 3 + warnings_hash(about->integration_id)
                           : 0);
}

void warnings_addf(struct warnings *warnings, enum warning_kind kind, const struct subject *about,
                   const char *format, ...)
{
    char message[ERROR_MESSAGE_SIZE];
    struct error warning;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_set(&warning, ERROR_INTERNAL, "%s", message);
    warnings_add(warnings, kind, about, &warning);
}

void warnings_reset(struct warnings *warnings, enum warning_kind kind)
{
    warnings->now[kind] = (struct warning){0};
}

/* What earlier ticks said of it; NULL: nothing, or of another subject. */
static json_t *warnings_find(const struct warnings *warnings, enum warning_kind kind)
{
    json_t *said = json_object_get(warnings->said, warning_kinds[kind].name);
    uint64_t subject = (uint64_t)json_integer_value(json_object_get(said, "subject"));

    return warnings->now[kind].count > 0 && subject != warnings->now[kind].subject ? NULL : said;
}

static int64_t warnings_age_s(const struct warnings *warnings, const json_t *said)
{
    return warnings->now_s - json_integer_value(json_object_get(said, "said"));
}

bool warnings_is_quiet(const struct warnings *warnings, enum warning_kind kind)
{
    const json_t *said = warnings_find(warnings, kind);
    int64_t age_s = warnings_age_s(warnings, said);

    return said != NULL && age_s >= 0 && age_s < WARNINGS_PAUSE_S;
}

void warnings_note_exceptions(struct warnings *warnings, enum warning_kind kind, size_t count)
{
    warnings->now[kind].exceptions = count;
}

size_t warnings_exceptions(const struct warnings *warnings, enum warning_kind kind)
{
    const json_t *said = json_object_get(warnings->said, warning_kinds[kind].name);

    return (size_t)json_integer_value(json_object_get(said, "exceptions"));
}

/* That it is said now, and since when it lasts. */
static void warnings_note(struct warnings *warnings, enum warning_kind kind)
{
    json_t *said = warnings_find(warnings, kind);
    json_int_t since = json_integer_value(json_object_get(said, "since"));

    if (warnings->said == NULL || warning_kinds[kind].over == NULL)
        return;
    json_object_set_new(warnings->said, warning_kinds[kind].name,
                        json_pack("{s:I, s:I, s:I, s:I}", "since",
                                  said != NULL ? since : (json_int_t)warnings->now_s, "said",
                                  (json_int_t)warnings->now_s, "subject",
                                  (json_int_t)warnings->now[kind].subject, "exceptions",
                                  (json_int_t)warnings_exceptions(warnings, kind)));
    warnings->has_changed = true;
}

static void warnings_say_more(const struct warning *now, enum warning_kind kind)
{
    if (now->count > 1)
        log_warning("%zu more %s", now->count - 1, warning_kinds[kind].more);
}

static bool warnings_is_due(const struct warnings *warnings, enum warning_kind kind)
{
    const struct warning *now = &warnings->now[kind];

    return now->count > 0 && !now->is_settled && !warnings_is_quiet(warnings, kind);
}

void warnings_want_names(const struct warnings *warnings, struct org_names *names)
{
    for (enum warning_kind kind = 0; kind < WARNING_LATE; kind++)
        if (warnings->now[kind].is_of_one && warnings_is_due(warnings, kind))
            org_names_want(names, warnings->now[kind].of.org_id);
}

static void warnings_say_first(const struct warning *now, const struct org_names *names)
{
    struct subject about = subject_of(&now->of, org_names_find(names, now->of.org_id));

    if (now->is_of_one)
        org_names_warn(&about, NULL, now->first.message, now->first.hint);
    else
        log_failure_as_warning(&now->first);
}

void warnings_say(struct warnings *warnings, const struct org_names *names)
{
    for (enum warning_kind kind = 0; kind < WARNING_LATE; kind++) {
        struct warning *now = &warnings->now[kind];
        const json_t *said = warnings_find(warnings, kind);
        bool is_due = warnings_is_due(warnings, kind);
        char since[INSTANT_TEXT_SIZE];

        now->is_settled = now->is_settled || now->count > 0;
        if (!is_due)
            continue;
        if (said != NULL) {
            instant_format_second(json_integer_value(json_object_get(said, "since")) * 1000, since);
            error_prefix(&now->first, "since %s", since);
        }
        warnings_say_first(now, names);
        warnings_say_more(now, kind);
        warnings_note(warnings, kind);
    }
}

void warnings_count(struct warnings *warnings, enum warning_kind kind, size_t count)
{
    struct warning *now = &warnings->now[kind];

    now->count = count;
    now->is_settled = true;
    if (count == 0 || warnings_is_quiet(warnings, kind))
        return;
    warnings_say_more(now, kind);
    warnings_note(warnings, kind);
}

char *warnings_end(struct warnings *warnings)
{
    struct text text = {0};

    if (warnings->said == NULL)
        return NULL;
    for (enum warning_kind kind = 0; kind < WARNINGS; kind++) {
        json_t *said = json_object_get(warnings->said, warning_kinds[kind].name);
        size_t exceptions = warnings->now[kind].exceptions;

        if (said != NULL && exceptions > warnings_exceptions(warnings, kind)) {
            json_object_set_new(said, "exceptions", json_integer((json_int_t)exceptions));
            warnings->has_changed = true;
        }
        if (said == NULL || warnings->now[kind].count > 0 ||
            (warning_kinds[kind].is_of_runs && warnings_is_quiet(warnings, kind)))
            continue;
        log_warning("%s", warning_kinds[kind].over);
        json_object_del(warnings->said, warning_kinds[kind].name);
        warnings->has_changed = true;
    }
    if (!warnings->has_changed)
        return NULL;
    json_add_line(&text, json_incref(warnings->said));
    return text.data;
}

void warnings_free(struct warnings *warnings)
{
    json_decref(warnings->said);
    *warnings = (struct warnings){0};
}
