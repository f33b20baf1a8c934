/* Covers lib/base/secret.c. */
#include "support/suite.h"

#include "base/memory.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "THE_KEY_FILE"

static char directory[64];
static char path[128];

static void make_directory(void)
{
    strcpy(directory, "/tmp/syncsched-test-secret-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/key", directory);
}

static void remove_directory(void)
{
    unlink(path);
    rmdir(directory);
}

static void write_bytes(const char *bytes, size_t length, mode_t mode)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

/* Covers: a variable is taken out with all its traces, others are left alone. */
START_TEST(test_secret_take)
{
    char first[] = "THE_SECRET=hush";
    char longer[] = "THE_SECRET_TOO=stays";
    char second[] = "THE_SECRET=hush again";
    char *entries[] = {first, longer, second, NULL};
    char **saved = environ;
    char *taken;
    char *again;
    char *empty;

    environ = entries;
    taken = secret_take("THE_SECRET");
    again = secret_take("THE_SECRET");
    empty = secret_take("THE_SECRE");
    environ = saved;
    ck_assert_pstr_eq(taken, "hush");
    ck_assert_ptr_null(again);
    ck_assert_ptr_null(empty);
    ck_assert_ptr_eq(entries[0], longer);
    ck_assert_ptr_null(entries[1]);
    ck_assert_str_eq(longer, "THE_SECRET_TOO=stays");
    ck_assert_mem_eq(first, "THE_SECRET=\0\0\0\0", sizeof first);
    ck_assert_mem_eq(second, "THE_SECRET=\0\0\0\0\0\0\0\0\0\0", sizeof second);
    secret_free(taken);
}
END_TEST

/* Reads the file, expecting an error that holds this and does not tell the secret. */
static void expect_refusal(const char *message)
{
    char *value = NULL;
    struct error err = {0};

    ck_assert(!secret_read_file(NAME, path, &value, &err));
    ck_assert_ptr_null(value);
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(err.message, NAME));
    ck_assert_ptr_null(strstr(err.message, "hush"));
}

#define TEXT(text) text, sizeof(text) - 1

static const struct {
    const char *bytes;
    size_t length;
    mode_t mode;
    const char *value;   /* NULL: refused */
    const char *refusal; /* because of this */
} files[] = {
    {TEXT("hush"), 0600, "hush", NULL},
    {TEXT("hush\n"), 0400, "hush", NULL},
    {TEXT("hush\r\n"), 0440, "hush", NULL},
    {TEXT("hush\n\n"), 0600, "hush\n", NULL},
    {TEXT("hush\r"), 0600, "hush\r", NULL},
    {TEXT(" hush "), 0600, " hush ", NULL},
    {TEXT("\nhush"), 0660, "\nhush", NULL},
    {TEXT("hush"), 0604, NULL, "others may read "},
    {TEXT("hush"), 0602, NULL, "others may read "},
    {TEXT("hush"), 0644, NULL, "others may read "},
    {TEXT(""), 0600, NULL, " is empty"},
    {TEXT("\n"), 0600, NULL, " is empty"},
    {TEXT("\r\n"), 0600, NULL, " is empty"},
    {TEXT("hu\0sh"), 0600, NULL, " holds a NUL byte"},
    {TEXT("hush\0"), 0600, NULL, " holds a NUL byte"},
};

START_TEST(test_secret_file)
{
    struct error err = {0};
    char *value;

    write_bytes(files[_i].bytes, files[_i].length, files[_i].mode);
    if (files[_i].value == NULL) {
        expect_refusal(files[_i].refusal);
        return;
    }
    ck_assert_msg(secret_read_file(NAME, path, &value, &err), "%s", err.message);
    ck_assert_str_eq(value, files[_i].value);
    secret_free(value);
}
END_TEST

/* Covers: 16 KiB and no byte more. */
START_TEST(test_secret_size)
{
    char *bytes = memory_allocate(SECRET_FILE_MAX + 1, 1);
    struct error err = {0};
    char *value;

    memset(bytes, 'k', SECRET_FILE_MAX + 1);
    write_bytes(bytes, SECRET_FILE_MAX, 0600);
    ck_assert_msg(secret_read_file(NAME, path, &value, &err), "%s", err.message);
    ck_assert_uint_eq(strlen(value), SECRET_FILE_MAX);
    secret_free(value);
    write_bytes(bytes, SECRET_FILE_MAX + 1, 0600);
    expect_refusal(" is larger than 16384 bytes");
    free(bytes);
}
END_TEST

/* Covers: a link is followed, and its target's mode counts. */
START_TEST(test_secret_link)
{
    char target[160];
    struct error err = {0};
    char *value;

    snprintf(target, sizeof target, "%s-target", path);
    write_bytes("hush", 4, 0600);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert_msg(secret_read_file(NAME, path, &value, &err), "%s", err.message);
    ck_assert_str_eq(value, "hush");
    secret_free(value);
    ck_assert_int_eq(chmod(target, 0644), 0);
    expect_refusal("others may read ");
    unlink(target);
}
END_TEST

/* Covers: what is no regular file, without waiting for a writer. */
START_TEST(test_secret_other_files)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_refusal(" is no regular file");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    expect_refusal(" is no regular file");
    ck_assert_int_eq(rmdir(path), 0);
    expect_refusal("cannot read the file that " NAME " names: No such file");
    snprintf(path, sizeof path, "sb_secret_hush");
    expect_refusal("cannot read the file that " NAME " names: No such file");
}
END_TEST

SUITE(secret)
{
    TCase *cases = tcase_create("secret");

    tcase_add_checked_fixture(cases, make_directory, remove_directory);
    tcase_add_test(cases, test_secret_take);
    tcase_add_loop_test(cases, test_secret_file, 0, sizeof files / sizeof files[0]);
    tcase_add_test(cases, test_secret_size);
    tcase_add_test(cases, test_secret_link);
    tcase_add_test(cases, test_secret_other_files);
    suite_add_tcase(suite, cases);
}
