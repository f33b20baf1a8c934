/*
 * The documents as a test sees them: the files of the source tree, the pages of the manual as a
 * reader sees them, formatted by mandoc, and what a line of shell makes of either.
 *
 * Whatever goes wrong in here fails the running test. Texts that are returned are the caller's to
 * free().
 */
#ifndef SYNCSCHED_INTEGRATION_DOCUMENTS_H
#define SYNCSCHED_INTEGRATION_DOCUMENTS_H

/* The path of a file of the source tree ("man/syncsched.1"), in a static buffer. */
const char *documents_path(const char *name);

/* A page; no line of it is broken. */
char *documents_page(const char *name);

/* The lines under one of its headings, up to the next. */
char *documents_section(const char *name, const char *heading);

/* What `syncsched COMMAND --help` prints; "": the overview. */
char *documents_help(const char *command);

/*
 * The output of a line of sh in the source tree, whose exit status must be 0. "$0" is the program,
 * "$1" the argument.
 */
char *documents_shell(const char *line, const char *argument);

/* The commands that the overview names, one a line. */
char *documents_commands(void);

#endif
