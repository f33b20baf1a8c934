#include "report/alert_mail.h"

#include "plan/subject.h"
#include "report/terminal.h"
#include "report/when.h"
#include "time/instant.h"

#include <inttypes.h>
#include <string.h>

enum { MAIL_COLUMNS = 72, MAIL_INDENT = 2 };

/* What happened, of one run and of several; what is worst comes first. */
enum mail_kind {
    MAIL_FAILED,
    MAIL_GOES_ON,
    MAIL_GIVEN_UP,
    MAIL_LATE,
    MAIL_COLD,
    MAIL_WORKS,
    MAIL_KINDS
};

static const struct {
    const char *event;
    const char *one;
    const char *many;
} mail_kinds[MAIL_KINDS] = {
    {"failed", "failed", "failed"},
    {"failed", "still fails", "still fail"},
    {"given-up", "was given up", "were given up"},
    {"late", "began late", "began late"},
    {"cold-start", "had a cold start", "had a cold start"},
    {"works-again", "works again", "work again"},
};

static const struct {
    const char *name;
    const char *meaning;
} mail_classes[] = {
    {"not_delivered", "the function was not reached"},
    {"rejected", "the function refused it"},
    {"unknown", "it is not known whether it was exported"},
};

static const char *mail_value(const json_t *event, const char *name)
{
    return json_string_value(json_object_get(event, name));
}

static enum mail_kind mail_kind_of(const struct alert *alert, size_t index)
{
    const json_t *event = json_array_get(json_object_get(alert->value, "events"), index);
    enum mail_kind kind = MAIL_FAILED;

    while (strcmp(mail_value(event, "event"), mail_kinds[kind].event) != 0)
        kind++;
    return kind == MAIL_FAILED && alert->goes_on[index] ? MAIL_GOES_ON : kind;
}

static struct subject mail_subject_of(const json_t *event)
{
    return (struct subject){mail_value(event, "organization"), mail_value(event, "orgId"),
                            mail_value(event, "integrationType"),
                            mail_value(event, "integrationId")};
}

/* ---- The subject ---- */

/* The organisation that all events are of, where they are of one and it has a name; else NULL. */
static const char *mail_owner(const json_t *events)
{
    const json_t *first = json_array_get(events, 0);

    for (size_t i = 1; i < json_array_size(events); i++)
        if (strcmp(mail_value(json_array_get(events, i), "orgId"), mail_value(first, "orgId")) != 0)
            return NULL;
    return mail_value(first, "organization");
}

/* "Bakeri AS / xledger (2ea2038c) failed: HTTP_500" */
static void mail_add_single(const struct alert *alert, struct text *out)
{
    const json_t *event = json_array_get(json_object_get(alert->value, "events"), 0);
    struct subject subject = mail_subject_of(event);
    const char *code = mail_value(event, "errorCode");

    subject_add(&subject, out);
    text_addf(out, " %s", mail_kinds[mail_kind_of(alert, 0)].one);
    if (code != NULL)
        text_addf(out, ": %s", code);
}

/* "Bakeri AS: 3 failed, 1 works again" */
static void mail_add_counts(const struct alert *alert, struct text *out)
{
    const json_t *events = json_object_get(alert->value, "events");
    json_int_t omitted = json_integer_value(json_object_get(alert->value, "omitted"));
    const char *owner = mail_owner(events);
    size_t counts[MAIL_KINDS] = {0};
    const char *separator = "";

    for (size_t i = 0; i < json_array_size(events); i++)
        counts[mail_kind_of(alert, i)]++;
    text_addf(out, "%s%s", owner != NULL ? owner : "", owner != NULL ? ": " : "");
    for (enum mail_kind kind = 0; kind < MAIL_KINDS; kind++) {
        if (counts[kind] == 0)
            continue;
        text_addf(out, "%s%zu %s", separator, counts[kind],
                  counts[kind] == 1 ? mail_kinds[kind].one : mail_kinds[kind].many);
        separator = ", ";
    }
    if (omitted > 0)
        text_addf(out, ", and %" JSON_INTEGER_FORMAT " more", omitted);
}

void alert_mail_add_subject(const struct alert *alert, struct text *out)
{
    bool is_single = json_array_size(json_object_get(alert->value, "events")) == 1;
    struct text words = {0};

    text_add(&words, "syncsched: ");
    (is_single ? mail_add_single : mail_add_counts)(alert, &words);
    terminal_add_clean(out, words.data);
    text_free(&words);
}

/* ---- The mail ---- */

/* Appends the words, which may be hostile, in lines that fit, and empties them. */
static void mail_add_line(struct text *out, int indent, struct text *words)
{
    struct text clean = {0};

    terminal_add_clean(&clean, text_string(words));
    terminal_add_lines(out, indent, MAIL_COLUMNS, text_string(&clean));
    text_clear(words);
    text_free(&clean);
}

static int64_t mail_minute(const json_t *event, const char *name)
{
    int64_t us = 0;
    struct error ignored;

    (void)instant_parse(mail_value(event, name), &us, &ignored);
    return instant_divide_down(us, INSTANT_US_PER_MINUTE);
}

/* "slot Tue  3 Mar 02:00 (Europe/Oslo)", or "slots ... to ..." */
static void mail_add_slots(struct when *when, const char *timezone, const json_t *event,
                           struct text *words)
{
    const struct zone *zone = when_zone(when, timezone);
    int64_t from = mail_minute(event, "coversFrom");
    int64_t to = mail_minute(event, "scheduledFor");

    text_add(words, from < to ? "slots " : "slot ");
    if (from < to) {
        when_add_minute(when, zone, from, words);
        text_add(words, " to ");
    }
    when_add_minute(when, zone, to, words);
    text_addf(words, " (%s)", when->is_known && timezone != NULL ? timezone : "UTC");
}

static void mail_add_reason(const json_t *event, struct text *words)
{
    const char *class_name = mail_value(event, "errorClass");
    const char *code = mail_value(event, "errorCode");
    const char *message = mail_value(event, "errorMessage");

    for (size_t i = 0; i < sizeof mail_classes / sizeof *mail_classes; i++)
        if (strcmp(class_name, mail_classes[i].name) == 0)
            text_add(words, mail_classes[i].meaning);
    if (code != NULL)
        text_addf(words, ": %s", code);
    if (message != NULL)
        text_addf(words, ": %s", message);
}

static void mail_add_event(const struct alert *alert, size_t index, struct when *when,
                           struct text *out)
{
    const json_t *event = json_array_get(json_object_get(alert->value, "events"), index);
    struct subject subject = mail_subject_of(event);
    struct text words = {0};

    subject_add(&subject, &words);
    text_addf(&words, " %s", mail_kinds[mail_kind_of(alert, index)].one);
    mail_add_line(out, 0, &words);
    mail_add_slots(when, org_names_find_zone(&alert->names, subject.org_id), event, &words);
    if (json_is_integer(json_object_get(event, "lateSeconds"))) {
        text_add(&words, ", late by ");
        when_add_length(1000 * json_integer_value(json_object_get(event, "lateSeconds")), &words);
    }
    if (json_is_integer(json_object_get(event, "durationMs"))) {
        text_add(&words, ", took ");
        when_add_length(json_integer_value(json_object_get(event, "durationMs")), &words);
    }
    mail_add_line(out, MAIL_INDENT, &words);
    if (mail_value(event, "errorClass") != NULL) {
        mail_add_reason(event, &words);
        mail_add_line(out, MAIL_INDENT, &words);
    }
    text_addf(&words, "syncsched log %.8s", mail_value(event, "runId"));
    mail_add_line(out, MAIL_INDENT, &words);
    text_add(out, "\n");
    text_free(&words);
}

/* "The tick of cron on host: 20 runs, 19 of them failed." */
static void mail_add_tick(const json_t *alert, struct text *out)
{
    const json_t *summary = json_object_get(alert, "summary");
    const char *host = mail_value(alert, "host");
    struct text words = {0};

    text_addf(&words,
              "The tick of %s on %s: %" JSON_INTEGER_FORMAT " triggered, %" JSON_INTEGER_FORMAT
              " failed, %" JSON_INTEGER_FORMAT " skipped.",
              mail_value(alert, "triggerName"), host != NULL ? host : "an unknown host",
              json_integer_value(json_object_get(summary, "triggered")),
              json_integer_value(json_object_get(summary, "failed")),
              json_integer_value(json_object_get(summary, "skipped")));
    mail_add_line(out, 0, &words);
    text_free(&words);
}

void alert_mail_add(const struct alert *alert, int64_t now_us, struct text *out)
{
    size_t count = json_array_size(json_object_get(alert->value, "events"));
    size_t more = (size_t)json_integer_value(json_object_get(alert->value, "omitted"));
    struct when when = {.now_us = now_us};

    for (size_t i = 0; i < count && i < ALERT_MAIL_EVENTS; i++)
        mail_add_event(alert, i, &when, out);
    if (count > ALERT_MAIL_EVENTS)
        more += count - ALERT_MAIL_EVENTS;
    if (more > 0)
        text_addf(out, "And %zu more: syncsched log --status failed\n\n", more);
    mail_add_tick(alert->value, out);
    when_free(&when);
}
