#include "support/json_schema.h"

#include "support/program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

void json_schema_check(const char *name, const char *text)
{
    const char *source = getenv("SYNCSCHED_SOURCE");
    char program[4096];
    char schema[4096];
    const char *const argv[] = {program, schema, NULL};
    struct program_result result;

    source = source != NULL ? source : ".";
    snprintf(program, sizeof program, "%s/tests/support/check-json", source);
    snprintf(schema, sizeof schema, "%s/tests/schemas/%s.json", source, name);
    result = program_run_with_input(argv, NULL, text);
    ck_assert_msg(result.status == 0, "not as %s says: %s%s\n%s", schema, result.out, result.err,
                  text);
    program_result_free(&result);
}
