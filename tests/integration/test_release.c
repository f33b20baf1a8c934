/*
 * What a release is made by: scripts/packaging/sbom says what the program was built with, and scripts/packaging/release
 * makes nothing of a version that is not one.
 */
#include "support/json_schema.h"
#include "support/program.h"
#include "support/suite.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SBOM                                                                                       \
    "\"${TEST_SOURCE:-.}\"/scripts/packaging/sbom " TEST_BUILD_DIR "/syncsched 1.2.3 |"            \
    " python3 -m json.tool --compact"

static struct program_result run_shell(const char *line)
{
    const char *const argv[] = {"sh", "-c", line, NULL};

    return program_run(argv, NULL);
}

/* The one package of a bill whose name begins so. */
static const json_t *package_like(const json_t *bill, const char *beginning)
{
    const json_t *found = NULL;
    const json_t *package;
    size_t i;

    json_array_foreach(json_object_get(bill, "packages"), i, package)
    {
        const char *name = json_string_value(json_object_get(package, "name"));

        if (strncmp(name, beginning, strlen(beginning)) != 0)
            continue;
        ck_assert_msg(found == NULL, "two packages are named %s...", beginning);
        found = package;
    }
    ck_assert_msg(found != NULL, "no package is named %s...", beginning);
    return found;
}

/* That dpkg has this version of it. */
static void check_version(const json_t *package)
{
    char line[300];
    struct program_result result;

    snprintf(line, sizeof line, "dpkg-query -W -f '${Version}' %s",
             json_string_value(json_object_get(package, "name")));
    result = run_shell(line);
    ck_assert_str_eq(json_string_value(json_object_get(package, "versionInfo")), result.out);
    program_result_free(&result);
}

/* Covers: the bill is SPDX, and names what is linked, as dpkg knows it. */
START_TEST(test_sbom_names_what_runs)
{
    static const char *const names[] = {"libc6", "libjansson4", "libpq5", "libcurl4", "tzdata"};
    struct program_result result = run_shell(SBOM);
    json_t *bill;

    ck_assert_str_eq(result.err, "");
    json_schema_check("sbom", result.out);
    bill = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_version(package_like(bill, names[i]));
    ck_assert_str_eq(
        json_string_value(json_object_get(package_like(bill, "syncsched"), "versionInfo")),
        "1.2.3");
    json_decref(bill);
    program_result_free(&result);
}
END_TEST

/* Covers: the same program and time make the same bill, so that others can make it again. */
START_TEST(test_sbom_comes_out_the_same)
{
    static const char line[] = "export SOURCE_DATE_EPOCH=86399; a=$(" SBOM "); sleep 1.1; b=$(" SBOM
                               "); echo \"$a\"; test \"$a\" = \"$b\"";
    struct program_result result = run_shell(line);

    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_nonnull(strstr(result.out, "\"created\":\"1970-01-01T23:59:59Z\""));
    program_result_free(&result);
}
END_TEST

/* What a tree says of its version, the tag, and what then is wrong. */
static const struct {
    const char *changes, *tag, *fault;
} refused[] = {
    {"## 1.2.3\\n\\n- a change\\n", "v1.2.4", "the tag \"v1.2.4\" is not \"v1.2.3\""},
    {"## 1.2.3\\n\\n- a change\\n", "1.2.3", "the tag \"1.2.3\" is not \"v1.2.3\""},
    {"## Unreleased\\n\\n- a change\\n", "v1.2.3", "CHANGELOG.md says nothing of 1.2.3"},
    {"## 1.2.3\\n\\n## 1.2.2\\n\\n- a change\\n", "v1.2.3", "CHANGELOG.md says nothing of 1.2.3"},
    {"## 11.2.3\\n\\n- a change\\n", "v1.2.3", "CHANGELOG.md says nothing of 1.2.3"},
};

/* Covers: a tag is the version of the Makefile, of which the changes tell; otherwise nothing is made. */
START_TEST(test_release_refuses)
{
    char line[1000];
    struct program_result result;

    snprintf(line, sizeof line,
             "tree=$(mktemp -d) && mkdir -p \"$tree/scripts/packaging\" &&"
             " cp \"${TEST_SOURCE:-.}/scripts/packaging/release\" \"$tree/scripts/packaging\" &&"
             " echo 'VERSION := 1.2.3' >\"$tree/Makefile\" && printf '%s' >\"$tree/CHANGELOG.md\";"
             " \"$tree/scripts/packaging/release\" '%s'; status=$?;"
             " ls \"$tree\"; rm -r \"$tree\"; exit \"$status\"",
             refused[_i].changes, refused[_i].tag);
    result = run_shell(line);
    ck_assert_int_eq(result.status, 1);
    ck_assert_str_eq(result.out, "CHANGELOG.md\nMakefile\nscripts\n");
    ck_assert_msg(strstr(result.err, refused[_i].fault) != NULL, "%s", result.err);
    program_result_free(&result);
}
END_TEST

SUITE(release)
{
    TCase *tests = tcase_create("release");

    tcase_add_test(tests, test_sbom_names_what_runs);
    tcase_add_test(tests, test_sbom_comes_out_the_same);
    tcase_add_loop_test(tests, test_release_refuses, 0, sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, tests);
}
