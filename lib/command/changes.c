#include "inspect/changes.h"
#include "base/json.h"
#include "base/log.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "report/changes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHANGES_BUDGET_MS = 10 * 60 * 1000 };

/* What is printed, and how. */
struct changes_output {
    struct terminal terminal;
    bool is_json;
    struct when when;
    char previous[2 * RUN_UUID_SIZE];
    size_t count;
    bool is_broken; /* standard output is */
};

static void changes_print(void *context, const struct changes_record *record)
{
    struct changes_output *output = context;
    json_t *change = changes_tree(record, &output->when.zones);
    struct text text = {0};

    output->count++;
    if (output->is_json) {
        json_add_line(&text, change);
        text_add(&text, "\n");
    } else {
        changes_add_text(&output->terminal, &output->when, change, output->previous, &text);
    }
    output->is_broken |= fwrite(text.data, 1, text.length, stdout) != text.length;
    text_free(&text);
}

/* Rounded down, as the journal has minutes. */
static int64_t changes_minute(int64_t time_us)
{
    return instant_divide_down(time_us, INSTANT_US_PER_MINUTE);
}

static bool changes_list(const struct command_line *line, const struct asked *asked,
                         int64_t deadline_ms, struct changes_output *output, struct error *err)
{
    const struct setting_value *values = line->values;
    struct database_address address = settings_database(line);
    bool is_day;
    struct changes_options options = {
        .org_id = asked->org_id,
        .integration_id = asked->integration_id,
        .from = values[SETTING_FROM].is_given
                    ? changes_minute(asked_time_us(asked, line, SETTING_FROM))
                    : -(INT64_C(1) << 31), /* before the year -2,000 */
        .to = values[SETTING_TO].is_given
                  ? changes_minute(asked_end_us(asked, line, SETTING_TO, &is_day))
                  : INT64_C(1) << 37, /* beyond the year 200,000 */
    };
    struct database *db;
    bool ok;

    if (options.to <= options.from)
        return error_set(err, ERROR_USAGE, "--to must lie after the beginning of the period");
    db = database_open(&address, deadline_ms, err);
    ok = db != NULL &&
         changes_read(db, &options, deadline_ms, changes_print, output, &output->when.now_us, err);
    database_close(db);
    if (ok && output->count == 0)
        log_warning("the journal has no schedule of what was asked for");
    if (ok && output->is_broken)
        return error_set(err, ERROR_INTERNAL, "cannot write to standard output: %s",
                         strerror(errno));
    return ok && command_write("", err);
}

int command_changes(const struct command_line *line)
{
    int64_t deadline_ms = line->started_at_ms + CHANGES_BUDGET_MS;
    struct changes_output output = {
        .terminal = terminal_look(STDOUT_FILENO, line->values[SETTING_WIDTH].number),
        .is_json = line->values[SETTING_JSON].is_given,
    };
    struct asked asked = {0};
    struct error err = {0};
    bool ok = asked_read(line, deadline_ms, true, &asked, &err) &&
              changes_list(line, &asked, deadline_ms, &output, &err);

    when_free(&output.when);
    asked_free(&asked);
    return ok ? 0 : command_fail(&err);
}
