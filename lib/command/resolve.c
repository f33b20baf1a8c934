#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "call/http_client.h"
#include "command/command.h"
#include "command/settings.h"
#include "report/when.h"
#include "store/org_names.h"
#include "store/resolution.h"
#include "time/clock.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RESOLVE_BUDGET_MS = 50000,
    RESOLVE_ASK_BUDGET_MS = 10 * 60 * 1000,
    RESOLVE_ANSWER_MS = 10000,  /* for each key */
    RESOLVE_UNANSWERED_MAX = 5, /* in a row: then nobody is asked any more */
};

/* One call of the command: what it says of each run, and how it went. */
struct resolve {
    struct database *db;
    struct resolution_runs found;
    struct org_names names; /* of their organisations */
    struct when when;       /* knows no present year, so that each is said: people keep the lines */
    struct text note;
    struct http_client *client; /* NULL: not open */
    char asked_key[RUN_KEY_SIZE];
    struct ask_answer answer; /* to it */
    int unanswered;           /* so many in a row */
    char by[RESOLUTION_BY_SIZE];
    int64_t deadline_ms;
    bool is_json;
    bool is_refused; /* some run was left as it is */
};

static bool resolve_check_options(const struct command_line *line, struct error *err)
{
    const struct setting_value *values = line->values;
    bool is_asking = values[SETTING_ASK].is_given;
    bool is_done = values[SETTING_DONE].is_given;
    bool is_not_done = values[SETTING_NOT_DONE].is_given;

    if (is_asking + is_done + is_not_done != 1) {
        error_set(err, ERROR_USAGE, "choose one of --done, --not-done and --ask");
        return error_hint(err, "such as: syncsched resolve RUN --done --note 'seen in Xledger'");
    }
    if (values[SETTING_RECORDS].is_given && !is_done)
        return error_set(err, ERROR_USAGE, "--records needs --done");
    if (is_asking)
        return !values[SETTING_NOTE].is_given && !values[SETTING_REPLACE].is_given
                   ? true
                   : error_set(err, ERROR_USAGE,
                               "--note and --replace are a person's; omit them with --ask");
    if (line->operand_count == 0) {
        error_set(err, ERROR_USAGE, "no run is named");
        return error_hint(err, "give the ids of runs, or their idempotency keys");
    }
    if (values[SETTING_NOTE].text != NULL &&
        strspn(values[SETTING_NOTE].text, " \t\r\n") < strlen(values[SETTING_NOTE].text))
        return true;
    error_set(err, ERROR_USAGE, "--note is needed");
    return error_hint(err, "say how you know, such as: --note 'seen in Xledger, voucher 1042'");
}

/* Who says it: the user of this host, also behind sudo. */
static void resolve_set_by(struct resolve *resolve)
{
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *user = getpwuid(getuid());
    const char *name = sudo != NULL && *sudo != '\0' ? sudo : user != NULL ? user->pw_name : "?";
    struct text by = {0};
    char host[64] = "";

    if (gethostname(host, sizeof host - 1) != 0)
        *host = '\0';
    text_add_clean(&by, name, strlen(name), 32);
    text_add(&by, "@");
    text_add_clean(&by, host, strlen(host), 60);
    snprintf(resolve->by, sizeof resolve->by, "%.127s", text_string(&by));
    text_free(&by);
}

static const char *resolve_word(enum run_resolution resolution)
{
    return resolution == RUN_RESOLVED_DONE ? "done" : "not done";
}

/* Why the log did not take what was said of a run; NULL: it says that already. */
static const char *resolve_explain(const struct resolution_run *run,
                                   const struct resolution *resolution)
{
    if (run->status == RUN_GONE)
        return "it is no longer in the log";
    if (run->status == RUN_COMPLETED)
        return "it is completed; only a run that failed is resolved";
    if (run->status != RUN_FAILED)
        return "it has not ended; wait for its outcome";
    if (run->has_active_attempt)
        return "another attempt at its slot has not ended; wait for its outcome";
    if (run->resolution != RUN_UNRESOLVED && run->resolution != resolution->word)
        return "it was resolved otherwise; give --replace if that was wrong";
    return NULL;
}

static json_t *resolve_value(const struct resolution_run *run, const struct subject *subject,
                             const char *result, const char *reason)
{
    json_t *value = subject_members(subject);
    char slot[INSTANT_TEXT_SIZE];

    instant_format_minute(run->run.scheduled_for, slot);
    json_object_update_new(
        value,
        json_pack("{s:s, s:s, s:i, s:s, s:o, s:o, s:o, s:s, s:s?}", "runId", run->run.run_id,
                  "scheduledFor", slot, "attempt", run->run.attempt, "status",
                  run_status_name(run->status), "errorCode",
                  run->error_code[0] != '\0' ? json_from_text(run->error_code) : json_null(),
                  "resolution", json_from_text(run_resolution_name(run->resolution)), "resolvedBy",
                  run->resolved_by[0] != '\0' ? json_from_text(run->resolved_by) : json_null(),
                  "result", result, "reason", reason));
    return value;
}

/* 2026-11-23 02:00  Bakeri AS / xledger (2ea2038c), run 5f0c1d2e: resolved, done by kari */
static bool resolve_print(struct resolve *resolve, const struct resolution_run *run,
                          const char *result, const char *reason, struct error *err)
{
    struct subject subject = {org_names_find(&resolve->names, run->run.org_id), run->run.org_id,
                              run->run.integration_type, run->run.integration_id};
    const struct zone *zone;
    struct text out = {0};
    bool ok;

    if (resolve->is_json)
        return command_print_json(resolve_value(run, &subject, result, reason), err);
    zone = when_zone(&resolve->when, org_names_find_zone(&resolve->names, run->run.org_id));
    when_add_minute(&resolve->when, zone, run->run.scheduled_for, &out);
    text_add(&out, "  ");
    subject_add(&subject, &out);
    text_addf(&out, ", run %.8s: %s", run->run.run_id, result);
    if (run->resolution != RUN_UNRESOLVED)
        text_addf(&out, ", %s by %s", resolve_word(run->resolution), run->resolved_by);
    if (reason != NULL)
        text_addf(&out, ": %s", reason);
    ok = command_print(text_string(&out), err);
    text_free(&out);
    return ok;
}

static bool resolve_write(struct resolve *resolve, struct resolution_run *run,
                          const struct resolution *resolution, struct error *err)
{
    const char *reason;
    bool is_written;

    if (!resolution_write(resolve->db, resolution, resolve->deadline_ms, run, &is_written, err))
        return error_prefix(err, "run %s", run->run.run_id);
    if (is_written)
        return resolve_print(resolve, run, "resolved", NULL, err);
    reason = resolve_explain(run, resolution);
    resolve->is_refused |= reason != NULL;
    return resolve_print(resolve, run, reason != NULL ? "left alone" : "unchanged", reason, err);
}

/* A person's word about each run that was named. */
static bool resolve_say(struct resolve *resolve, const struct command_line *line, struct error *err)
{
    const struct setting_value *values = line->values;
    struct resolution resolution = {
        .word = values[SETTING_DONE].is_given ? RUN_RESOLVED_DONE : RUN_RESOLVED_NOT_DONE,
        .by = resolve->by,
        .records = values[SETTING_RECORDS].is_given ? values[SETTING_RECORDS].number : -1,
        .replaces = values[SETTING_REPLACE].is_given,
    };

    text_add_clean(&resolve->note, values[SETTING_NOTE].text, strlen(values[SETTING_NOTE].text),
                   RESOLUTION_NOTE_MAX);
    resolution.note = text_string(&resolve->note);
    for (size_t i = 0; i < resolve->found.count; i++)
        if (!resolve_write(resolve, &resolve->found.runs[i], &resolution, err))
            return false;
    return true;
}

/* ---- The function's word ---- */

/* Asks about one key, which the next run may have, too: then the answer is the same. */
static void resolve_ask_key(struct resolve *resolve, const struct http_target *function,
                            const char *key)
{
    int64_t deadline_ms = clock_now_ms() + RESOLVE_ANSWER_MS;
    struct error err = {0};

    if (strcmp(resolve->asked_key, key) == 0)
        return;
    resolve->answer = (struct ask_answer){.state = ASK_UNANSWERED};
    if (resolve->unanswered >= RESOLVE_UNANSWERED_MAX) {
        snprintf(resolve->answer.why, sizeof resolve->answer.why,
                 "the function was not asked, since it gave no answer to the last %d keys",
                 RESOLVE_UNANSWERED_MAX);
        return;
    }
    snprintf(resolve->asked_key, sizeof resolve->asked_key, "%s", key);
    if (deadline_ms > resolve->deadline_ms)
        deadline_ms = resolve->deadline_ms;
    if (resolve->client == NULL)
        resolve->client = http_client_open(function, &err);
    if (resolve->client == NULL) {
        snprintf(resolve->answer.why, sizeof resolve->answer.why, "%.500s", err.message);
    } else if (!http_client_ask_function(resolve->client, key, deadline_ms, &resolve->answer)) {
        resolve->client = NULL; /* it has gone */
    }
    resolve->unanswered = resolve->answer.state == ASK_UNANSWERED ? resolve->unanswered + 1 : 0;
}

static bool resolve_ask_about(struct resolve *resolve, const struct http_target *function,
                              struct resolution_run *run, struct error *err)
{
    struct resolution resolution = {.by = "function", .records = -1};
    const struct ask_answer *answer = &resolve->answer;
    const char *reason;

    if (run->status != RUN_FAILED || run->has_active_attempt || run->resolution != RUN_UNRESOLVED) {
        resolution.word = run->resolution;
        reason = resolve_explain(run, &resolution);
        resolve->is_refused |= reason != NULL;
        return resolve_print(resolve, run, reason != NULL ? "left alone" : "unchanged", reason,
                             err);
    }
    resolve_ask_key(resolve, function, run->run.idempotency_key);
    if (answer->state == ASK_COMPLETED || answer->state == ASK_ABSENT) {
        resolution.word =
            answer->state == ASK_COMPLETED ? RUN_RESOLVED_DONE : RUN_RESOLVED_NOT_DONE;
        resolution.records = answer->records_exported;
        resolution.note = answer->state == ASK_COMPLETED
                              ? "asked, it has exported under this key"
                              : "asked, it knows of no export under this key";
        return resolve_write(resolve, run, &resolution, err);
    }
    resolve->is_refused = true;
    return resolve_print(
        resolve, run, "left alone",
        answer->state == ASK_HELD ? "the function does not know yet; ask again later" : answer->why,
        err);
}

/* Asks about each run, and writes each answer down before it asks again. */
static bool resolve_ask(struct resolve *resolve, const struct command_line *line, struct error *err)
{
    struct settings_function function = {0};
    bool ok = settings_function(line, &function, err);

    resolve->deadline_ms = line->started_at_ms + RESOLVE_ASK_BUDGET_MS;
    for (size_t i = 0; ok && i < resolve->found.count; i++)
        ok = resolve_ask_about(resolve, &function.address, &resolve->found.runs[i], err);
    http_client_close(resolve->client);
    settings_function_free(&function);
    return ok;
}

/* All are found before anything is written: a mistyped id changes nothing. */
static bool resolve_find(struct resolve *resolve, const struct command_line *line,
                         struct error *err)
{
    if (line->operand_count == 0)
        return resolution_find_open(resolve->db, resolve->deadline_ms, &resolve->found, err);
    for (int i = 0; i < line->operand_count; i++)
        if (!resolution_find(resolve->db, line->operands[i], resolve->deadline_ms, &resolve->found,
                             err))
            return false;
    return true;
}

/* Where names cannot be read, ids are shown. */
static void resolve_read_names(struct resolve *resolve)
{
    struct error ignored;

    for (size_t i = 0; i < resolve->found.count; i++)
        org_names_want(&resolve->names, resolve->found.runs[i].run.org_id);
    (void)org_names_read(resolve->db, &resolve->names, resolve->deadline_ms, &ignored);
}

int command_resolve(const struct command_line *line)
{
    struct database_address address = settings_database(line);
    struct resolve resolve = {.deadline_ms = line->started_at_ms + RESOLVE_BUDGET_MS,
                              .is_json = line->values[SETTING_JSON].is_given};
    struct error err = {0};
    bool ok = resolve_check_options(line, &err) &&
              (resolve.db = database_open(&address, resolve.deadline_ms, &err)) != NULL;

    resolve_set_by(&resolve);
    ok = ok && resolve_find(&resolve, line, &err);
    if (ok)
        resolve_read_names(&resolve);
    ok = ok && (line->values[SETTING_ASK].is_given ? resolve_ask(&resolve, line, &err)
                                                   : resolve_say(&resolve, line, &err));
    database_close(resolve.db);
    resolution_runs_free(&resolve.found);
    org_names_free(&resolve.names);
    when_free(&resolve.when);
    text_free(&resolve.note);
    return !ok ? command_fail(&err) : resolve.is_refused ? 1 : 0;
}
