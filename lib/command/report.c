#include "report/page.h"

#include "base/output.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPORT_BUDGET_MS = 10 * 60 * 1000, REPORT_MONTH_LENGTH = 7, REPORT_WRITE_MS = 60000 };

/* ---- The period ---- */

/* "2026-03" */
static bool report_read_month(const char *text, struct page *page, struct error *err)
{
    bool is_month = strlen(text) == REPORT_MONTH_LENGTH;

    for (size_t i = 0; is_month && i < REPORT_MONTH_LENGTH; i++)
        is_month = i == 4 ? text[i] == '-' : text[i] >= '0' && text[i] <= '9';
    if (is_month) {
        page->year = (int)strtol(text, NULL, 10);
        page->month = (int)strtol(text + 5, NULL, 10);
    }
    if (is_month && page->year >= 1970 && page->month >= 1 && page->month <= 12)
        return true;
    error_set(err, ERROR_USAGE, "\"%.40s\" is not a month", text);
    return error_hint(err, "write it as 2026-03");
}

/* The month before that of now, there. */
static void report_take_last_month(const struct asked *asked, struct page *page)
{
    int64_t now = instant_divide_down(asked->found.now_us, INSTANT_US_PER_MINUTE);
    struct civil civil = civil_from_minute(now + zone_span_at(&asked->zone, now).offset_minutes);

    page->year = civil.month == 1 ? civil.year - 1 : civil.year;
    page->month = civil.month == 1 ? 12 : civil.month - 1;
}

static int64_t report_month_us(const struct zone *zone, int year, int month)
{
    struct civil civil = {.year = year, .month = month, .day = 1};

    return zone_day_begins(zone, civil_to_day(&civil)) * INSTANT_US_PER_MINUTE;
}

static bool report_choose(const struct command_line *line, struct asked *asked, struct page *page,
                          struct audit_options *options, struct error *err)
{
    const char *month = line->values[SETTING_MONTH].text;

    if (line->values[SETTING_SINCE].is_given) {
        options->from_us = asked_time_us(asked, line, SETTING_SINCE);
        if (asked->found.now_us - options->from_us <=
            PAGE_DAYS_MAX * INSTANT_MINUTES_PER_DAY * INSTANT_US_PER_MINUTE)
            return true;
        error_set(err, ERROR_USAGE, "--since: a report is of %d days at most", PAGE_DAYS_MAX);
        return error_hint(err, "syncsched stats compares longer periods");
    }
    asked_find_zone(asked);
    if (month == NULL)
        report_take_last_month(asked, page);
    else if (!report_read_month(month, page, err))
        return false;
    options->from_us = report_month_us(&asked->zone, page->year, page->month);
    options->to_us = page->month == 12 ? report_month_us(&asked->zone, page->year + 1, 1)
                                       : report_month_us(&asked->zone, page->year, page->month + 1);
    options->has_to = true;
    return true;
}

/* ---- Writing ---- */

static bool report_write_csv(struct text *csv, struct error *err)
{
    return command_write(text_string(csv), err);
}

static bool report_refuse_file(const char *path, struct error *err)
{
    return error_set(err, ERROR_INTERNAL, "cannot write \"%.200s\": %s", path, strerror(errno));
}

/* Writes another file beside it, and puts it in its place: nobody finds a part of one. */
static bool report_replace(const char *path, const struct text *out, struct error *err)
{
    struct text beside = {0};
    bool ok;
    int fd;

    text_addf(&beside, "%s.%ld", path, (long)getpid());
    fd = open(beside.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ok = fd >= 0 && output_write(fd, out->data, out->length, REPORT_WRITE_MS) && fsync(fd) == 0;
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    ok = ok && rename(beside.data, path) == 0;
    if (!ok) {
        report_refuse_file(path, err);
        if (fd >= 0)
            (void)unlink(beside.data);
    }
    text_free(&beside);
    return ok;
}

static bool report_write_html(const char *path, struct page *page, struct error *err)
{
    struct text out = {0};
    bool ok;

    page_add_html(page, &out);
    ok = strcmp(path, "-") == 0 ? command_write(out.data, err) : report_replace(path, &out, err);
    text_free(&out);
    return ok;
}

static bool report_write_mail(struct page *page, struct error *err)
{
    struct text out = {0};
    bool ok;

    page_add_mail(page, &out);
    ok = command_write(out.data, err);
    text_free(&out);
    return ok;
}

/* ---- The command ---- */

static bool report_check_options(const struct command_line *line, struct error *err)
{
    const struct setting_value *values = line->values;
    const char *path = values[SETTING_HTML].text;
    int formats = values[SETTING_HTML].is_given + values[SETTING_TEXT].is_given +
                  values[SETTING_CSV].is_given;
    struct stat status;

    if (values[SETTING_MONTH].is_given && values[SETTING_SINCE].is_given)
        return error_set(err, ERROR_USAGE, "--month and --since: give one of them");
    if (formats > 1)
        return error_set(err, ERROR_USAGE, "--html, --text and --csv: give one of them");
    if (path == NULL || strcmp(path, "-") == 0 || stat(path, &status) != 0 ||
        S_ISREG(status.st_mode))
        return true;
    error_set(err, ERROR_USAGE, "--html: \"%.200s\" is not a regular file", path);
    return error_hint(err, "--html - writes to standard output");
}

static bool report_run(const struct command_line *line, struct asked *asked, struct error *err)
{
    const struct setting_value *values = line->values;
    struct audit_options options = {
        .database = settings_database(line),
        .org_id = asked->org_id,
        .integration_id = asked->integration_id,
        .deadline_ms = line->started_at_ms + REPORT_BUDGET_MS,
        .wants_texts = true,
        .wants_runs = true,
    };
    struct page page = {.org_id = asked->org_id,
                        .timezone = asked->found.has_timezone ? asked->found.timezone : NULL,
                        .write = values[SETTING_CSV].is_given ? report_write_csv : NULL,
                        .when = {.now_us = asked->found.now_us}};
    bool ok = report_choose(line, asked, &page, &options, err) &&
              audit_read(&options, page_add_entry, &page, &page.audited, err) &&
              page_end(&page, err);

    if (ok && values[SETTING_HTML].is_given)
        ok = report_write_html(values[SETTING_HTML].text, &page, err);
    else if (ok && !values[SETTING_CSV].is_given)
        ok = report_write_mail(&page, err);
    page_free(&page);
    return ok;
}

int command_report(const struct command_line *line)
{
    struct asked asked = {0};
    struct error err = {0};
    bool ok = report_check_options(line, &err) &&
              asked_read(line, line->started_at_ms + REPORT_BUDGET_MS, true, &asked, &err) &&
              report_run(line, &asked, &err);

    asked_free(&asked);
    return ok ? 0 : command_fail(&err);
}
