/*
 * Runs every file of tests/fuzz/corpus through its fuzz target: what fuzzing starts from, and what
 * it ever found. From the top of the tree, as "make check" does.
 */
#include "support/suite.h"

#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512, FILE_SIZE_MAX = 1 << 16 };

static const struct fuzz_target *const targets[] = {&fuzz_cron, &fuzz_classify, &fuzz_response,
                                                    &fuzz_time, &fuzz_tzif,     &fuzz_zone};

static void run_file(const struct fuzz_target *target, const char *path)
{
    static char bytes[FILE_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    size_t length;
    char *copy;

    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    length = fread(bytes, 1, sizeof bytes, file);
    ck_assert_msg(length < sizeof bytes && ferror(file) == 0, "%s cannot be read", path);
    fclose(file);
    copy = malloc(length); /* no byte to spare: AddressSanitizer sees a step past the end */
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, length);
    fuzz_case(target, copy, length);
    free(copy);
}

START_TEST(test_corpus)
{
    const struct fuzz_target *target = targets[_i];
    char folder[PATH_SIZE / 4];
    char path[PATH_SIZE];
    struct dirent *entry;
    int count = 0;
    DIR *files;

    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", target->name);
    files = opendir(folder);
    ck_assert_msg(files != NULL, "%s cannot be opened", folder);
    while ((entry = readdir(files)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        run_file(target, path);
        count++;
    }
    closedir(files);
    ck_assert_int_gt(count, 0);
}
END_TEST

SUITE(fuzz_corpus)
{
    TCase *cases = tcase_create("fuzz_corpus");

    tcase_add_loop_test(cases, test_corpus, 0, sizeof targets / sizeof targets[0]);
    suite_add_tcase(suite, cases);
}
