#include "plan/subject.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* So much of each is shown: digits of an id, characters of a name and of a type. */
enum { SUBJECT_DIGITS = 8, SUBJECT_NAME_MAX = 40, SUBJECT_TYPE_MAX = 20 };

static bool subject_is_known(const char *string)
{
    return string != NULL && *string != '\0';
}

static void subject_copy_text(char *copy, size_t size, const char *string)
{
    snprintf(copy, size, "%s", string != NULL ? string : "");
}

struct subject_copy subject_keep(const struct subject *subject)
{
    struct subject_copy copy = {0};

    subject_copy_text(copy.org_id, sizeof copy.org_id, subject->org_id);
    subject_copy_text(copy.integration_id, sizeof copy.integration_id, subject->integration_id);
    subject_copy_text(copy.integration_type, sizeof copy.integration_type,
                      subject->integration_type);
    return copy;
}

struct subject subject_of(const struct subject_copy *copy, const char *organization)
{
    return (struct subject){organization, copy->org_id, copy->integration_type,
                            copy->integration_id};
}

static void subject_add_cut(struct text *out, const char *string, size_t characters_max)
{
    size_t before = out->length;
    struct text whole = {0};

    text_add_clean(&whole, string, strlen(string), SIZE_MAX);
    text_add_clean(out, string, strlen(string), characters_max);
    text_add(out, out->length - before < whole.length ? "\xE2\x80\xA6" : "");
    text_free(&whole);
}

static void subject_add_id(struct text *out, const char *id)
{
    text_addf(out, "%.*s", SUBJECT_DIGITS, subject_is_known(id) ? id : "(null)");
}

void subject_add(const struct subject *subject, struct text *out)
{
    if (subject_is_known(subject->organization)) {
        subject_add_cut(out, subject->organization, SUBJECT_NAME_MAX);
    } else {
        text_add(out, "organisation ");
        subject_add_id(out, subject->org_id);
    }
    text_add(out, " / ");
    subject_add_cut(out,
                    subject_is_known(subject->integration_type) ? subject->integration_type : "?",
                    SUBJECT_TYPE_MAX);
    text_add(out, " (");
    subject_add_id(out, subject->integration_id);
    text_add(out, ")");
}

bool subject_prefix(const struct subject *subject, struct error *err)
{
    struct text text = {0};

    subject_add(subject, &text);
    error_prefix(err, "%s", text.data);
    text_free(&text);
    return false;
}

static json_t *subject_value(const char *string)
{
    return json_from_text(subject_is_known(string) ? string : NULL);
}

json_t *subject_members(const struct subject *subject)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "orgId", subject_value(subject->org_id),
                     "organization", subject_value(subject->organization), "integrationId",
                     subject_value(subject->integration_id), "integrationType",
                     subject_value(subject->integration_type));
}
