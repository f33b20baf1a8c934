#include "inspect/doctor.h"

#include "base/text.h"
#include "call/credentials.h"
#include "time/instant.h"

#include <inttypes.h>
#include <string.h>

/* So long before a key expires there is a warning. */
#define DOCTOR_EXPIRY_US (14 * INSTANT_MINUTES_PER_DAY * INSTANT_US_PER_MINUTE)

bool doctor_judge_key(const struct doctor_options *options, int64_t now_us, json_t *findings)
{
    struct error err = options->key_error;
    struct text words = {0};

    if (options->key == NULL || !credentials_check(options->key, &err) ||
        !credentials_check_time(options->key, now_us, &err)) {
        findings_add_error(findings, "key", FINDING_FAIL, &err,
                           "set SUPABASE_SECRET_KEY_FILE to a file that holds the key and nothing "
                           "else");
        return false;
    }
    credentials_describe(options->key, &words);
    if (credentials_is_ending(options->key))
        findings_add(
            findings, "key", FINDING_WARNING,
            "set SUPABASE_SECRET_KEY_FILE to a file that holds a secret key of the project "
            "(sb_secret_...); deploy the function with --no-verify-jwt first",
            "it is %s; Supabase has announced that such keys end at the end of 2026",
            text_string(&words));
    else if (credentials_check_time(options->key, now_us + DOCTOR_EXPIRY_US, &err))
        findings_add(findings, "key", FINDING_OK, NULL, "it is %s", text_string(&words));
    else
        findings_add(findings, "key", FINDING_WARNING,
                     "set SUPABASE_SECRET_KEY to a secret key of the project (sb_secret_...)",
                     "it expires soon: it is %s", text_string(&words));
    text_free(&words);
    return true;
}

/* What to do where the function was not reached. */
static const char *doctor_silence_hint(const struct http_ping *ping)
{
    if (ping->end == RESPONSE_TLS_FAILED)
        return "set SYNCSCHED_CA_FILE=FILE, the certificate of the authority that signed the "
               "server's, in PEM form";
    if (ping->end == RESPONSE_PROXY_REFUSED)
        return "set SYNCSCHED_PROXY=http://HOST:PORT to a proxy that leads there, or leave it out";
    return "set SUPABASE_URL, or SYNCSCHED_FUNCTION_URL, to where the function is, and let this "
           "machine reach it";
}

void doctor_judge_ping(const struct doctor_options *options, const struct http_ping *ping,
                       bool has_key, json_t *findings)
{
    const char *url = options->function.url;
    const char *key_name = options->key_name;
    int plain = (int)strcspn(url, "?#"); /* what follows may hold a secret */
    int name = plain;                    /* where the function's begins */
    long status = ping->status;

    while (name > 0 && url[name - 1] != '/')
        name--;
    if (status == 0) {
        findings_add(findings, "function", FINDING_FAIL, doctor_silence_hint(ping),
                     "%.*s was not reached: %s", plain, url, ping->failure);
    } else if ((status == 401 || status == 403) && !has_key) {
        findings_add(findings, "function", FINDING_OK, NULL,
                     "reached; it answered %ld to a request without a key", status);
    } else if (status == 401 || status == 403) {
        findings_add(findings, "function", FINDING_FAIL, NULL, "the key was refused: %ld", status);
        findings_hint(findings,
                      "give %s a secret key of this project, and let the function check it by "
                      "itself: supabase functions deploy %.*s --no-verify-jwt",
                      key_name != NULL ? key_name : "SUPABASE_SECRET_KEY", plain - name,
                      url + name);
    } else if (status == 404) {
        findings_add(findings, "function", FINDING_FAIL, NULL, "there is no function at %.*s: 404",
                     plain, url);
        findings_hint(findings, "supabase functions deploy %.*s --no-verify-jwt", plain - name,
                      url + name);
    } else if (status / 100 == 3) {
        findings_add(findings, "function", FINDING_FAIL,
                     "set SUPABASE_URL, or SYNCSCHED_FUNCTION_URL, to where it leads",
                     "%.*s sends callers elsewhere: %ld; a tick does not follow", plain, url,
                     status);
    } else if (status == 429 || status / 100 == 5) {
        findings_add(findings, "function", FINDING_WARNING,
                     "let the function answer OPTIONS with 204, without exporting anything; and "
                     "see its log",
                     "reached, but it answered OPTIONS with %ld", status);
    } else {
        findings_add(findings, "function", FINDING_OK, NULL,
                     "reached: it answered OPTIONS with %ld after %" PRId64 " ms%s%s%s", status,
                     ping->ms, has_key ? ", given the key" : "",
                     *ping->region != '\0' ? ", from the region " : "", ping->region);
    }
}
