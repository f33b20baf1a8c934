/* Covers lib/call/credentials.c. */
#include "support/suite.h"

#include "call/credentials.h"
#include "time/instant.h"

#include <stdlib.h>
#include <string.h>

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2ln-_x"

static const struct {
    const char *key;
    const char *authorization; /* "": none */
    const char *apikey;
} headers[] = {
    {JWT, "Authorization: Bearer " JWT, "apikey: " JWT},
    {"sb_secret_abc", "", "apikey: sb_secret_abc"},
    {"sb_secret_", "", "apikey: sb_secret_"},
    {"sb_secret", "Authorization: Bearer sb_secret", "apikey: sb_secret"},
    {"opaque", "Authorization: Bearer opaque", "apikey: opaque"},
    {"xsb_secret_abc", "Authorization: Bearer xsb_secret_abc", "apikey: xsb_secret_abc"},
    {"SB_SECRET_abc", "Authorization: Bearer SB_SECRET_abc", "apikey: SB_SECRET_abc"},
};

static const struct {
    const char *key;
    const char *where; /* NULL: it is fine */
} keys[] = {
    {JWT, NULL},
    {"!~", NULL},
    {"%s%n", NULL},
    {" hushhush", "(at byte 1)"},
    {"hush hush", "(at byte 5)"},
    {"hushhush\n", "(at byte 9)"},
    {"hushhush\r\nX-Evil: 1", "(at byte 9)"},
    {"hush\thush", "(at byte 5)"},
    {"hushhush\x7f", "(at byte 9)"},
    {"hush\xc3\xa9", "(at byte 5)"},
    {"hush\xff", "(at byte 5)"},
    {"hush\x01", "(at byte 5)"},
};

/* 2024-05-01T02:00:30Z */
#define NOW_S INT64_C(1714528830)

static const struct {
    const char *payload;
    const char *refusal; /* what the error says; NULL: it is fine */
    const char *expired; /* when, of one that has by now; NULL: it has not */
} tokens[] = {
    {"{\"role\":\"service_role\"}", NULL, NULL},
    {"{\"role\":\"service_role\",\"exp\":1714528831}", NULL, NULL},
    {"{\"role\":\"service_role\",\"exp\":1714528830.5}", NULL, NULL},
    {"{\"role\":\"service_role\",\"exp\":1714528830}", NULL, "2024-05-01T02:00:30Z"},
    {"{\"exp\":1714528829.999,\"role\":\"service_role\"}", NULL, "2024-05-01T02:00:29Z"},
    {"{\"role\":\"service_role\",\"exp\":1}", NULL, "1970-01-01T00:00:01Z"},
    {"{\"role\":\"service_role\",\"exp\":-1e300}", NULL, "1970-01-01T00:00:00Z"},
    {"{\"role\":\"service_role\",\"exp\":1e300}", NULL, NULL},
    {"{\"role\":\"service_role\",\"exp\":123456789012345678901234567890}", NULL, NULL},
    {"{\"role\":\"service_role\",\"exp\":\"1\"}", NULL, NULL},
    {"{\"role\":\"service_role\",\"exp\":null}", NULL, NULL},
    {" {\"role\" : \"service_role\" }\r\n", NULL, NULL},
    {"{\"role\":\"service\\u005frole\"}", NULL, NULL},
    {"{\"role\":\"anon\"}", "a JWT for the role \"anon\"", NULL},
    {"{\"role\":\"authenticated\"}", "a JWT for the role \"authenticated\"", NULL},
    {"{\"role\":\"service_role \"}", "a JWT for the role \"service_role \"", NULL},
    {"{\"role\":\"SERVICE_ROLE\"}", "a JWT for the role \"SERVICE_ROLE\"", NULL},
    {"{\"role\":\"\"}", "a JWT for the role \"\"", NULL},
    {"{\"role\":\"service_role\\u0000\"}", "a JWT for the role \"service_role\\x00\"", NULL},
    {"{\"role\":\"a\\u001b[2J\"}", "a JWT for the role \"a\\x1b[2J\"", NULL},
    {"{\"role\":\"\xc3\xa5\"}", "a JWT for the role \"\\xc3\\xa5\"", NULL},
    {"{}", "a JWT without a role", NULL},
    {"{\"role\":7}", "a JWT without a role", NULL},
    {"{\"role\":[\"service_role\"]}", "a JWT without a role", NULL},
    {"{\"iss\":\"joe\",\"exp\":1300819380}", "a JWT without a role", "2011-03-22T18:43:00Z"},
    /* No JWT: sent as it is. */
    {"[{\"role\":\"anon\"}]", NULL, NULL},
    {"\"anon\"", NULL, NULL},
    {"{\"role\":\"anon\",\"exp\":1", NULL, NULL},
    {"{\"role\":\"anon\",\"exp\":1} {}", NULL, NULL},
    {"{\"role\":\"\xff\",\"exp\":1}", NULL, NULL},
    {"", NULL, NULL},
};

/* Keys that are not three parts of base64url; the payload is {"role":"anon","exp":1}. */
#define ANON "eyJyb2xlIjoiYW5vbiIsImV4cCI6MX0"

static const char *const opaque[] = {
    ANON,
    "h." ANON,
    "." ANON ".s",
    "h." ANON ".s.t",
    "h." ANON "=.s",
    "h+." ANON ".s",
    "h." ANON "./",
    "h.." ANON,
    "h." ANON "A.s", /* bits left over */
    "h.e.s",
    "h.eyJyb.s",
    "..",
    ".",
    "",
};

/* HEADER.payload.SIGNATURE, as RFC 7519 makes it; to be freed. */
static char *token_of(const char *payload)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct text token = {0};
    size_t length = strlen(payload);

    text_add(&token, "eyJhbGciOiJIUzI1NiJ9.");
    for (size_t bit = 0; bit < 8 * length; bit += 6) {
        unsigned int pair = (unsigned int)(unsigned char)payload[bit / 8] << 8;

        if (bit / 8 + 1 < length)
            pair |= (unsigned char)payload[bit / 8 + 1];
        text_append(&token, &digits[pair >> (10 - bit % 8) & 63], 1);
    }
    text_add(&token, ".hush-_hush");
    return token.data;
}

START_TEST(test_credentials_headers)
{
    struct text authorization = {0};
    struct text apikey = {0};

    credentials_headers(headers[_i].key, &authorization, &apikey);
    ck_assert_str_eq(text_string(&authorization), headers[_i].authorization);
    ck_assert_str_eq(text_string(&apikey), headers[_i].apikey);
    text_free(&authorization);
    text_free(&apikey);
}
END_TEST

/* Covers: what cannot stand in a header is refused, and is not quoted. */
START_TEST(test_credentials_check)
{
    struct error err = {0};

    ck_assert_int_eq(credentials_check(keys[_i].key, &err), keys[_i].where == NULL);
    if (keys[_i].where != NULL) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_msg(strstr(err.message, keys[_i].where) != NULL, "%s", err.message);
        ck_assert_ptr_null(strstr(err.message, "hush"));
        ck_assert_ptr_null(strstr(err.hint, "hush"));
        ck_assert_str_ne(err.hint, "");
    }
}
END_TEST

/* Covers: a JWT is for the service role and has not expired; whatever is none passes. */
START_TEST(test_credentials_token)
{
    char *key = token_of(tokens[_i].payload);
    struct error err = {0};

    ck_assert_int_eq(credentials_check(key, &err), tokens[_i].refusal == NULL);
    if (tokens[_i].refusal != NULL) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_msg(strstr(err.message, tokens[_i].refusal) != NULL, "%s", err.message);
        ck_assert_ptr_nonnull(strstr(err.hint, "service_role"));
    }
    ck_assert_int_eq(credentials_check_time(key, NOW_S * INSTANT_US_PER_SECOND, &err),
                     tokens[_i].expired == NULL);
    if (tokens[_i].expired != NULL) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_msg(strstr(err.message, tokens[_i].expired) != NULL, "%s", err.message);
    }
    ck_assert_ptr_null(strstr(err.message, "hush"));
    free(key);
}
END_TEST

/* Covers: what only looks like a JWT is sent as it is. */
START_TEST(test_credentials_opaque)
{
    struct error err = {0};

    ck_assert_msg(credentials_check(opaque[_i], &err), "%s", err.message);
    ck_assert_msg(credentials_check_time(opaque[_i], INT64_MAX, &err), "%s", err.message);
}
END_TEST

/* Covers: the other key of a project is told apart by its name. */
START_TEST(test_credentials_placeholder)
{
    struct error err = {0};

    ck_assert(!credentials_check("sb_secret_...", &err));
    ck_assert_str_eq(err.message, "the service key is still the placeholder sb_secret_...");
    ck_assert(credentials_check("sb_secret_....", &err));
}
END_TEST

START_TEST(test_credentials_publishable)
{
    struct error err = {0};

    ck_assert(!credentials_check("sb_publishable_hush", &err));
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_str_eq(err.message, "the service key is a publishable one (sb_publishable_...)");
    ck_assert_ptr_nonnull(strstr(err.hint, "sb_secret_"));
    ck_assert(credentials_check("sb_secret_x", &err));
}
END_TEST

static const struct {
    const char *payload; /* NULL: key */
    const char *key;
    const char *words;
} kinds[] = {
    {NULL, "sb_secret_hush", "a secret key (sb_secret_...)"},
    {NULL, "hush", "a key of no known kind"},
    {"{\"role\":\"service_role\"}", NULL, "a legacy key for service_role"},
    {"{\"role\":\"service_role\",\"exp\":1714528830}", NULL,
     "a legacy key for service_role, valid until 2024-05-01T02:00:30Z"},
    {"{\"role\":\"service_role\",\"exp\":1e300}", NULL, "a legacy key for service_role"},
    {"{\"role\":\"service_role\",\"exp\":\"hush\"}", NULL, "a legacy key for service_role"},
};

START_TEST(test_credentials_describe)
{
    char *key = token_of(kinds[_i].payload != NULL ? kinds[_i].payload : "");
    struct text words = {0};

    credentials_describe(kinds[_i].key != NULL ? kinds[_i].key : key, &words);
    ck_assert_str_eq(text_string(&words), kinds[_i].words);
    text_free(&words);
    free(key);
}
END_TEST

/* Covers: only a JWT that names a hosted project has an end; a self-hosted one names none. */
START_TEST(test_credentials_ending)
{
    static const struct {
        const char *payload;
        bool is_ending;
    } legacy[] = {
        {"{\"iss\":\"supabase\",\"ref\":\"abcdefgh\",\"role\":\"service_role\"}", true},
        {"{\"iss\":\"supabase-demo\",\"role\":\"service_role\"}", false},
        {"{\"ref\":1,\"role\":\"service_role\"}", false},
    };

    for (size_t i = 0; i < sizeof legacy / sizeof *legacy; i++) {
        char *key = token_of(legacy[i].payload);

        ck_assert_int_eq(credentials_is_ending(key), legacy[i].is_ending);
        free(key);
    }
    ck_assert(!credentials_is_ending("sb_secret_x"));
}
END_TEST

SUITE(credentials)
{
    TCase *cases = tcase_create("credentials");

    tcase_add_loop_test(cases, test_credentials_headers, 0, sizeof headers / sizeof headers[0]);
    tcase_add_loop_test(cases, test_credentials_check, 0, sizeof keys / sizeof keys[0]);
    tcase_add_loop_test(cases, test_credentials_token, 0, sizeof tokens / sizeof tokens[0]);
    tcase_add_loop_test(cases, test_credentials_opaque, 0, sizeof opaque / sizeof opaque[0]);
    tcase_add_test(cases, test_credentials_placeholder);
    tcase_add_test(cases, test_credentials_publishable);
    tcase_add_test(cases, test_credentials_ending);
    tcase_add_loop_test(cases, test_credentials_describe, 0, sizeof kinds / sizeof kinds[0]);
    suite_add_tcase(suite, cases);
}
