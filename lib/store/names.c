#include "store/names.h"

#include "base/text.h"
#include "sql.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMES_LOCK_MS = 5000,
    NAMES_SHOWN_MAX = 6, /* candidates in a message */
    NAMES_SHOWN_CHARACTERS = 40,
    NAMES_DIGITS = 8, /* of an id, where no more are needed to tell it from the others */
};

struct names_candidate {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE]; /* "": the organisation is one */
    struct text organization;
    char integration_type[RUN_TYPE_SIZE];
};

struct names_reading {
    struct names_found *found;
    struct names_candidate candidates[NAMES_SHOWN_MAX];
    size_t count;    /* of those */
    int64_t matches; /* of all */
};

bool names_is_id(const char *word)
{
    return run_begins_uuid(word) && strlen(word) == RUN_UUID_SIZE - 1;
}

/* ---- Reading ---- */

static void names_read_row(void *context, const struct database_row *row)
{
    struct names_reading *reading = context;
    struct names_found *found = reading->found;
    struct names_candidate *candidate = &reading->candidates[reading->count];
    const char *organization = database_row_text(row, "organization");

    if (!schema_check(row))
        return;
    reading->matches = database_row_number(row, "matches", 0);
    found->now_us = database_row_number(row, "now_us", 0);
    found->has_timezone = reading->matches > 0 || database_row_text(row, "common_zone") != NULL;
    database_row_copy(row, reading->matches > 0 ? "timezone" : "common_zone", found->timezone,
                      sizeof found->timezone);
    if (reading->matches == 0 || reading->count == NAMES_SHOWN_MAX)
        return;
    reading->count++;
    database_row_copy(row, "org_id", candidate->org_id, sizeof candidate->org_id);
    database_row_copy(row, "integration_id", candidate->integration_id,
                      sizeof candidate->integration_id);
    database_row_copy(row, "integration_type", candidate->integration_type,
                      sizeof candidate->integration_type);
    text_add_clean(&candidate->organization, organization != NULL ? organization : "",
                   organization != NULL ? strlen(organization) : 0, NAMES_SHOWN_CHARACTERS);
}

/* ---- Several, or none ---- */

static const char *names_candidate_id(const struct names_candidate *candidate)
{
    return *candidate->integration_id != '\0' ? candidate->integration_id : candidate->org_id;
}

/* So many digits of each id that no two are alike. */
static size_t names_count_digits(const struct names_reading *reading)
{
    size_t digits = NAMES_DIGITS;

    for (size_t i = 0; i < reading->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const char *a = names_candidate_id(&reading->candidates[i]);
            const char *b = names_candidate_id(&reading->candidates[j]);
            size_t same = 0;

            while (a[same] != '\0' && a[same] == b[same])
                same++;
            digits = same >= digits ? same + 1 : digits;
        }
    }
    return digits;
}

/* --org "bar": Bakeri (a0000000), Bar AS (b0000000) */
static bool names_refuse_several(const struct names_reading *reading, const char *option,
                                 const char *word, struct error *err)
{
    struct text list = {0};
    int digits = (int)names_count_digits(reading);

    for (size_t i = 0; i < reading->count; i++) {
        const struct names_candidate *candidate = &reading->candidates[i];

        text_addf(&list, "%s%s%s%s (%.*s)", i > 0 ? ", " : "",
                  text_string(&candidate->organization),
                  *candidate->integration_type != '\0' ? "/" : "", candidate->integration_type,
                  digits, names_candidate_id(candidate));
    }
    if (reading->matches > (int64_t)reading->count)
        text_addf(&list, " and %" PRId64 " more", reading->matches - (int64_t)reading->count);
    error_set(err, ERROR_USAGE, "%s \"%.60s\" names several: %s", option, word, text_string(&list));
    text_free(&list);
    return error_hint(err, "write more of the name, or the beginning of the id");
}

static bool names_refuse_none(const struct names_words *words, struct error *err)
{
    if (words->integration == NULL)
        error_set(err, ERROR_USAGE, "no organisation has \"%.80s\" in its name or as its id",
                  words->org);
    else
        error_set(err, ERROR_USAGE, "no integration%s has \"%.80s\" as its id or as ORG/TYPE",
                  words->org != NULL ? " of that organisation" : "", words->integration);
    return error_hint(err, "syncsched status lists those that are there");
}

/* ---- The whole ---- */

/* Each word as the statement has it; both parts of ORG/TYPE are copies, in part. */
static bool names_split(const struct names_words *words, struct text *part, const char *values[4],
                        struct error *err)
{
    const char *slash = words->integration != NULL ? strrchr(words->integration, '/') : NULL;

    values[0] = words->org;
    values[1] = slash == NULL ? words->integration : NULL;
    values[2] = NULL;
    values[3] = words->org != NULL ? values[1] : NULL;
    if (slash == NULL)
        return true;
    text_append(part, words->integration, (size_t)(slash - words->integration));
    values[2] = text_string(part);
    values[3] = slash + 1;
    if (*values[2] != '\0' && *values[3] != '\0')
        return true;
    error_set(err, ERROR_USAGE, "--integration \"%.80s\" lacks the organisation or the type",
              words->integration);
    return error_hint(err, "write it as ORG/TYPE, such as acme/xledger");
}

bool names_find(struct database *db, const struct names_words *words, int64_t deadline_ms,
                struct names_found *found, struct error *err)
{
    const char *option = words->integration != NULL ? "--integration" : "--org";
    const char *word = words->integration != NULL ? words->integration : words->org;
    struct names_reading reading = {.found = found};
    struct text part = {0};
    const char *values[4];
    struct database_statement statement = {sql_names, 4, values, names_read_row, &reading};
    bool ok;

    *found = (struct names_found){0};
    ok = names_split(words, &part, values, err) &&
         (database_transact(db, &statement, 1, NAMES_LOCK_MS, deadline_ms, err) ||
          error_prefix(err, "looking for what was asked for"));
    if (ok && word != NULL && reading.matches > 1)
        ok = names_refuse_several(&reading, option, word, err);
    else if (ok && word != NULL && reading.matches == 0)
        ok = names_refuse_none(words, err);
    if (ok && word != NULL) {
        memcpy(found->org_id, reading.candidates[0].org_id, sizeof found->org_id);
        memcpy(found->integration_id, reading.candidates[0].integration_id,
               sizeof found->integration_id);
    }
    for (size_t i = 0; i < reading.count; i++)
        text_free(&reading.candidates[i].organization);
    text_free(&part);
    return ok;
}
