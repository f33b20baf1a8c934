/*
 * What the facts about a database mean for a tick; pure. For doctor.c alone.
 */
#ifndef SYNCSCHED_INSPECT_DOCTOR_DATABASE_H
#define SYNCSCHED_INSPECT_DOCTOR_DATABASE_H

#include "inspect/doctor.h"
#include "inspect/findings.h"
#include "store/doctor.h"

/* Role, writes, row security, grants, version, schema: a finding of each that is in order, too. */
void doctor_judge_facts(const struct doctor_question *question, const struct checkup_facts *facts,
                        struct findings *findings);

/*
 * Why the facts could not be asked: those that could without the role tell whether it may be
 * become, err is what the server said.
 */
void doctor_judge_role(const struct doctor_question *question, const struct checkup_facts *facts,
                       const struct error *err, struct findings *findings);

/* Whether something ticks, and what to do where nothing does. */
void doctor_judge_trigger(const struct doctor_question *question, const struct checkup_facts *facts,
                          struct findings *findings);

#endif
