/*
 * JSON that the program writes, held against the schemas of tests/schemas.
 */
#ifndef TESTS_SUPPORT_JSON_SCHEMA_H
#define TESTS_SUPPORT_JSON_SCHEMA_H

/*
 * Fails the running test unless each line of text is a document that tests/schemas/NAME.json allows,
 * and there is one.
 */
void json_schema_check(const char *name, const char *text);

#endif
