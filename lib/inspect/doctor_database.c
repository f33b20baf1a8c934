#include "inspect/doctor_database.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DOCTOR_SILENCE_S = 180 };

/*
 * What a fact of doctor.sql means. {relation}, {name}, {wanted} and {found} are the fact's,
 * {migrate} is the command that applies the schema. In the order of the findings; within the schema
 * a hint may need those before it.
 */
struct doctor_rule {
    const char *kind;
    const char *check;
    enum finding_state state;
    const char *message;
    const char *hint;
};

static const struct doctor_rule doctor_rules[] = {
    {"role_missing", "role", FINDING_FAIL, "the role {wanted} does not exist",
     "CREATE ROLE {wanted} NOLOGIN BYPASSRLS; GRANT {wanted} TO {name};"},
    {"role_refused", "role", FINDING_FAIL, "{name} may not become {wanted}",
     "GRANT {wanted} TO {name};"},
    {"read_only", "writes", FINDING_FAIL, "transactions in {relation} may not write",
     "ALTER ROLE {name} SET default_transaction_read_only = off; -- and of a standby, connect to "
     "its "
     "primary"},
    {"hidden", "row-security", FINDING_FAIL,
     "row level security would hide rows of {relation} from {name}",
     "ALTER ROLE {name} BYPASSRLS;"},
    {"exposed", "row-security", FINDING_WARNING,
     "row level security is off on {relation}: members of one organisation may see all of them",
     "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"},
    {"usage", "grants", FINDING_FAIL,
     "{wanted} may not use what is in the schema {name}: {relation}",
     "GRANT USAGE ON SCHEMA {name} TO {wanted};"},
    {"privilege", "grants", FINDING_FAIL, "{wanted} lacks {name} on {relation}",
     "GRANT {name} ON {found} TO {wanted};"},
    {"newer", "version", FINDING_FAIL,
     "the schema is of version {found}, this program works with version {wanted}",
     "update syncsched"},
    {"older", "version", FINDING_FAIL,
     "the schema is of version {found}, this program works with version {wanted}", "{migrate}"},
    {"unnumbered", "version", FINDING_FAIL,
     "the schema is older than versions are, this program works with version {wanted}",
     "{migrate}"},
    {"search_path", "schema", FINDING_FAIL,
     "in the schema {name}, where {found} does not look: {relation}",
     "ALTER ROLE {found} SET search_path = {name}, public;"},
    {"table", "schema", FINDING_FAIL, "not there: {relation}", "{migrate}"},
    {"column", "schema", FINDING_FAIL, "{relation} has no column {name}",
     "ALTER TABLE {relation} ADD COLUMN {name} {wanted};"},
    {"type", "schema", FINDING_FAIL, "{relation}.{name} is of the type {found}, not {wanted}",
     "ALTER TABLE {relation} ALTER COLUMN {name} TYPE {wanted} USING {name}::text::{wanted};"},
    {"default", "schema", FINDING_FAIL, "{relation}.{name} has no default",
     "ALTER TABLE {relation} ALTER COLUMN {name} SET DEFAULT {wanted};"},
    {"extra", "schema", FINDING_FAIL, "{relation} asks for a {name}, which no tick gives",
     "ALTER TABLE {relation} ALTER COLUMN {name} DROP NOT NULL;"},
    {"key", "schema", FINDING_FAIL, "{relation} lacks the key {name}",
     "ALTER TABLE {relation} ADD CONSTRAINT {name} {wanted};"},
    {"other_key", "schema", FINDING_FAIL, "the key {name} of {relation} is another one: {found}",
     "ALTER TABLE {relation} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {wanted};"},
    {"unique_index", "schema", FINDING_FAIL, "{relation} lacks the unique index {name}",
     "DROP INDEX IF EXISTS {name}; CREATE UNIQUE INDEX {name} ON {relation} {wanted};"},
    {"invalid_key", "schema", FINDING_FAIL, "the index {name} is not valid",
     "REINDEX INDEX {name};"},
    {"row_key", "schema", FINDING_FAIL, "{relation} has no key on ({name}): one may be there twice",
     "CREATE UNIQUE INDEX ON {relation} ({name});"},
    {"check", "schema", FINDING_WARNING, "{relation} lacks the check {name}",
     "ALTER TABLE {relation} ADD CONSTRAINT {name} {wanted};"},
    {"index", "schema", FINDING_WARNING, "{relation} lacks the index {name}",
     "DROP INDEX IF EXISTS {name}; CREATE INDEX {name} ON {relation} {wanted};"},
    {"invalid_index", "schema", FINDING_WARNING, "the index {name} is not valid",
     "REINDEX INDEX {name};"},
    {"function", "schema", FINDING_WARNING,
     "there is no function {name}: members see none of their rows", "{migrate}"},
};

/* For a refusal of which the server alone knows more. */
static const char doctor_look_again[] = "see the server's log, and look again";

enum { DOCTOR_RULES = sizeof doctor_rules / sizeof *doctor_rules };

/* ---- Words ---- */

/* The word of a template that begins at "{", and how long it is with its braces; "" for none. */
static const char *doctor_word(const char *at, const struct doctor_question *question,
                               const struct checkup_fact *fact, size_t *length)
{
    const struct {
        const char *name;
        const char *value;
    } words[] = {{"{relation}", fact->relation},
                 {"{name}", fact->name},
                 {"{wanted}", fact->wanted},
                 {"{found}", fact->found},
                 {"{migrate}", question->migrate}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        *length = strlen(words[i].name);
        if (strncmp(at, words[i].name, *length) == 0)
            return words[i].value;
    }
    *length = 1;
    return "";
}

static void doctor_fill(const char *template, const struct doctor_question *question,
                        const struct checkup_fact *fact, struct text *out)
{
    text_clear(out);
    while (*template != '\0') {
        size_t plain = strcspn(template, "{");
        size_t length = 0;

        text_append(out, template, plain);
        template += plain;
        if (*template == '{')
            text_add(out, doctor_word(template, question, fact, &length));
        template += length;
    }
}

/* A tick works without its heartbeat, and without what only `prune` writes. */
static enum finding_state doctor_state(const struct doctor_rule *rule,
                                       const struct checkup_fact *fact)
{
    bool is_dispensable =
        strcmp(fact->relation, "sync_trigger_state") == 0 ||
        (strcmp(fact->relation, "sync_prune_state") == 0 && strcmp(fact->kind, "default") == 0);

    return is_dispensable ? FINDING_WARNING : rule->state;
}

static void doctor_add_fact(const struct doctor_rule *rule, const struct doctor_question *question,
                            const struct checkup_fact *fact, struct findings *findings)
{
    struct text text = {0};

    doctor_fill(rule->message, question, fact, &text);
    findings_add(findings, rule->check, doctor_state(rule, fact), "%s", text_string(&text));
    doctor_fill(rule->hint, question, fact, &text);
    findings_hint(findings, "%s", text_string(&text));
    text_free(&text);
}

/* ---- Judging ---- */

/* All that is wrong of one check; false when nothing is. */
static bool doctor_add_check(const char *check, const struct doctor_question *question,
                             const struct checkup_facts *facts, struct findings *findings)
{
    bool is_wrong = false;

    for (size_t rule = 0; rule < DOCTOR_RULES; rule++) {
        if (strcmp(doctor_rules[rule].check, check) != 0)
            continue;
        for (size_t i = 0; i < facts->count; i++) {
            if (strcmp(facts->list[i].kind, doctor_rules[rule].kind) != 0)
                continue;
            doctor_add_fact(&doctor_rules[rule], question, &facts->list[i], findings);
            is_wrong = true;
        }
    }
    return is_wrong;
}

/* Of another version it has every right to look otherwise, and one hint suffices: the migration. */
static void doctor_judge_schema(const struct doctor_question *question,
                                const struct checkup_facts *facts, struct findings *findings)
{
    const struct checkup_fact *version = checkup_find(facts, "version");

    if (doctor_add_check("version", question, facts, findings)) {
        findings_add(findings, "schema", FINDING_UNASKED, "it is of another version");
        return;
    }
    if (version != NULL)
        findings_add(findings, "version", FINDING_OK,
                     "the schema is of version %s, with which this program works", version->found);
    else
        findings_add(findings, "version", FINDING_UNASKED, "the schema's version cannot be told");
    if (!doctor_add_check("schema", question, facts, findings))
        findings_add(findings, "schema", FINDING_OK,
                     "tables, columns, keys, checks and indexes are as expected");
}

void doctor_judge_facts(const struct doctor_question *question, const struct checkup_facts *facts,
                        struct findings *findings)
{
    const struct checkup_fact *user = checkup_find(facts, "user");

    if (!doctor_add_check("role", question, facts, findings) && user != NULL)
        findings_add(findings, "role", FINDING_OK,
                     "connected as %s, at work as %s; database %s, PostgreSQL %s", user->name,
                     user->wanted, user->relation, user->found);
    if (!doctor_add_check("writes", question, facts, findings))
        findings_add(findings, "writes", FINDING_OK, "transactions may write");
    if (!doctor_add_check("row-security", question, facts, findings))
        findings_add(findings, "row-security", FINDING_OK, "no row is hidden from a tick");
    if (!doctor_add_check("grants", question, facts, findings))
        findings_add(findings, "grants", FINDING_OK, "every privilege that a tick needs is there");
    doctor_judge_schema(question, facts, findings);
}

void doctor_judge_role(const struct doctor_question *question, const struct checkup_facts *facts,
                       const struct error *err, struct findings *findings)
{
    if (!doctor_add_check("role", question, facts, findings))
        findings_add_error(findings, question->database.role != NULL ? "role" : "database",
                           FINDING_FAIL, err, doctor_look_again);
}

/* ---- The trigger ---- */

/* "45 s", "12 min", "7 h", "3 d": the largest unit of which there are two. */
static void doctor_add_age(int64_t seconds, struct text *out)
{
    if (seconds < 120)
        text_addf(out, "%" PRId64 " s", seconds > 0 ? seconds : 0);
    else if (seconds < 2 * 3600)
        text_addf(out, "%" PRId64 " min", seconds / 60);
    else if (seconds < 2 * 86400)
        text_addf(out, "%" PRId64 " h", seconds / 3600);
    else
        text_addf(out, "%" PRId64 " d", seconds / 86400);
}

void doctor_judge_trigger(const struct doctor_question *question, const struct checkup_facts *facts,
                          struct findings *findings)
{
    const struct checkup_fact *ticked = checkup_find(facts, "ticked");
    int64_t age_s = ticked != NULL ? strtoll(ticked->found, NULL, 10) : 0;
    struct text age = {0};

    doctor_add_age(age_s, &age);
    if (ticked != NULL)
        findings_add(findings, "trigger", age_s > DOCTOR_SILENCE_S ? FINDING_WARNING : FINDING_OK,
                     "the last tick was %s ago, by %s on %s", text_string(&age), ticked->name,
                     ticked->wanted);
    else if (checkup_find(facts, "unread_ticks") == NULL)
        findings_add(findings, "trigger", FINDING_WARNING, "nothing has ticked yet");
    else
        findings_add(findings, "trigger", FINDING_UNASKED, "who ticks cannot be read");
    if (findings->list[findings->count - 1].state == FINDING_WARNING)
        findings_hint(findings, "* * * * *  %s >/dev/null", question->tick);
    text_free(&age);
}
