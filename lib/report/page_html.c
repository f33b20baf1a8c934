#include "report/page_words.h"

#include <inttypes.h>
#include <string.h>

/*
 * The page is one file: no script, nothing that is fetched, and a policy that would refuse both.
 * All text goes through html_add(), which escapes it.
 */
static const char html_style[] =
    ":root{color-scheme:light dark;--ink:#111;--dim:#555;--line:#ccc;--back:#fff;--bad:#b3261e;"
    "--good:#c9e7d3;--late:#e4efc4;--made:#dbe7f5;--busy:#e6e6e6;--fail:#ee9b93;--what:#fbc668}"
    "@media screen and (prefers-color-scheme:dark){"
    ":root{--ink:#eee;--dim:#aaa;--line:#444;--back:#16181a;--bad:#ff8a80;"
    "--good:#1f5636;--late:#4a5a1c;--made:#2a4666;--busy:#444;--fail:#8c2f28;--what:#7a5000}}"
    "@media print{:root{color-scheme:light}}"
    "@page{size:A4;margin:16mm}"
    "body{font:10.5pt/1.45 system-ui,\"Noto Sans\",sans-serif;max-width:180mm;margin:8mm auto;"
    "padding:0 4mm;color:var(--ink);background:var(--back);overflow-wrap:anywhere}"
    "h1{font-size:17pt;margin:0}"
    "h2{font-size:13pt;margin:18pt 0 4pt}"
    "h3{font-size:11pt;margin:12pt 0 2pt}"
    "h2,h3{break-after:avoid}"
    "p{margin:3pt 0}"
    "small,footer{color:var(--dim)}"
    ".verdict{border-left:4px solid var(--ink);padding:4pt 10pt}"
    ".verdict.open{border-color:var(--bad)}"
    "section,tr{break-inside:avoid}"
    "table{border-collapse:collapse;table-layout:fixed;width:100%;font-size:9pt}"
    "th,td{text-align:left;vertical-align:top;box-sizing:border-box;border-bottom:1px solid "
    "var(--line);padding:3pt 4pt}"
    ".number{width:8%}.short{width:14%}.middle{width:18%}.long{width:21%}"
    ".days{width:auto;font-size:8pt}"
    ".days th,.days td{width:12pt;height:12pt;padding:1pt 0;text-align:center;"
    "border:1px solid var(--back)}"
    ".days th{color:var(--dim);font-weight:normal}"
    ".days td,.legend span{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    ".legend span{padding:0 4pt;color:var(--ink)}"
    ".good{background:var(--good)}.late{background:var(--late)}.made{background:var(--made)}"
    ".busy{background:var(--busy)}"
    ".fail{background:var(--fail);font-weight:bold}"
    ".what{background:var(--what);font-weight:bold}"
    ".days .bad,.legend .bad{background:var(--bad);color:var(--back);font-weight:bold}"
    ".hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
    "white-space:nowrap}"
    "footer{margin-top:18pt;font-size:8pt;border-top:1px solid var(--line);padding-top:4pt}"
    "@media screen and (max-width:120mm){body{margin:4mm auto;padding:0 2mm}table{font-size:8pt}"
    "th,td{padding:2pt}th{font-size:7pt}.days th,.days td{width:auto;padding:1pt "
    "0}.days{width:100%;font-size:6pt}}";

/* A day's mark: its colour, its sign, and what it says. */
static const struct html_mark {
    const char *class;
    const char *sign;
    const char *words;
} html_marks[PAGE_MARKS] = {
    [PAGE_NO_SLOT] = {"none", "", "no slot"},
    [PAGE_GOOD] = {"good", "·", "exported"},
    [PAGE_LATE] = {"late", "~", "exported late"},
    [PAGE_BEING_SERVED] = {"busy", "…", "under way"},
    [PAGE_MADE_UP] = {"made", "+", "exported by a later run, or settled"},
    [PAGE_FAILED] = {"fail", "×", "failed"},
    [PAGE_UNKNOWN] = {"what", "?", "outcome unknown"},
    [PAGE_BROKEN] = {"bad", "!", "missing or doubled"},
};

/* ---- Text ---- */

/* Appends words (page_words.h), in which nothing is markup. */
static void html_add(struct text *out, const char *words)
{
    for (const char *at = words; *at != '\0'; at++) {
        switch (*at) {
        case PAGE_NAME:
            text_add(out, "<bdi>");
            break;
        case PAGE_NAME_END:
            text_add(out, "</bdi>");
            break;
        case '&':
            text_add(out, "&amp;");
            break;
        case '<':
            text_add(out, "&lt;");
            break;
        case '>':
            text_add(out, "&gt;");
            break;
        case '"':
            text_add(out, "&quot;");
            break;
        case '\'':
            text_add(out, "&#39;");
            break;
        default:
            text_append(out, at, 1);
            break;
        }
    }
}

/* Appends the words in an element, and empties them. */
static void html_add_element(struct text *out, const char *element, struct text *words)
{
    text_addf(out, "<%s>", element);
    html_add(out, text_string(words));
    text_addf(out, "</%.*s>", (int)strcspn(element, " "), element);
    text_clear(words);
}

/* A section that is a list, or says that there is nothing to list. */
static void html_add_lines(struct text *out, const char *heading, const struct page_lines *lines,
                           const char *otherwise)
{
    text_addf(out, "<h2>%s</h2>\n", heading);
    if (lines->count == 0) {
        text_addf(out, "<p>%s</p>\n", otherwise);
        return;
    }
    text_add(out, "<ul>");
    for (size_t i = 0; i < lines->count; i++)
        html_add_element(out, "li", &lines->list[i]);
    text_add(out, "</ul>\n");
}

/* ---- The head ---- */

static void html_add_head(struct page *page, struct text *out)
{
    struct text words = {0};
    struct text title = {0};

    text_add(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width\">"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "style-src 'unsafe-inline'\">\n");
    page_add_owner(page, &words);
    page_add_plain(&title, &words); /* a title has no elements */
    text_add(&title, ", ");
    page_add_span(page, &title);
    html_add_element(out, "title", &title);
    text_addf(out, "<style>%s</style></head>\n<body><main><h1>Exports of ", html_style);
    html_add(out, text_string(&words));
    text_clear(&words);
    text_add(out, "</h1>\n");
    page_add_span(page, &words);
    text_add(&words, ", times in ");
    page_add_zone(page, &words);
    html_add_element(out, "p", &words);
    text_free(&title);
    text_free(&words);
}

static void html_add_verdict(struct page *page, struct text *out)
{
    struct text words = {0};

    text_addf(out, "<p class=\"verdict%s\"><strong>", page_sum(page).open > 0 ? " open" : "");
    page_add_verdict(page, &words);
    html_add(out, text_string(&words));
    text_clear(&words);
    text_add(out, "</strong> ");
    page_add_details(page, &words);
    html_add(out, text_string(&words));
    text_add(out, "</p>\n");
    text_free(&words);
}

/* What could not be judged, and when nothing ticked. */
static void html_add_limits(struct page *page, struct text *out)
{
    struct page_lines limits = {0};
    struct page_lines gaps = {0};

    page_add_limits(page, &limits);
    html_add_lines(out, "What could not be judged", &limits, "Nothing: all of it could.");
    page_add_gaps(page, &gaps);
    html_add_lines(out, "When nothing ticked", &gaps, "No gap of three minutes or more is known.");
    page_lines_free(&limits);
    page_lines_free(&gaps);
}

/* ---- Integrations ---- */

static void html_add_day(const struct page_day *day, struct text *out)
{
    const struct html_mark *mark = &html_marks[day->mark];

    text_addf(out, "<td class=\"%s\"><span aria-hidden=\"true\">%s</span><span class=\"hidden\">",
              mark->class, mark->sign);
    if (day->slots > 0)
        text_addf(out, "%d of %d exported, ", day->exported, day->slots);
    text_addf(out, "%s</span></td>", mark->words);
}

/* A row of days below their dates; a month has one. */
static void html_add_days(const struct page_integration *integration, size_t first,
                          struct text *out)
{
    size_t end =
        first + PAGE_ROW_DAYS < integration->days ? first + PAGE_ROW_DAYS : integration->days;

    text_add(out, "<tr>");
    for (size_t i = first; i < end; i++) {
        struct civil civil = civil_from_day(integration->first_day + (int64_t)i);

        text_addf(out, "<th scope=\"col\">%d<span class=\"hidden\"> %s</span></th>", civil.day,
                  civil_month_names[civil.month - 1]);
    }
    text_add(out, "</tr>\n<tr>");
    for (size_t i = first; i < end; i++)
        html_add_day(&integration->strip[i], out);
    text_add(out, "</tr>\n");
}

static void html_add_integration(struct page *page, size_t n, struct text *out)
{
    const struct page_integration *integration = &page->integrations[n];
    struct page_lines schedules = {0};
    struct text words = {0};

    page_add_integration(page, n, &words);
    text_add(out, "<section>");
    html_add_element(out, "h3", &words);
    page_add_schedules(page, n, &schedules);
    for (size_t i = 0; i < schedules.count; i++)
        html_add_element(out, "p", &schedules.list[i]);
    text_add(out, "\n<table class=\"days\">");
    for (size_t i = 0; i < integration->days; i += PAGE_ROW_DAYS)
        html_add_days(integration, i, out);
    text_add(out, "</table>\n");
    page_add_totals(integration, &words);
    html_add_element(out, "p", &words);
    text_add(out, "</section>\n");
    page_lines_free(&schedules);
    text_free(&words);
}

static void html_add_integrations(struct page *page, struct text *out)
{
    text_add(out, "<h2>Each integration</h2>\n");
    for (size_t i = 0; i < page->count; i++)
        html_add_integration(page, i, out);
    text_add(out, "<p class=\"legend\"><small>A day has the mark of its worst slot:");
    for (size_t i = PAGE_GOOD; i < PAGE_MARKS; i++)
        text_addf(out, " <span class=\"%s\">%s</span> %s%s", html_marks[i].class,
                  html_marks[i].sign, html_marks[i].words, i + 1 < PAGE_MARKS ? "," : "");
    text_add(out, "</small></p>\n");
}

/* ---- Causes and acts ---- */

/* A column of a table: its heading, and how wide it is. */
struct html_column {
    const char *heading;
    const char *width;
};

/* Begins a section with a table; false: there is nothing to put into it, and it says so. */
static bool html_begin_table(struct text *out, const char *heading, size_t rows,
                             const struct html_column *columns)
{
    text_addf(out, "<h2>%s</h2>\n", heading);
    if (rows == 0) {
        text_add(out, "<p>Nothing.</p>\n");
        return false;
    }
    text_add(out, "<table><thead><tr>");
    for (; columns->heading != NULL; columns++)
        text_addf(out, "<th scope=\"col\" class=\"%s\">%s</th>", columns->width, columns->heading);
    text_add(out, "</tr></thead><tbody>\n");
    return true;
}

static void html_end_table(struct text *out, int64_t left_out, const char *of_what)
{
    text_add(out, "</tbody></table>\n");
    if (left_out > 0)
        text_addf(out, "<p>%" PRId64 " more %s: the CSV has all.</p>\n", left_out, of_what);
}

static void html_add_cause(struct page *page, const struct page_cause *cause, struct text *out)
{
    struct text words = {0};

    text_addf(out, "<tr><td>%" PRId64 "</td>", cause->count);
    page_add_integration(page, cause->integration, &words);
    html_add_element(out, "td", &words);
    page_add_outcome(cause, &words);
    html_add_element(out, "td", &words);
    page_add_times(page, cause->integration, cause->first, cause->last, &words);
    html_add_element(out, "td", &words);
    page_add_reason(cause, &words);
    html_add_element(out, "td", &words);
    page_add_end(cause, &words);
    html_add_element(out, "td", &words);
    text_add(out, "</tr>\n");
    text_free(&words);
}

static void html_add_causes(struct page *page, struct text *out)
{
    static const struct html_column columns[] = {
        {"Slots", "number"},  {"Integration", "long"},
        {"Outcome", "short"}, {"When", "short"},
        {"Why", ""},          {"What became of it", "middle"},
        {NULL, NULL},
    };

    if (!html_begin_table(out, "What did not simply succeed", page->cause_count, columns))
        return;
    for (size_t i = 0; i < page->cause_count; i++)
        html_add_cause(page, &page->causes[i], out);
    html_end_table(out, page->causes_left_out, "slots for other causes");
}

static void html_add_act(struct page *page, const struct page_act *act, struct text *out)
{
    struct text words = {0};

    text_add(out, "<tr>");
    page_add_name(&words, act->who != NULL ? act->who : "-");
    html_add_element(out, "td", &words);
    page_add_deed(act, &words);
    html_add_element(out, "td", &words);
    page_add_integration(page, act->integration, &words);
    html_add_element(out, "td", &words);
    page_add_times(page, act->integration, act->first, act->last, &words);
    html_add_element(out, "td", &words);
    page_add_hour(page, act->integration, act->at_ms, &words);
    html_add_element(out, "td", &words);
    page_add_name(&words, act->note != NULL ? act->note : "");
    html_add_element(out, "td", &words);
    text_add(out, "</tr>\n");
    text_free(&words);
}

static void html_add_acts(struct page *page, struct text *out)
{
    static const struct html_column columns[] = {
        {"Who", "short"},   {"What", "short"}, {"Integration", "long"},
        {"Slots", "short"}, {"When", "short"}, {"Note", ""},
        {NULL, NULL},
    };

    if (!html_begin_table(out, "What people did by hand", page->act_count, columns))
        return;
    for (size_t i = 0; i < page->act_count; i++)
        html_add_act(page, &page->acts[i], out);
    html_end_table(out, page->acts_left_out, "runs");
}

/* ---- The whole ---- */

static void html_add_foot(struct page *page, struct text *out)
{
    const struct zone *zone = when_zone(&page->when, page->timezone);
    char made[INSTANT_TEXT_SIZE];

    zone_format_local(zone, instant_divide_down(page->when.now_us, INSTANT_US_PER_MINUTE), made);
    text_addf(out, "</main><footer>Made on %s", made);
    text_add(out,
             " by syncsched " SYNCSCHED_VERSION " from sync_run_log, by the schedules that were "
             "in force at each slot.");
    if (page->month > 0) {
        text_addf(out,
                  " The same facts, then, as CSV: <code>syncsched report%s%s --month %04d-%02d "
                  "--csv</code>, with the SHA-256 <code>%s</code>.",
                  page->org_id != NULL ? " --org " : "", page->org_id != NULL ? page->org_id : "",
                  page->year, page->month, page->sha256);
    }
    text_add(out, "</footer></body></html>\n");
}

void page_add_html(struct page *page, struct text *out)
{
    html_add_head(page, out);
    html_add_verdict(page, out);
    html_add_limits(page, out);
    html_add_integrations(page, out);
    html_add_causes(page, out);
    html_add_acts(page, out);
    html_add_foot(page, out);
}
