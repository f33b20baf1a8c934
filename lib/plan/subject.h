/*
 * Whose something is, as people read it: "Blåklokken Barnehage SA / xledger (2ea2038c)".
 */
#ifndef SYNCSCHED_PLAN_SUBJECT_H
#define SYNCSCHED_PLAN_SUBJECT_H

#include "base/error.h"
#include "base/text.h"
#include "plan/run.h"

#include <jansson.h>

/* An integration, as far as it is known. Borrowed; names and ids may be NULL, empty or hostile. */
struct subject {
    const char *organization; /* its name; not known: its id's first digits are said */
    const char *org_id;
    const char *integration_type;
    const char *integration_id;
};

/* The same, kept for longer; "" for what is not known. */
struct subject_copy {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char integration_type[RUN_TYPE_SIZE];
};

struct subject_copy subject_keep(const struct subject *subject);

/* Borrows the copy; organization NULL: its name is not known. */
struct subject subject_of(const struct subject_copy *copy, const char *organization);

/* Appends it as one short line, whatever its texts are. */
void subject_add(const struct subject *subject, struct text *out);

/* Puts it before the message. Returns false. */
bool subject_prefix(const struct subject *subject, struct error *err);

/* The same for a program, with whole ids: orgId, organization, integrationId, integrationType. */
json_t *subject_members(const struct subject *subject);

#endif
