/*
 * A week of probes, simulated: fifty callers at once, each a process with a connection of its own,
 * run the real SQL at made-up times and send real requests, which carry the time in their path. The
 * server that counts them is the judge: its log alone says how far apart they were.
 *
 * Every few minutes all callers come, by turns at one and the same instant and at instants of their
 * own, whatever order that makes. Some die between the claim and the request, some after it, some
 * send late. Meanwhile the system is well, down for two days, asks to be left alone, and recovers.
 */
#include "base/memory.h"
#include "call/http_client.h"
#include "plan/probe.h"
#include "plan/timetable.h"
#include "store/probe.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"
#include "time/clock.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)
#define START  (INT64_C(1714953600) * SECOND) /* Monday, 2024-05-06T00:00:00Z */

enum {
    CALLERS = 50,
    TYPES = 3,
    STEP_S = 24 * 60,
    SPREAD_S = 14 * 60, /* under the pause: no claim follows on one that is being carried out */
    DAY_STEPS = 24 * 3600 / STEP_S,
    STEPS = 7 * DAY_STEPS,
    WAIT_MS = 60000,
    ANSWER_S = 2, /* how long an answer takes, in the made-up time */
};

/* What the system does from which day on. */
static const struct {
    int day;
    const char *rule;
} plan[] = {
    {0, "HEAD status=200"},   {2, "HEAD status=503"},
    {4, "HEAD status=404"},   {5, "HEAD status=429 header=Retry-After:43200"},
    {6, "HEAD action=close"},
};

/* ---- A caller ---- */

struct caller {
    struct database *db;
    unsigned chance; /* rand_r() */
    struct probe_state states[TYPES];
};

static int pick(struct caller *caller, int below)
{
    return rand_r(&caller->chance) % below;
}

/* Sends the request of one claim, and stores what came of it, unless it dies on the way. */
static void send_probe(struct caller *caller, struct probe_state *state, int64_t now_us)
{
    struct probe_answer probe;
    struct error err;
    char url[200];
    bool is_noted;

    if (pick(caller, 20) == 0)
        return;
    if (pick(caller, 10) == 0)
        now_us += pick(caller, PROBE_SEND_S) * SECOND;
    snprintf(url, sizeof url, "%s/%s/%" PRId64, function_url(scene_function()),
             state->integration_type, now_us / SECOND);
    ck_assert(http_client_probe(&(struct http_target){.url = url}, INT64_MAX,
                                clock_now_ms() + WAIT_MS, &probe, &err));
    if (pick(caller, 20) == 0)
        return;
    ck_assert(probe_note(state, &probe, now_us + ANSWER_S * SECOND));
    ck_assert_msg(probe_state_note(caller->db, state, clock_now_ms() + WAIT_MS, &is_noted, &err),
                  "%s", err.message);
}

static void call(struct caller *caller, int64_t now_us)
{
    struct probe_claim claim = {.states = caller->states, .count = TYPES, .now_us = now_us};
    struct error err;

    memset(caller->states, 0, sizeof caller->states);
    for (size_t i = 0; i < TYPES; i++)
        snprintf(caller->states[i].integration_type, sizeof caller->states[i].integration_type,
                 "%s", timetable_type(i));
    ck_assert_msg(probe_state_claim(caller->db, &claim, clock_now_ms() + WAIT_MS, &err), "%s",
                  err.message);
    for (size_t i = 0; i < TYPES; i++)
        if (caller->states[i].is_claimed)
            send_probe(caller, &caller->states[i], claim.now_us);
}

/* Comes with all others, step by step: before and after each they wait for each other. */
_Noreturn static void run_caller(unsigned number, pthread_barrier_t *barrier)
{
    struct caller caller = {.chance = number};
    struct error err;

    caller.db = database_open(&(struct database_address){0}, clock_now_ms() + WAIT_MS, &err);
    if (caller.db == NULL)
        abort();
    for (int step = 0; step < STEPS; step++) {
        int64_t now_us = START + step * STEP_S * SECOND;

        if (step % 2 == 1)
            now_us += pick(&caller, SPREAD_S) * SECOND;
        pthread_barrier_wait(barrier);
        call(&caller, now_us);
        pthread_barrier_wait(barrier);
    }
    _exit(EXIT_SUCCESS);
}

static pthread_barrier_t *make_barrier(void)
{
    pthread_barrier_t *barrier =
        mmap(NULL, sizeof *barrier, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t attributes;

    ck_assert_ptr_ne(barrier, MAP_FAILED);
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ck_assert_int_eq(pthread_barrier_init(barrier, &attributes, CALLERS + 1), 0);
    return barrier;
}

static volatile sig_atomic_t is_week_over;

/* Nobody can go on without all of them. */
static void notice_end(int signal_number)
{
    (void)signal_number;
    if (!is_week_over)
        _exit(EXIT_FAILURE);
}

/* All callers through all steps; between two steps the system changes, as the plan says. */
static void live_through_week(void)
{
    pthread_barrier_t *barrier = make_barrier();
    pid_t callers[CALLERS];
    size_t next = 0;

    signal(SIGCHLD, notice_end);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = fork();
        ck_assert_int_ge(callers[i], 0);
        if (callers[i] == 0) {
            signal(SIGCHLD, SIG_DFL);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            run_caller(i + 1, barrier);
        }
    }
    for (int step = 0; step < STEPS; step++) {
        if (next < sizeof plan / sizeof *plan && step == plan[next].day * DAY_STEPS)
            function_script(scene_function(), plan[next++].rule);
        pthread_barrier_wait(barrier);
        is_week_over = step == STEPS - 1;
        pthread_barrier_wait(barrier);
    }
    signal(SIGCHLD, SIG_DFL);
    for (size_t i = 0; i < CALLERS; i++) {
        int status = -1;

        ck_assert_int_eq(waitpid(callers[i], &status, 0), callers[i]);
        ck_assert_int_eq(status, 0);
    }
}

/* ---- The judge ---- */

enum { DAYS = 7 };

/* What the server saw of one type; seconds are counted from the start of the week. */
struct sighting {
    int64_t count;
    int64_t last_s;
    int64_t least_gap_s;
    int64_t of_days[DAYS + 1]; /* a late one may fall behind the end */
};

static void add_sighting(struct sighting *seen, int64_t at_s)
{
    int64_t gap_s = at_s - seen->last_s;

    if (seen->count > 0) {
        ck_assert_msg(gap_s >= PROBE_PAUSE_S, "two within %" PRId64 " s, at %" PRId64, gap_s, at_s);
        if (seen->count == 1 || gap_s < seen->least_gap_s)
            seen->least_gap_s = gap_s;
    }
    seen->count++;
    seen->of_days[at_s / 86400]++;
    seen->last_s = at_s;
}

/* From the paths of what came, in the order in which it came. */
static struct sighting read_sightings(const json_t *others, const char *type)
{
    struct sighting seen = {0};
    size_t i;
    json_t *other;

    json_array_foreach(others, i, other)
    {
        const char *path = json_string_value(json_object_get(other, "path"));

        if (strncmp(path + 1, type, strlen(type)) == 0)
            add_sighting(&seen, strtoll(strrchr(path, '/') + 1, NULL, 10) - START / SECOND);
    }
    return seen;
}

/*
 * While it is well it is asked nearly as often as may be; while it is down, and where it asked for
 * half a day, so rarely that only the back-off explains it. Loose, since some die by chance.
 */
static void check_days(const struct sighting *seen)
{
    const int64_t *of_days = seen->of_days;

    ck_assert_int_ge(of_days[0], 30);
    ck_assert_int_ge(of_days[1], 30);
    ck_assert_int_le(of_days[2] + of_days[3], 24);
    ck_assert_int_le(of_days[5], 6);
    ck_assert_int_le(of_days[6], 16);
}

/* Covers: never two within 15 minutes, and no fewer than there should be. */
START_TEST(test_week)
{
    int64_t started_ms = clock_now_ms();
    json_t *others;

    live_through_week();
    others = function_others(scene_function());
    printf("a week of %d callers every %d s: %zu probes of %d types, in %.1f s\n", CALLERS, STEP_S,
           json_array_size(others), TYPES, (double)(clock_now_ms() - started_ms) / 1000);
    for (size_t i = 0; i < TYPES; i++) {
        struct sighting seen = read_sightings(others, timetable_type(i));

        printf("  %-8s %4" PRId64 " probes, the nearest two %" PRId64 " s apart; by day",
               timetable_type(i), seen.count, seen.least_gap_s);
        for (size_t day = 0; day < DAYS; day++)
            printf(" %" PRId64, seen.of_days[day]);
        puts("");
        check_days(&seen);
    }
    json_decref(others);
}
END_TEST

SUITE(probe_week)
{
    TCase *week = tcase_create("week");

    tcase_set_timeout(week, 600);
    tcase_add_checked_fixture(week, scene_open, scene_close);
    tcase_add_test(week, test_week);
    suite_add_tcase(suite, week);
}
