#include "command/asked.h"

#include "base/log.h"
#include "command/settings.h"
#include "time/moment.h"

#include <stddef.h>

/* What it takes to know the time of a setting: MOMENT_INSTANT nothing, MOMENT_AGO the clock. */
static int asked_form(const struct command_line *line, enum setting_name name)
{
    const struct setting_value *value = &line->values[name];
    enum setting_type type = settings[name].type;
    struct moment moment;
    struct error err;

    return (type == SETTING_TYPE_MOMENT || type == SETTING_TYPE_SINCE) && value->text != NULL &&
                   settings[name].help[line->command->name] != NULL &&
                   moment_parse(value->text, type == SETTING_TYPE_SINCE, &moment, &err)
               ? (int)moment.form
               : MOMENT_INSTANT;
}

static bool asked_find(const struct command_line *line, const struct names_words *words,
                       int64_t deadline_ms, struct asked *asked, struct error *err)
{
    struct database_address address = settings_database(line);
    struct database *db = database_open(&address, deadline_ms, err);
    bool ok = db != NULL && names_find(db, words, deadline_ms, &asked->found, err);

    database_close(db);
    if (!ok)
        return false;
    if (*asked->found.org_id != '\0')
        asked->org_id = asked->found.org_id;
    if (*asked->found.integration_id != '\0')
        asked->integration_id = asked->found.integration_id;
    return true;
}

/* A zone that cannot be read makes days UTC's, as no zone in common does. */
void asked_find_zone(struct asked *asked)
{
    struct error err = {0};

    if (asked->has_zone)
        return;
    asked->has_zone = true;
    if (!asked->found.has_timezone)
        log_warning("the organisations are in several time zones: a day begins at midnight UTC; "
                    "--org takes that of one");
    else if (!zones_find(&asked->zones, asked->found.timezone, &asked->zone, &err)) {
        asked->found.has_timezone = false;
        error_prefix(&err, "a day begins at midnight UTC");
        log_failure_as_warning(&err);
    }
}

bool asked_read(const struct command_line *line, int64_t deadline_ms, bool checks_ids,
                struct asked *asked, struct error *err)
{
    struct names_words words = {line->values[SETTING_ORG].text,
                                line->values[SETTING_INTEGRATION].text};
    /* What takes --since counts back from now where no beginning is given. */
    bool needs_clock = settings[SETTING_SINCE].help[line->command->name] != NULL;
    bool needs_zone = false;

    *asked = (struct asked){.org_id = words.org, .integration_id = words.integration};
    for (enum setting_name name = 0; name < SETTINGS; name++) {
        int form = asked_form(line, name);

        needs_clock = needs_clock || form != MOMENT_INSTANT;
        needs_zone = needs_zone || form == MOMENT_DAY || form == MOMENT_DAYS_AGO;
    }
    if (!needs_clock && (words.org == NULL || (!checks_ids && names_is_id(words.org))) &&
        (words.integration == NULL || (!checks_ids && names_is_id(words.integration))))
        return true;
    if (!asked_find(line, &words, deadline_ms, asked, err))
        return false;
    if (needs_zone)
        asked_find_zone(asked);
    return true;
}

int64_t asked_time_us(const struct asked *asked, const struct command_line *line,
                      enum setting_name name)
{
    const char *text = line->values[name].text;
    struct moment moment;
    struct error err;

    if (text == NULL ||
        !moment_parse(text, settings[name].type == SETTING_TYPE_SINCE, &moment, &err))
        return 0;
    return moment_resolve(&moment, &asked->zone, asked->found.now_us);
}

int64_t asked_end_us(const struct asked *asked, const struct command_line *line,
                     enum setting_name name, bool *is_day)
{
    const char *text = line->values[name].text;
    struct moment moment;
    struct error err;

    *is_day = false;
    if (text == NULL || !moment_parse(text, false, &moment, &err))
        return 0;
    *is_day = moment.form != MOMENT_INSTANT;
    if (moment.form == MOMENT_DAY)
        moment.number++;
    else if (moment.form == MOMENT_DAYS_AGO)
        moment.number--;
    return moment_resolve(&moment, &asked->zone, asked->found.now_us);
}

bool asked_check_at(const struct command_line *line, struct error *err)
{
    if (asked_form(line, SETTING_AT) == MOMENT_INSTANT)
        return true;
    error_set(err, ERROR_USAGE, "--at: %s is a day, and a time is needed",
              line->values[SETTING_AT].text);
    return error_hint(err, "write it as 2024-05-01T02:00Z; run takes a day with --integration or "
                           "--org");
}

void asked_free(struct asked *asked)
{
    zones_free(&asked->zones);
}
