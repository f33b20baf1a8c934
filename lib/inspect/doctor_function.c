#include "inspect/doctor_judge.h"

#include "base/text.h"
#include "call/credentials.h"
#include "time/instant.h"

#include <inttypes.h>
#include <string.h>

/* So long before a key expires there is a warning. */
#define DOCTOR_EXPIRY_US (14 * INSTANT_MINUTES_PER_DAY * INSTANT_US_PER_MINUTE)

static const char doctor_new_key[] =
    "set SUPABASE_SERVICE_ROLE_KEY to the service_role key of the project, or to a secret one";

bool doctor_judge_key(const struct doctor_options *options, int64_t now_us,
                      struct findings *findings)
{
    struct error err = options->key_error;
    struct text words = {0};

    if (options->key == NULL || !credentials_check(options->key, &err) ||
        !credentials_check_time(options->key, now_us, &err)) {
        findings_add_error(findings, "key", FINDING_FAIL, &err,
                           "set SUPABASE_SERVICE_ROLE_KEY_FILE to a file that holds the key and "
                           "nothing else");
        return false;
    }
    credentials_describe(options->key, &words);
    if (credentials_check_time(options->key, now_us + DOCTOR_EXPIRY_US, &err)) {
        findings_add(findings, "key", FINDING_OK, "it is %s", text_string(&words));
    } else {
        findings_add(findings, "key", FINDING_WARNING, "it expires soon: it is %s",
                     text_string(&words));
        findings_hint(findings, "%s", doctor_new_key);
    }
    text_free(&words);
    return true;
}

/* ---- The function ---- */

/* The address without what may hold a secret, a query, and the function's name in it. */
static int doctor_plain_length(const char *url)
{
    return (int)strcspn(url, "?#");
}

static const char *doctor_name(const char *url, int *length)
{
    int end = doctor_plain_length(url);
    int start = end;

    while (start > 0 && url[start - 1] != '/')
        start--;
    *length = end - start;
    return url + start;
}

static void doctor_add_silence(const char *url, const struct http_ping *ping,
                               struct findings *findings)
{
    findings_add(findings, "function", FINDING_FAIL, "%.*s was not reached: %s",
                 doctor_plain_length(url), url, ping->failure);
    if (ping->end == RESPONSE_TLS_FAILED)
        findings_hint(
            findings,
            "set SYNCSCHED_CA_FILE=FILE, the certificate of the authority that signed the "
            "server's, in PEM form");
    else if (ping->end == RESPONSE_PROXY_REFUSED)
        findings_hint(findings, "set SYNCSCHED_PROXY=http://HOST:PORT to a proxy that leads there, "
                                "or leave it out");
    else
        findings_hint(findings,
                      "set SUPABASE_URL, or SYNCSCHED_FUNCTION_URL, to where the function "
                      "is, and let this machine reach it");
}

static void doctor_add_refusal(const char *url, long status, bool has_key,
                               struct findings *findings)
{
    int length;
    const char *name = doctor_name(url, &length);

    if (!has_key) {
        findings_add(findings, "function", FINDING_OK,
                     "reached; it answered %ld to a request without a key", status);
        return;
    }
    findings_add(findings, "function", FINDING_FAIL, "the key was refused: %ld", status);
    findings_hint(findings,
                  "%s, for which the function must be deployed so: supabase functions "
                  "deploy %.*s --no-verify-jwt",
                  doctor_new_key, length, name);
}

void doctor_judge_ping(const char *url, const struct http_ping *ping, bool has_key,
                       struct findings *findings)
{
    int length;
    const char *name = doctor_name(url, &length);
    long status = ping->status;

    if (status == 0) {
        doctor_add_silence(url, ping, findings);
    } else if (status == 401 || status == 403) {
        doctor_add_refusal(url, status, has_key, findings);
    } else if (status == 404) {
        findings_add(findings, "function", FINDING_FAIL, "there is no function at %.*s: 404",
                     doctor_plain_length(url), url);
        findings_hint(findings, "supabase functions deploy %.*s", length, name);
    } else if (status / 100 == 3) {
        findings_add(findings, "function", FINDING_FAIL,
                     "%.*s sends callers elsewhere: %ld; a tick does not follow",
                     doctor_plain_length(url), url, status);
        findings_hint(findings, "set SUPABASE_URL, or SYNCSCHED_FUNCTION_URL, to where it leads");
    } else if (status == 429 || status / 100 == 5) {
        findings_add(findings, "function", FINDING_WARNING,
                     "reached, but it answered OPTIONS with %ld", status);
        findings_hint(findings, "let the function answer OPTIONS with 204, without exporting "
                                "anything; and see its log");
    } else {
        findings_add(findings, "function", FINDING_OK,
                     "reached: it answered OPTIONS with %ld after %" PRId64 " ms%s", status,
                     ping->ms, has_key ? ", given the key" : "");
    }
}
