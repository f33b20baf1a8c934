/* Covers lib/command/config.c. */
#include "support/suite.h"

#include "command/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static void write_file(void)
{
    int fd;

    strcpy(path, "/tmp/syncsched-test-config-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

/* Reads a file of this text with this mode. */
static bool read_text(struct config *config, const char *text, mode_t mode, struct error *err)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
    return config_read(config, path, true, err);
}

static const struct {
    const char *line;
    const char *value; /* of KEY; NULL: none */
} lines[] = {
    {"KEY=value", "value"},
    {"KEY=value\n", "value"},
    {"KEY=value\r\n", "value"},
    {"  KEY = value \t\n", "value"},
    {"KEY=a b  c\n", "a b  c"},
    {"KEY=a=b==\n", "a=b=="},
    {"KEY=\"a b \"\n", "a b "},
    {"KEY='a b '\n", "a b "},
    {"KEY=\"a\\\"b\\\\c\\$d\\`e\"\n", "a\"b\\c$d`e"},
    {"KEY=\"a\\nb\"\n", "a\\nb"},
    {"KEY='a\\\"b'\n", "a\\\"b"},
    {"KEY=\"it's\"\n", "it's"},
    {"KEY=it's\n", "it's"},
    {"KEY=\xff\xc3\n", "\xff\xc3"}, /* a file in another encoding */
    {"KEY=value # no comment\n", "value # no comment"},
    {"\xEF\xBB\xBFKEY=value\n", "value"},
    {"SYNCSCHED_ON_FAILURE=echo # and more\nKEY=value\n", "value"},
    {"SYNCSCHED_BUDGET=\"5s\"\t\nKEY=value\n", "value"},
    {"SYNCSCHED_CA_FILE='/a # b'\nKEY=value\n", "value"},
    {"KEY=\n", NULL},
    {"KEY=\"\"\n", NULL},
    {"# KEY=value\n", NULL},
    {"  ; KEY=value\n", NULL},
    {"#KEY=value\n\n  \nKEY=other\n", "other"},
    {"KEY=first\nKEY=second\n", "second"},
    {"KEY=first\nKEY=\n", NULL},
    {"KEYS=value\n", NULL},
    {"key=value\n", NULL},
    {"", NULL},
};

START_TEST(test_config_line)
{
    struct config config;
    struct error err = {0};

    ck_assert_msg(read_text(&config, lines[_i].line, 0600, &err), "%s", err.message);
    ck_assert_pstr_eq(config_get(&config, "KEY"), lines[_i].value);
    config_free(&config);
}
END_TEST

static const struct {
    const char *text;
    const char *wrong; /* part of the message, after the file's name */
} bad[] = {
    {"hush\n", ", line 1: not of the form KEY=value"},
    {"A=1\n# c\n\nhush\n", ", line 4: not of the form KEY=value"},
    {"A=1\nexport KEY=hush\n", ", line 2: not a variable's name before '='"},
    {"=hush\n", ", line 1: not a variable's name before '='"},
    {"K-Y=hush\n", ", line 1: not a variable's name before '='"},
    {"KEY=\"hush\n", ", line 1: the quote in the value of KEY is not closed"},
    {"KEY='hush\n", ", line 1: the quote in the value of KEY is not closed"},
    {"KEY=\"hush\" x\n", ", line 1: the quote in the value of KEY is not closed"},
    {"KEY=\"hush\\\"\n", ", line 1: the quote in the value of KEY is not closed"},
    {"SYNCSCHED_BUDGET=5s # hush\n", ", line 1: a comment follows the value of SYNCSCHED_BUDGET"},
    {"A=1\nSUPABASE_URL=\"hush\"\t# hush\n",
     ", line 2: a comment follows the value of SUPABASE_URL"},
    {"A=1\n\xEF\xBB\xBF"
     "KEY=hush\n",
     ", line 2: not a variable's name before '='"},
};

/* Covers: a bad line is named by its number, and nothing of it is quoted. */
START_TEST(test_config_bad_line)
{
    struct config config;
    struct error err = {0};

    ck_assert(!read_text(&config, bad[_i].text, 0600, &err));
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_ptr_eq(strstr(err.message, path), err.message);
    ck_assert_str_eq(err.message + strlen(path), bad[_i].wrong);
    ck_assert_ptr_null(strstr(err.hint, "hush"));
    config_free(&config);
}
END_TEST

/* Covers: a value is never cut short in silence. */
START_TEST(test_config_nul)
{
    static const char text[] = "A=1\nKEY=hush\0hush\n";
    struct config config;
    struct error err = {0};
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, sizeof text - 1, file), sizeof text - 1);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert(!config_read(&config, path, true, &err));
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, ", line 2: holds a NUL byte"));
    config_free(&config);
}
END_TEST

/* Covers: what the lines around a wrong one say counts for whoever goes on with it. */
START_TEST(test_config_reads_on)
{
    struct config config;
    struct error err = {0};

    ck_assert(!read_text(&config, "A=1\nfirst\nB=2\nsecond\n", 0600, &err));
    ck_assert_ptr_nonnull(strstr(err.message, ", line 2: "));
    ck_assert_str_eq(config_get(&config, "A"), "1");
    ck_assert_str_eq(config_get(&config, "B"), "2");
    config_free(&config);
}
END_TEST

/* Covers: where each value comes from, libpq's own and secrets included, and what it hides. */
START_TEST(test_config_source)
{
    static const struct {
        const char *key;
        enum config_source source;
        bool is_hidden;
    } cases[] = {
        {"BOTH", CONFIG_ENVIRONMENT, true},
        {"SAME", CONFIG_ENVIRONMENT, false},
        {"EMPTY", CONFIG_FILE, false},
        {"NOTHING", CONFIG_NOWHERE, false},
        {"ABSENT", CONFIG_NOWHERE, false},
        {"SUPABASE_DB_URL", CONFIG_ENVIRONMENT, true},
        {"SUPABASE_SECRET_KEY", CONFIG_FILE, false},
        {"PGHOST", CONFIG_ENVIRONMENT, true},
        {"PGSERVICE", CONFIG_FILE, false},
    };
    struct config config;
    struct error err = {0};

    setenv("BOTH", "environment", 1);
    setenv("SAME", "file", 1);
    setenv("EMPTY", "", 1);
    setenv("SUPABASE_DB_URL", "environment", 1);
    setenv("PGHOST", "environment", 1);
    unsetenv("PGSERVICE");
    ck_assert(read_text(&config,
                        "BOTH=file\nSAME=file\nEMPTY=file\nNOTHING=\nSUPABASE_DB_URL=file\n"
                        "SUPABASE_SECRET_KEY=file\nPGHOST=file\nPGSERVICE=file\n",
                        0600, &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(config_source(&config, cases[i].key) == cases[i].source, "%s", cases[i].key);
        ck_assert_msg(config_is_hidden(&config, cases[i].key) == cases[i].is_hidden, "%s",
                      cases[i].key);
        unsetenv(cases[i].key);
    }
    config_free(&config);
}
END_TEST

START_TEST(test_config_environment_wins)
{
    struct config config;
    struct error err = {0};

    ck_assert(read_text(&config, "KEY=file\n", 0600, &err));
    ck_assert_str_eq(config_get(&config, "KEY"), "file");
    setenv("KEY", "environment", 1);
    ck_assert_str_eq(config_get(&config, "KEY"), "environment");
    setenv("KEY", "", 1);
    ck_assert_str_eq(config_get(&config, "KEY"), "file");
    setenv("OTHER_KEY", "alone", 1);
    ck_assert_str_eq(config_get(&config, "OTHER_KEY"), "alone");
    unsetenv("KEY");
    unsetenv("OTHER_KEY");
    config_free(&config);
}
END_TEST

/* Covers: secrets leave the environment and stay settings; libpq still finds its own. */
START_TEST(test_config_secrets)
{
    struct config config;
    struct error err = {0};

    setenv("SUPABASE_DB_URL", "environment", 1);
    setenv("SUPABASE_SECRET_KEY", "", 1);
    setenv("PGPASSWORD", "libpq's", 1);
    ck_assert(read_text(&config, "SUPABASE_DB_URL=file\nSUPABASE_SECRET_KEY=file\n", 0600, &err));
    ck_assert_str_eq(config_get(&config, "SUPABASE_DB_URL"), "environment");
    ck_assert_str_eq(config_get(&config, "SUPABASE_SECRET_KEY"), "file");
    ck_assert_ptr_null(config_get(&config, "SUPABASE_SERVICE_ROLE_KEY"));
    ck_assert_ptr_null(getenv("SUPABASE_DB_URL"));
    ck_assert_ptr_null(getenv("SUPABASE_SECRET_KEY"));
    ck_assert_str_eq(getenv("PGPASSWORD"), "libpq's");
    unsetenv("PGPASSWORD");
    config_free(&config);
}
END_TEST

/* Covers: libpq's own variables reach libpq, and the environment's own win. */
START_TEST(test_config_libpq)
{
    struct config config;
    struct error err = {0};

    setenv("PGHOST", "environment", 1);
    unsetenv("PGAPPNAME");
    ck_assert(read_text(&config, "PGHOST=file\nPGAPPNAME='a b'\n", 0600, &err));
    ck_assert_str_eq(getenv("PGHOST"), "environment");
    ck_assert_str_eq(getenv("PGAPPNAME"), "a b");
    unsetenv("PGHOST");
    unsetenv("PGAPPNAME");
    config_free(&config);
}
END_TEST

static const struct {
    const char *text;
    const char *value; /* NULL: none */
} libpq_lines[] = {
    {"PGSERVICE=first\nPGSERVICE=second\n", "second"},
    {"PGSERVICE=first\nKEY=value\nPGSERVICE=second\nwrong\n", "second"},
    {"PGSERVICE=first\nPGSERVICE=\n", NULL},
};

/* Covers: the last line wins for libpq's variables as for all others. */
START_TEST(test_config_libpq_last)
{
    struct config config;
    struct error err = {0};

    setenv("PGSERVICE", "", 1); /* what is empty is not set */
    read_text(&config, libpq_lines[_i].text, 0600, &err);
    ck_assert_pstr_eq(config_get(&config, "PGSERVICE"), libpq_lines[_i].value);
    ck_assert_str_eq(getenv("PGSERVICE"),
                     libpq_lines[_i].value != NULL ? libpq_lines[_i].value : "");
    ck_assert_int_eq(config_source(&config, "PGSERVICE"),
                     libpq_lines[_i].value != NULL ? CONFIG_FILE : CONFIG_NOWHERE);
    unsetenv("PGSERVICE");
    config_free(&config);
}
END_TEST

/* Covers: each name once, wherever it is; not those of settings, of others, or that are empty. */
START_TEST(test_config_strangers)
{
    struct config config;
    struct error err = {0};

    setenv("SYNCSCHED_ODD", "1", 1);
    setenv("SYNCSCHED_EMPTY", "", 1);
    setenv("SYNCSCHED_\xff", "\xff", 1);
    ck_assert(read_text(&config,
                        "SYNCSCHED_ODD=1\nSYNCSCHED_DRY_RUN=1\nSYNCSCHED_AT=\nODD=1\n"
                        "SYNCSCHED_BUDGET=1s\nSYNCSCHED_DRY_RUN=0\n",
                        0600, &err));
    ck_assert_uint_eq(json_object_size(config.strangers), 3);
    ck_assert_ptr_nonnull(json_object_get(config.strangers, "SYNCSCHED_ODD"));
    ck_assert_ptr_nonnull(json_object_get(config.strangers, "SYNCSCHED_DRY_RUN"));
    ck_assert_ptr_nonnull(json_object_get(config.strangers, "SYNCSCHED_\xff"));
    unsetenv("SYNCSCHED_ODD");
    unsetenv("SYNCSCHED_EMPTY");
    unsetenv("SYNCSCHED_\xff");
    config_free(&config);
}
END_TEST

static const struct {
    const char *name;
    const char *nearest; /* NULL: none */
} names[] = {
    {"SYNCSCHED_BUDGET", "SYNCSCHED_BUDGET"},
    {"SYNCSCHED_BUGDET", "SYNCSCHED_BUDGET"},
    {"SYNCSCHED_budget", "SYNCSCHED_BUDGET"},
    {"SYNCSCHED_CATCHUP", "SYNCSCHED_CATCH_UP"},
    {"SYNCSCHED_MAX_ATTEMPT", "SYNCSCHED_MAX_ATTEMPTS"},
    {"SYNCSCHED_FUNCTION_URLS", "SYNCSCHED_FUNCTION_URL"},
    {"SYNCSCHED_DRYRUN", "SYNCSCHED_DRY_RUN"},
    {"SYNCSCHED_AT", "SYNCSCHED_AT"},
    {"SYNCSCHED_SOMETHING_ELSE", NULL},
    {"SYNCSCHED_FOO", NULL},
    {"SYNCSCHED_", NULL},
    {"", NULL},
};

START_TEST(test_config_nearest)
{
    enum setting_name nearest = setting_find_nearest(names[_i].name);

    ck_assert_pstr_eq(nearest < SETTINGS ? settings[nearest].variable : NULL, names[_i].nearest);
}
END_TEST

static const struct {
    const char *key;
    mode_t mode;
    bool is_refused;
} modes[] = {
    {"SUPABASE_SERVICE_ROLE_KEY", 0600, false},
    {"SUPABASE_SERVICE_ROLE_KEY", 0640, false},
    {"SUPABASE_SERVICE_ROLE_KEY", 0644, true},
    {"SUPABASE_SERVICE_ROLE_KEY", 0602, true},
    {"SUPABASE_SECRET_KEY", 0644, true},
    {"SUPABASE_DB_URL", 0604, true},
    {"PGPASSWORD", 0644, true},
    {"SUPABASE_URL", 0644, false},
    {"SYNCSCHED_BUDGET", 0666, false},
};

START_TEST(test_config_mode)
{
    struct config config;
    struct error err = {0};
    char text[100];

    snprintf(text, sizeof text, "A=1\n%s=hush\n", modes[_i].key);
    ck_assert_int_eq(read_text(&config, text, modes[_i].mode, &err), !modes[_i].is_refused);
    if (modes[_i].is_refused) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_ptr_eq(strstr(err.message, path), err.message);
        ck_assert_ptr_nonnull(strstr(err.message, modes[_i].key));
        ck_assert_ptr_nonnull(strstr(err.hint, "chmod o= "));
        ck_assert_ptr_null(strstr(err.message, "hush"));
    }
    config_free(&config);
}
END_TEST

/* Covers: a proxy's address is a secret where it holds a user name, and else none. */
START_TEST(test_config_mode_proxy)
{
    struct config config;
    struct error err = {0};

    ck_assert(read_text(&config, "SYNCSCHED_PROXY=http://proxy:3128\n", 0644, &err));
    config_free(&config);
    ck_assert(!read_text(&config, "SYNCSCHED_PROXY=http://u:hush@proxy:3128\n", 0644, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "SYNCSCHED_PROXY"));
    ck_assert_ptr_null(strstr(err.message, "hush"));
    config_free(&config);
}
END_TEST

/* Covers: a file that was asked for must be there; what failed can be freed. */
START_TEST(test_config_missing)
{
    struct config config;
    struct error err = {0};

    ck_assert(!config_read(&config, "/nonexistent/syncsched.conf", true, &err));
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_str_eq(err.message,
                     "cannot read /nonexistent/syncsched.conf: No such file or directory");
    ck_assert_ptr_null(config_get(&config, "KEY"));
    config_free(&config);
    ck_assert(!config_read(&config, "/", true, &err));
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_str_eq(err.message, "cannot read /: Is a directory");
    config_free(&config);
}
END_TEST

/* Covers: the default file need not exist. */
START_TEST(test_config_default)
{
    struct config config;
    struct error err = {0};

    if (access(settings[SETTING_CONFIG].fallback, F_OK) == 0)
        return; /* this host has one; it is not for a test to read */
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_msg(config_read(&config, NULL, true, &err), "%s", err.message);
    ck_assert_uint_eq(json_object_size(config.file), 0);
    ck_assert_str_eq(config.path, "/etc/syncsched.conf");
    config_free(&config);
}
END_TEST

/* Covers: growth. */
START_TEST(test_config_many_lines)
{
    static char text[20000];
    struct config config;
    struct error err = {0};
    size_t length = 0;

    for (int i = 0; i < 1000; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "KEY%d=value%d\n", i, i);
    ck_assert(read_text(&config, text, 0600, &err));
    ck_assert_uint_eq(json_object_size(config.file), 1000);
    ck_assert_str_eq(config_get(&config, "KEY0"), "value0");
    ck_assert_str_eq(config_get(&config, "KEY999"), "value999");
    config_free(&config);
}
END_TEST

SUITE(config)
{
    TCase *cases = tcase_create("config");

    tcase_add_checked_fixture(cases, write_file, remove_file);
    tcase_add_loop_test(cases, test_config_line, 0, sizeof lines / sizeof lines[0]);
    tcase_add_loop_test(cases, test_config_bad_line, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, test_config_nul);
    tcase_add_test(cases, test_config_reads_on);
    tcase_add_test(cases, test_config_source);
    tcase_add_test(cases, test_config_environment_wins);
    tcase_add_test(cases, test_config_secrets);
    tcase_add_test(cases, test_config_libpq);
    tcase_add_loop_test(cases, test_config_libpq_last, 0,
                        sizeof libpq_lines / sizeof libpq_lines[0]);
    tcase_add_test(cases, test_config_strangers);
    tcase_add_loop_test(cases, test_config_nearest, 0, sizeof names / sizeof names[0]);
    tcase_add_loop_test(cases, test_config_mode, 0, sizeof modes / sizeof modes[0]);
    tcase_add_test(cases, test_config_mode_proxy);
    tcase_add_test(cases, test_config_missing);
    tcase_add_test(cases, test_config_default);
    tcase_add_test(cases, test_config_many_lines);
    suite_add_tcase(suite, cases);
}
