/*
 * JSON that the program writes, held against the schemas of tests/schemas.
 */
#ifndef TESTS_SUPPORT_JSON_SCHEMA_H
#define TESTS_SUPPORT_JSON_SCHEMA_H

#include <stdbool.h>

/* Whether each line of text is a document that tests/schemas/NAME.json allows, and there is one. */
bool json_schema_allows(const char *name, const char *text);

/*
 * Fails the running test unless it does, saying what is wrong.
 */
void json_schema_check(const char *name, const char *text);

#endif
