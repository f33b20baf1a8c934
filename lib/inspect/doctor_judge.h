/*
 * What the facts about the database, the key and the function's response mean for a tick; pure. For
 * doctor.c alone.
 */
#ifndef SYNCSCHED_INSPECT_DOCTOR_JUDGE_H
#define SYNCSCHED_INSPECT_DOCTOR_JUDGE_H

#include "call/http_client.h"
#include "inspect/doctor.h"
#include "inspect/findings.h"
#include "store/doctor.h"

#include <stdbool.h>
#include <stdint.h>

/* Adds what the database said. */
void doctor_add_row(const struct doctor_options *options, const struct doctor_row *row,
                    struct findings *found);

/* Of what was found of a check all but the first; or the first, if it is the only one. */
void doctor_judge_check(const char *check, const struct findings *found, struct findings *findings);

/* The same of role, writes, row security, grants, version and schema. */
void doctor_judge_database(const struct findings *found, struct findings *findings);

/*
 * Why the database refused (err): found, which was asked without the role, says whether the role
 * can be become.
 */
void doctor_judge_refusal(const struct doctor_options *options, const struct findings *found,
                          const struct error *err, struct findings *findings);

/*
 * The key at now_us, by the database's clock if it could be read. Returns whether it may be sent.
 */
bool doctor_judge_key(const struct doctor_options *options, int64_t now_us,
                      struct findings *findings);

/* The response of the function at url to a request with the key, or without it. */
void doctor_judge_ping(const char *url, const struct http_ping *ping, bool has_key,
                       struct findings *findings);

#endif
