/*
 * The protocol of a tick as a model for spin: two ticks, two slots of one integration and one of
 * another, a crash at any step, lost answers, a late answer, a fold, a second attempt.
 * scripts/dev/model checks all of it, and that it fails when any one guard is taken away (the macros
 * NO_... and the like below). README.md says what that proves and what it does not.
 *
 * The same protocol is looked at with more or less of everything, since two of each in the smallest
 * steps at once are many states for a check that one waits for:
 *
 *   all in steps          the statements of a claim one by one, two claims at a time; and all that
 *                         a worker does one by one, one worker at a time;
 *   -DWORKERS=2           the same with two workers at a time: all there is (model --largest);
 *   -DRUNS_AT_ONCE        one worker, which starts a run and calls in one step;
 *   -DCLAIMS_AT_ONCE      two workers at a time; a claim happens at its commit, in one step;
 *   -DREPORTS             besides, the function may answer 202 and report the end itself, in steps,
 *                         any number of times: at once, late, or never.
 *
 * Why a claim may be one step, given its lock: from its snapshot to its commit nobody else can
 * insert a run for its integration, move its mark or turn a failed run into a completed one, as all
 * of these take the lock, which is what the rest of the model checks; an active run may end
 * meanwhile, but that was only a reason to do nothing, and to do nothing is always possible here.
 *
 * Statements of SQL that are transactions of their own (start.sql, finish.sql) are one step: their
 * row lock makes them wait for one another, and what they read is what they locked.
 *
 * Time. Nothing here knows how long anything takes. A reading may be as old as it likes; 30 minutes
 * and 55 seconds may pass, or not, at any moment; so a proof holds however slow a machine is, and
 * whatever its clock says. Liveness needs an end to that: `calm`, the moment from which nothing
 * crashes, nothing is lost, and whoever is alive answers before anybody loses patience.
 */

/* ---- The log: sync_run_log (lib/store/schema.sql) ---- */

/* Each run of integration A that there can be has its place: the key (scheduled_for, attempt). A2
 * covers slot 2, or both slots when it is `wide`: its covers_from is slot 1 then. */
#define A1       0
#define A1_AGAIN 1 /* attempt 2: same scheduled_for and covers_from, same idempotency key */
#define A2       2
#define A2_AGAIN 3
#define RUNS     4

#define NONE          0 /* no such row */
#define PENDING       1
#define RUNNING       2
#define COMPLETED     3
#define NOT_DELIVERED 4 /* failed, and the function surely did not run */
#define UNKNOWN       5 /* failed, and it may have run */
#define ABANDONED     6 /* UNKNOWN by the 30-minute rule, while its worker may still answer */
/* Failed, and it says so: sent again wherever further attempts are allowed, as what was not
 * delivered is; so only a policy that spares UNKNOWN can tell it from that. */
#define REJECTED      (POLICY -> UNKNOWN : 7)

byte status[RUNS];
byte owner[RUNS]; /* the column `worker`: a token, or one of these */
bit wide;
bit covered_b; /* of B's run only this: its life would be like A's, and touches none of A's */

#define NOBODY   0
#define ACCEPTED 6 /* with accepted_at: no worker has to do with the run any more */
#define DEAD     7 /* the token of a worker that is gone: nobody will ever compare it with its own */

/* sync_schedule_state: the mark, as the number of the last slot accounted for. */
byte mark_a;
bit mark_b;

/* pg_advisory_xact_lock, one an integration. */
bit locked_a;
bit locked_b;
/* A claim's row lock on the active run of A that it is ending (abandon.sql, adopt.sql). */
bit row_locked;

/* ---- The world ---- */

bit handed[RUNS]; /* some tick alive has this run on its list of runs to dispatch */
byte flying[RUNS]; /* whose start of it is under way to the server, its client gone or impatient */

/* Ghosts: what really happened, whatever the log says. */
bit called[RUNS]; /* the function may have been called for this run */

/* What a function that answers 202 knows of its own work. */
#ifdef REPORTS
byte work[2]; /* only for A1 and A1_AGAIN: another slot has nothing new to tell */
#define WORKING     1
#define DONE        2
#define IN_VAIN     3
#define accepts     (job <= A1_AGAIN && work[job] != 0)
#define is_untrue(run) (status[run] == COMPLETED && (work[run] == WORKING || work[run] == IN_VAIN))
#else
#define accepts        false
#define is_untrue(run) false
#endif

/* Broken promises. All are watched, or with -DPROMISE=n only that one. */
#ifndef PROMISE
#define broken(n, condition) (condition)
#else
#define broken(n, condition) (PROMISE == n && (condition))
#endif
bit slot_covered_twice;          /* 1: but by attempts of one run */
bit slot_lost;                   /* 2: passed by the mark, and no run covers it */
bit two_runs_active;             /* 3: of one integration */
bit called_twice;                /* 4: for one attempt */
bit unknown_resent;              /* 5: what may have run already, unasked */
bit log_is_wrong;                /* 6: not_delivered, and yet it was called */
bit retried_after_success;       /* 7: another attempt at what the log calls completed */
bit older_after_newer;           /* 8: another attempt once a newer slot is completed, unasked */
bit success_reported_as_failure; /* 9: it was heard, and nobody has tried again */
bit inserted_twice;              /* 10: two rows of one slot and attempt */
bit completed_untruly;           /* 11: the function that works on it has not said so */

/* Whether the policy of retries sends again what may have run already. */
#ifndef POLICY
#define POLICY 1
#endif

#ifdef LIVENESS
bool calm;
#else
#define calm false
#endif

/* PostgreSQL lets nobody who merely tries a lock overtake those who wait for it. Only liveness
 * needs that, and only where claims hold the lock from one step to the next. */
#if defined(LIVENESS) && defined(RUNS_AT_ONCE)
bit is_queued_for;
#define queue(is_there) is_queued_for = is_there
#else
#define is_queued_for false
#define queue(is_there) skip
#endif

/* ---- What the log says ---- */

#define is_active(run) (status[run] == PENDING || status[run] == RUNNING)
#define is_crashed(run) (status[run] == RUNNING && owner[run] == DEAD)
/* What only the 30-minute rule may end: the function that has accepted it may have died, too. */
#define is_dead(run)   (is_crashed(run) || status[run] == RUNNING && owner[run] == ACCEPTED)
#define count_a(is)    (is(A1) + is(A1_AGAIN) + is(A2) + is(A2_AGAIN))
#define is_running(run) (status[run] == RUNNING)

/* claim.sql and mark.sql, is_covered: scheduled_for >= slot AND covers_from <= slot. */
#define covered_1 (status[A1] != NONE || (status[A2] != NONE && wide))
#define covered_2 (status[A2] != NONE)

/* A second attempt (retry.sql): after what was surely not delivered or was rejected, and after the
 * rest if the policy says so; once a newer slot is completed, by hand only. By hand (`run --at
 * --retry-failed`) one asks for all of it, so that is looked at where the policy does, too. */
#ifdef UNKNOWN_RESENT_UNASKED
#define may_resend(run) (status[run] >= NOT_DELIVERED)
#else
#define may_resend(run) \
    (status[run] == NOT_DELIVERED || status[run] == REJECTED || \
     (status[run] > NOT_DELIVERED && POLICY))
#endif
#define newer_completed (status[A2] == COMPLETED || status[A2_AGAIN] == COMPLETED)
#ifdef RETRY_PASSES_NEWER
#define may_pass_newer true
#else
#define may_pass_newer manual
#endif
#define may_retry    (POLICY || !manual)
#define may_retry_1 \
    (may_retry && may_resend(A1) && status[A1_AGAIN] == NONE && \
     (!newer_completed || may_pass_newer))
#define may_retry_2 (may_retry && may_resend(A2) && status[A2_AGAIN] == NONE)

/* ---- The promises: checked after every change of the log ---- */

inline check()
{
    d_step {
        slot_covered_twice = broken(1, status[A1] != NONE && status[A2] != NONE && wide);
        assert(!slot_covered_twice);
        two_runs_active = broken(3, count_a(is_active) > 1);
        assert(!two_runs_active);
        /* What the mark has passed is never looked at again. */
        slot_lost = broken(2, (mark_a >= 1 && !covered_1) || (mark_a >= 2 && !covered_2) ||
            (mark_b && !covered_b));
        assert(!slot_lost);
        retried_after_success = broken(7, (status[A1] == COMPLETED && status[A1_AGAIN] != NONE) ||
            (status[A2] == COMPLETED && status[A2_AGAIN] != NONE));
        assert(!retried_after_success);
        log_is_wrong = broken(6, (status[A1] == NOT_DELIVERED && called[A1]) ||
            (status[A1_AGAIN] == NOT_DELIVERED && called[A1_AGAIN]) ||
            (status[A2] == NOT_DELIVERED && called[A2]) ||
            (status[A2_AGAIN] == NOT_DELIVERED && called[A2_AGAIN]));
        assert(!log_is_wrong);
        completed_untruly = broken(11, is_untrue(A1) || is_untrue(A1_AGAIN));
        assert(!completed_untruly)
    }
}

/* ---- A tick up to its dispatch (lib/tick/tick.c, lib/store/claim.c) ---- */

#ifdef CLAIMS_AT_ONCE
#ifndef WORKERS
#define WORKERS 2
#endif
#define TICKS 1 /* its claim being one step, the next tick is as good as another one */
#define NEXT_STATEMENT ;
#define LAST_STATEMENT ; commit:
#define WITHOUT_B 1 /* a worker has one run at a time, whosever it is */
#else
#ifndef WORKERS
#define WORKERS 1
#endif
#define TICKS 2
#define NEXT_STATEMENT } atomic {
#define LAST_STATEMENT } commit: atomic {
#ifndef WITHOUT_B
#define WITHOUT_B 0
#endif
#endif

/* What a run no longer pending forgets: whoever still holds it will find nothing to update. */
inline leave_pending(run_)
{
#ifdef NO_PENDING_GUARD
    skip
#else
    handed[run_] = 0;
    flying[run_] = NOBODY
#endif
}

/* abandon.sql, and adopt.sql for what nobody wants any more. A run whose worker is dead may as well
 * be UNKNOWN: nobody will come late. */
inline end_run(run_)
{
    if
#ifndef NO_ABANDONMENT
    :: is_dead(run_) -> status[run_] = UNKNOWN; owner[run_] = NOBODY
    :: status[run_] == RUNNING && owner[run_] != DEAD && owner[run_] != ACCEPTED ->
        status[run_] = ABANDONED;
        printf("tick %d: abandons run %d\n", _pid, run_)
#endif
    :: status[run_] == PENDING && !manual -> status[run_] = NOT_DELIVERED; leave_pending(run_)
    :: else
    fi
}

inline end_active_a()
{
    end_run(A1); end_run(A1_AGAIN); end_run(A2); end_run(A2_AGAIN)
}

/* INSERT ... ON CONFLICT DO NOTHING of claim.sql, one run. */
inline insert_pending(run_)
{
    if
#ifdef NO_SLOT_KEY
    :: status[run_] != NONE -> inserted_twice = broken(10, true); assert(!inserted_twice)
#else
    :: status[run_] != NONE
#endif
#ifndef NO_ACTIVE_KEY
    :: status[run_] == NONE && count_a(is_active) > 0
#endif
    :: else ->
        status[run_] = PENDING;
        inserted = run_ + 1;
        printf("tick %d: inserts run %d\n", _pid, run_);
        older_after_newer = broken(8, !manual && run_ == A1_AGAIN && newer_completed);
        assert(!older_after_newer)
    fi
}

/* adopt.sql: a run that is pending for 55 seconds, which is no proof that nobody has it. */
inline adopt(run_)
{
    if
#ifndef NO_ADOPTION
    :: status[run_] == PENDING && !handed[run_] -> handed[run_] = 1
    :: !calm || status[run_] != PENDING || handed[run_]
#else
    :: true
#endif
    fi
}

/* lock.sql: one try an integration. To fail, or not to be concerned, is possible at any time (a
 * stranger may have locked the state row: open.sql), but not when all is calm. */
inline take_locks()
{
    if
#ifdef NO_LOCK
    :: wants & 1 -> held = 1
#else
    :: (wants & 1) && !locked_a && !(calm && is_queued_for) -> locked_a = 1; held = 1
#endif
    :: !calm || !(wants & 1) || locked_a || (calm && is_queued_for)
    fi;
    if
#ifdef NO_LOCK
    :: wants & 2 -> held = held + 2
#else
    :: (wants & 2) && !locked_b -> locked_b = 1; held = held + 2
#endif
    :: !calm || !(wants & 2) || locked_b
    fi;
    wants = 0
}

/* read.sql and lib/plan/due.c: which slots of A to look at, (mark, now] as they were at any time
 * in the past; or by hand (`run --at`) any one slot that is past. Bit 1: slot 1, bit 2: slot 2. No
 * clock is needed: what a tick can do before slot 2 is due it can also do later, on an old reading;
 * and once all is calm it is due. */
inline look()
{
    if
    :: calm -> looked = (3 << mark_a) & 3
    :: !calm -> looked = 1
    :: !calm -> looked = 3
    :: !calm && mark_a >= 1 -> looked = 2
    :: !calm -> looked = 1; manual = 1
    :: !calm -> looked = 2; manual = 1
    fi
}

#ifdef NO_COVERAGE_CHECK
#define is_uncovered_1 true
#define is_uncovered_2 true
#else
#define is_uncovered_1 (!covered_1)
#define is_uncovered_2 (!covered_2)
#endif
#ifdef NO_ACTIVE_CHECK
#define is_free_a true
#else
#define is_free_a (ends_a || count_a(is_active) == 0)
#endif

#define NOTHING 0 /* else the run to insert, plus 1; or: */
#define FOLD    6 /* A2, both slots in one */

#define owes_1 ((looked & 1) && is_uncovered_1 && !gives_up_1)
#define owes_2 ((looked & 2) && is_uncovered_2)

/* The snapshots of retry.sql and claim.sql: what they are going to insert. Both are younger than
 * the lock, so between them nothing can happen to A but that its active run ends; and what
 * retry.sql inserts is an active run to claim.sql. So one look, at which either may have its turn,
 * leads to all that two can lead to. */
inline choose()
{
    look();
    /* Statements a and b stand before it: the run that they end is not active, and stays locked.
     * They pass over what somebody else has locked. */
    if
    :: calm -> ends_a = count_a(is_dead) > 0
    :: !calm && !row_locked && (count_a(is_running) || (count_a(is_active) && !manual)) ->
        ends_a = 1
    :: !calm
    fi;
    if :: ends_a -> row_locked = 1 :: else fi;
    /* Slot 1 may be older than the catch-up time by the time that slot 2 is due. */
    if
    :: looked == 3 && is_uncovered_1 -> gives_up_1 = 1
    :: true
    fi;
    if
    :: !is_free_a
    :: is_free_a && may_retry_1 -> serves = A1_AGAIN + 1
    :: is_free_a && may_retry_2 -> serves = A2_AGAIN + 1
    :: is_free_a && owes_1 -> serves = (owes_2 -> FOLD : A1 + 1)
    :: is_free_a && !owes_1 && owes_2 -> serves = A2 + 1
    /* A further attempt may have to wait for its pause, or not be wanted. */
    :: is_free_a && !owes_1 && !owes_2
    fi;
    printf("tick %d: looks at %d, serves %d, gives up %d, ends %d\n", _pid, looked, serves,
        gives_up_1, ends_a);
    /* What was looked at is only needed for the mark now: forgotten where that will not move. It is
     * ours to move as long as the lock is held, and nobody moves it back. */
    if
    :: manual || mark_a >= (looked & 2 -> 2 : 1) -> looked = 0
    :: else
    fi
}

/* The rest of the claim at its commit: statements a to e as everybody else comes to see them. */
inline write()
{
    if
    :: ends_a -> end_active_a()
    /* Without the advisory lock, too: statements a and b do not need it. */
    :: !ends_a && !(held & 1) && !row_locked && (!calm || count_a(is_dead)) -> end_active_a()
    :: !ends_a && ((held & 1) || row_locked || !(calm && count_a(is_dead)))
    fi;
    if
    :: gives_up_1 && status[A1] == NONE -> status[A1] = NOT_DELIVERED /* MISSED */
#ifdef NO_SLOT_KEY
    :: gives_up_1 && status[A1] != NONE ->
        inserted_twice = broken(10, true);
        assert(!inserted_twice)
#endif
    :: else
    fi;
    printf("tick %d: writes its claim\n", _pid);
    if
    :: serves == NOTHING
    :: serves == FOLD -> insert_pending(A2); if :: inserted -> wide = 1 :: else fi
    :: else -> insert_pending(serves - 1)
    fi;
    if
    :: inserted -> handed[inserted - 1] = is_heard
    :: else
    fi;
    if
    :: (held & 2) && !manual -> covered_b = 1; mark_b = 1
    :: else
    fi;
    move_marks()
}

/* mark.sql: one before the first slot looked at that is still uncovered, else the end of what was
 * looked at; forward only, and only from at or below the mark as it is now. */
inline move_marks()
{
    target = (looked & 2 -> 2 : 1);
#ifndef MARK_PASSES_UNCOVERED
    if
    :: (looked & 1) && !covered_1 -> target = 0
    :: !((looked & 1) && !covered_1) && (looked & 2) && !covered_2 -> target = 1
    :: else
    fi;
#endif
    if
    :: (held & 1) && !manual && mark_a >= (looked == 2) && mark_a < target -> mark_a = target
    :: else
    fi
}

/* What a claim gets hold of once its COMMIT is heard of, besides what it has inserted. */
inline dispatch()
{
    if
    :: !manual -> adopt(A1); adopt(A1_AGAIN); adopt(A2); adopt(A2_AGAIN)
    :: else
    fi
}

inline release()
{
    if :: (held & 1) -> locked_a = 0 :: else fi;
    if :: (held & 2) -> locked_b = 0 :: else fi;
    if :: ends_a -> row_locked = 0 :: else fi;
    held = 0; looked = 0; manual = 0; ends_a = 0; gives_up_1 = 0; serves = NOTHING;
    target = 0; inserted = 0; is_heard = 0
}


active [TICKS] proctype tick()
{
    byte held;   /* integrations whose lock is ours: bit 1 is A, bit 2 is B */
    byte looked; /* slots of A */
    bit manual;
    bit ends_a;
    bit gives_up_1;
    byte serves;
    /* Within one step only. */
    byte wants, target, inserted;
    bit is_heard;

next_tick:
    atomic {
        if
        /* Once B's slot is covered, to hold its lock changes nothing and is in nobody's way. */
        :: !calm -> wants = (mark_b || WITHOUT_B -> 1 : 3)
        :: calm ->
            wants = (mark_a < 2 || may_retry_1 || may_retry_2) +
                (mark_b || WITHOUT_B -> 0 : 2)
        fi;
#ifdef LOCK_AND_CHECK_IN_ONE_STATEMENT
        /* The snapshot of a statement is older than anything that the statement does. */
        held = 3;
        choose();
    NEXT_STATEMENT
        wants = 3;
        held = 0;
        take_locks();
        if
        :: held & 1
        :: else ->
            if :: ends_a -> row_locked = 0 :: else fi;
            looked = 0; ends_a = 0; gives_up_1 = 0; serves = NOTHING
        fi
#else
        take_locks();
        /* Without a lock a claim has only its statements a and b to commit, and nothing yet that it
         * could remember or that others could see: it may as well have begun just now. */
        if
        :: !held -> goto commit
        :: else
        fi
    NEXT_STATEMENT
        if
        :: held & 1 -> choose()
        :: else
        fi
#endif
    LAST_STATEMENT
        /* The COMMIT is carried out and heard of; carried out, its answer lost or the tick dead; or
         * the server rolls back, since something broke at any statement: what stood so far was
         * seen by nobody, so it does not matter when. */
        if
        :: is_heard = 1; write(); dispatch(); check()
        :: !calm -> write(); check()
        :: !calm
        fi;
        printf("tick %d: ends its claim, marks %d and %d\n", _pid, mark_a, mark_b);
        release();
        goto next_tick
    }
}

/* ---- A worker (lib/tick/worker.c, lib/store/run_log.c) ---- */

#define me (_pid - TICKS + 1)

/* What finish.sql asks for, and what start.sql's answer tells. */
#define is_mine (status[job] == RUNNING && owner[job] == me)
#ifdef NO_TOKEN_AT_START
#define is_started_by_me (status[job] == RUNNING)
#else
#define is_started_by_me is_mine
#endif
#ifdef NO_TOKEN_AT_FINISH
#define may_finish (status[job] == RUNNING)
#else
#define may_finish is_mine
#endif
#define is_late (status[job] == ABANDONED && owner[job] == me)
/* Its row is locked by a claim: whoever wants to update it waits for that to end. */
#define must_wait(run) (row_locked && is_active(run))

#define again(run) ((run) == A1 -> status[A1_AGAIN] : ((run) == A2 -> status[A2_AGAIN] : NONE))
#ifdef ANY_OTHER_ATTEMPT
#define another_attempt(run) ((run) == A1_AGAIN || (run) == A2_AGAIN || again(run) != NONE)
#else
#define another_attempt(run) (again(run) != NONE)
#endif

inline unlock()
{
#ifdef NO_LATE_LOCK
    skip
#else
    locked_a = 0
#endif
}

/* start.sql. */
inline set_running()
{
    status[job] = RUNNING;
    owner[job] = me;
    leave_pending(job);
    printf("worker %d: run %d is running\n", me, job);
    check()
}

/* finish.sql, in vain when the run is not ours any more. */
inline finish(outcome)
{
    if
    :: may_finish ->
        status[job] = outcome;
        owner[job] = NOBODY;
        printf("worker %d: run %d is finished as %d\n", me, job, outcome);
        check()
    :: else
    fi
}

/* accept.sql: 202, in vain when the run is not ours any more, or its end is reported already. */
inline accept()
{
    if
#ifdef ACCEPTED_IS_DONE
    :: may_finish -> finish(COMPLETED)
#else
    :: may_finish ->
        owner[job] = ACCEPTED;
        printf("worker %d: run %d is accepted\n", me, job)
#endif
#ifdef ACCEPTED_LATE_IS_DONE
    :: is_late -> goto late
#endif
    :: else
    fi
}

/* Nobody speaks with this worker's token from now on. */
inline disown()
{
    if
    :: is_mine -> owner[job] = DEAD
    :: is_late -> status[job] = UNKNOWN; owner[job] = NOBODY
    :: status[job] == PENDING && flying[job] == me -> flying[job] = DEAD
    :: else
    fi
}

/* A crash; a parent that is alive hands what is pending to somebody else. */
inline crash()
{
    printf("worker %d: crashes over run %d\n", me, job);
    disown();
    if
    :: status[job] == PENDING -> handed[job] = 1
    :: true
    fi
}

active [WORKERS] proctype worker()
{
    byte job;

next_run:
    atomic {
        if
        :: handed[A1] && !must_wait(A1) -> job = A1
        :: handed[A1_AGAIN] && !must_wait(A1_AGAIN) -> job = A1_AGAIN
        :: handed[A2] && !must_wait(A2) -> job = A2
        :: handed[A2_AGAIN] && !must_wait(A2_AGAIN) -> job = A2_AGAIN
        fi;
        handed[job] = 0;
        if
        :: goto start
        :: !calm -> goto leave /* out of budget, told to stop, without a database, or dead */
#ifndef RUNS_AT_ONCE
        /* Started, but the answer to the COMMIT is lost; or the start is still on its way. */
        :: !calm && status[job] == PENDING -> set_running(); goto unclear
        :: !calm && status[job] == PENDING && flying[job] == NOBODY ->
            flying[job] = me;
            printf("worker %d: its start of run %d is under way\n", me, job);
            goto unclear
#endif
        fi;
start:
        if
#ifdef NO_PENDING_GUARD
        :: true -> set_running()
#else
        :: status[job] == PENDING -> set_running()
        :: is_started_by_me
        :: else -> goto leave
#endif
        fi
#ifdef RUNS_AT_ONCE
        ;
#else
    }
call:
    atomic {
        !must_wait(job);
#endif
        if
        :: /* The POST is sent: the function may run. */
            called_twice = broken(4, called[job]);
            assert(!called_twice);
            called[job] = 1;
            unknown_resent = broken(5, !POLICY &&
                ((job == A1_AGAIN && called[A1] && status[A1] != REJECTED) ||
                 (job == A2_AGAIN && called[A2] && status[A2] != REJECTED)));
            assert(!unknown_resent);
            printf("worker %d: calls for run %d\n", me, job);
#ifdef REPORTS
            if :: job == A1 || job == A1_AGAIN -> work[job] = WORKING :: true fi
#endif
        :: finish(NOT_DELIVERED); goto leave /* past the deadline, or nobody to connect to */
        :: !calm -> crash(); goto leave
        fi
    }
wait:
    atomic {
        !must_wait(job);
        if
        :: !accepts && may_finish -> finish(COMPLETED); goto leave
        :: !accepts && !may_finish -> queue(1); goto late
        :: accepts -> accept(); goto leave
        :: finish(UNKNOWN); goto leave
        :: !POLICY && !accepts -> finish(REJECTED); goto leave
        :: !calm -> crash(); goto leave
        fi
    }

    /* A success after the run was given up: the lock (late_lock.sql), in a statement of its own; a
     * look, whose snapshot is younger, and the record (late.sql). */
late:
    atomic {
#ifdef LATE_ANSWER_DROPPED
        goto noted;
#endif
        if
        :: !is_late -> goto noted
#ifdef NO_LATE_LOCK
        :: is_late
#else
        :: is_late && !locked_a -> locked_a = 1; queue(0)
#endif
        :: is_late && !calm -> crash(); goto leave
        fi;
#ifndef NO_LATE_ANSWER_RULE
        if
        :: another_attempt(job) -> unlock(); goto noted
        :: else
        fi
#endif
    }
    atomic {
        if
        :: is_late ->
            status[job] = COMPLETED;
            owner[job] = NOBODY;
            printf("worker %d: run %d completed late\n", me, job);
            check()
        :: !calm -> crash()
        fi;
        unlock();
        goto leave
noted:
        success_reported_as_failure = broken(9, status[job] != COMPLETED && again(job) == NONE);
        assert(!success_reported_as_failure);
        goto leave
    }

#ifndef RUNS_AT_ONCE
unclear:
    atomic {
        !must_wait(job);
        if
        :: goto start                            /* asks again: the token tells */
        :: finish(NOT_DELIVERED); goto leave     /* takes it back: it surely was not called */
        :: !calm -> crash(); goto leave
        fi
    }
#endif
leave:
    atomic {
        queue(0);
        disown();
        job = 0;
        goto next_run
    }
}

/* ---- The function, where it accepts: sync_run_report() of lib/store/schema.sql ---- */

#ifdef REPORTS
/* Whoever reports may do so again, but not for ever. */
#define may_report(run) (calm -> work[run] == WORKING : work[run] != 0)

active proctype function()
{
    byte job;
    bit is_outdated;

next_report:
    atomic {
        if
        :: may_report(A1) -> job = A1
        :: may_report(A1_AGAIN) -> job = A1_AGAIN
        fi;
        if
        :: work[job] == WORKING -> work[job] = DONE
        :: work[job] == WORKING -> work[job] = IN_VAIN
        :: else
        fi;
        /* It may die before it reports. */
        if
        :: true
        :: job = 0; goto next_report
        fi
    }
    /* The lock, in a statement of its own; a look, whose snapshot is younger. */
    atomic {
#ifndef NO_REPORT_LOCK
        !locked_a;
        locked_a = 1;
#endif
#ifndef NO_REPORT_RULE
        is_outdated = another_attempt(job)
#endif
    }
    atomic {
        !must_wait(job);
        if
        :: status[job] == RUNNING ->
            status[job] = (work[job] == DONE -> COMPLETED : REJECTED);
            owner[job] = NOBODY;
            printf("function: reports the end of run %d as %d\n", job, status[job])
#ifndef REPORT_LATE_DROPPED
        :: (status[job] == UNKNOWN || status[job] == ABANDONED) && work[job] == DONE &&
            !is_outdated ->
            status[job] = COMPLETED;
            owner[job] = NOBODY;
            printf("function: reports run %d completed, late\n", job)
#endif
        :: else
        fi;
        check();
        success_reported_as_failure = broken(9, work[job] == DONE && status[job] != COMPLETED &&
            again(job) == NONE);
        assert(!success_reported_as_failure);
#ifndef NO_REPORT_LOCK
        locked_a = 0;
#endif
        job = 0;
        is_outdated = 0;
        goto next_report
    }
}
#endif

/* ---- Everything else that happens by itself ---- */

inline befall(run_)
{
    if
    /* A start arrives at the server, or never does, whether or not anybody waits for it. */
    :: flying[run_] && !must_wait(run_) ->
        status[run_] = RUNNING;
        owner[run_] = flying[run_];
        leave_pending(run_);
        check()
    :: flying[run_] -> flying[run_] = NOBODY
    /* The parent of a dead worker has its run settled (worker_settle): WORKER_CRASHED. */
    :: !calm && is_crashed(run_) && !must_wait(run_) ->
        status[run_] = UNKNOWN;
        owner[run_] = NOBODY;
        check()
    fi
}

active proctype world()
{
end:
    do
    :: atomic { befall(A1) }
    :: atomic { befall(A1_AGAIN) }
    :: atomic { befall(A2) }
    :: atomic { befall(A2_AGAIN) }
#ifdef LIVENESS
    :: !calm -> calm = true
#endif
    od
}

/* ---- Nothing is lost, nothing is stuck ---- */

#ifdef LIVENESS
#define is_settled (mark_a == 2 && (mark_b || WITHOUT_B) && count_a(is_active) == 0)

ltl settles { [] (calm -> <> [] is_settled) }
#endif
