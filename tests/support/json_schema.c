#include "support/json_schema.h"

#include "support/program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct program_result json_schema_ask(const char *name, const char *text)
{
    const char *source = getenv("TEST_SOURCE");
    char program[4096];
    char schema[4096];
    const char *const argv[] = {program, schema, NULL};

    source = source != NULL ? source : ".";
    snprintf(program, sizeof program, "%s/tests/support/check-json", source);
    snprintf(schema, sizeof schema, "%s/tests/schemas/%s.json", source, name);
    return program_run_with_input(argv, NULL, text);
}

bool json_schema_allows(const char *name, const char *text)
{
    struct program_result result = json_schema_ask(name, text);
    bool allows = result.status == 0;

    ck_assert_msg(allows || (result.status == 1 && *result.out != '\0'), "%s", result.err);
    program_result_free(&result);
    return allows;
}

void json_schema_check(const char *name, const char *text)
{
    struct program_result result = json_schema_ask(name, text);

    ck_assert_msg(result.status == 0, "not as tests/schemas/%s.json says: %s%s\n%s", name,
                  result.out, result.err, text);
    program_result_free(&result);
}
