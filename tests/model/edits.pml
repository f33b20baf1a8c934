/*
 * What happens around the ticks, as a model for spin: a schedule is edited, one of two hosts cannot
 * read its time zone, and the database is restored to a backup. scripts/dev/model checks it, and
 * that it fails when any one guard is taken away (the macros). README.md says what that proves. With
 * AGAIN a person sends a slot again (run --again), and with SURVIVOR a worker lives through the
 * restore; then nobody edits anything, so that the search stays small.
 *
 * tick.pml proves that a claim may be one step, and what becomes of a run. So here a claim is one
 * step, and so is a call; what is between them is when each happens: readings of any age, a claim
 * that is not made, a run that is left to others, an edit or a restore at any moment.
 *
 * Minutes are 1 to LAST, and the window of a tick is the minute that it is. A window of two minutes
 * would be two ticks.
 */

#define LAST 3

#if defined(AGAIN) || defined(SURVIVOR)
#define NO_EDITS
#endif

/* Texts of the schedule: which minutes are its slots. */
#define EMPTY 0 /* disabled, or not readable */
#define EVERY 1
#define SECOND 2
#define names(text, m) ((text) == EVERY || (text) == SECOND && (m) == 2)

/* ---- The database ---- */

byte row;           /* organization_integrations: the text */
byte state;         /* sync_schedule_state: the text as last seen, */
byte mark;          /* and the minute up to which the log accounts for it */
byte force[4];      /* sync_schedule_journal: bit by bit, the texts in force in each minute */
byte log_[4];       /* sync_run_log: what became of each minute */
byte made_in;       /* the epoch in which what is pending was made */
bit is_known = 1;   /* sync_database_state has this identity, */
byte restored_at;   /* with this restored_at; 0: NULL */

#define NONE      0
#define PENDING   1
#define CALLED    2
#define CANCELLED 3
#define RESTORED  4

byte again;         /* the minute that a person sends again, by a run that is pending; 0: none */
byte again_made_in;

/* The same in the backup. */
bit is_saved;
byte saved_again, saved_again_made_in;
byte saved_row, saved_state, saved_mark, saved_force[4], saved_log[4], saved_made_in;

/* ---- The world ---- */

byte now;
byte epoch;       /* how often the database was restored: a connection does not outlive that */
bit is_edited;
byte edited_at;

/* Ghosts. */
byte served[4];   /* how often the function was called for each minute, whatever the log says */
bit asked[4];     /* a person has asked for it again */
bit owed[4];      /* the text of the row named it when it came */

bit served_twice;       /* 1 */
bit slot_lost;          /* 2: the mark has passed it, and the log says nothing */
bit audit_is_fooled;    /* 3: or would not, if its row was removed: the journal does not name it */
bit cancelled_unasked;  /* 4: nobody has edited anything */
bit false_alarm;        /* 5: the journal names it, and the log says nothing */
bit log_is_wrong;       /* 6: cancelled, and yet it was called for */
bit two_runs_active;    /* 7 */

#define is_pending (log_[1] == PENDING || log_[2] == PENDING || log_[3] == PENDING)

#define bit_of(text) (1 << (text))
#define journal_names(m) \
    ((force[m] & bit_of(EVERY)) || ((force[m] & bit_of(SECOND)) && (m) == 2))

inline check()
{
    i = 1;
    do
    :: i <= LAST ->
        served_twice = served_twice || served[i] > 1 + asked[i];
        slot_lost = slot_lost || i <= mark && owed[i] && log_[i] == NONE;
        audit_is_fooled = audit_is_fooled || i <= mark && owed[i] && !journal_names(i);
        false_alarm = false_alarm || i <= mark && journal_names(i) && log_[i] == NONE;
        log_is_wrong = log_is_wrong || log_[i] == CANCELLED && served[i];
        cancelled_unasked = cancelled_unasked || !is_edited && log_[i] == CANCELLED;
        i++
    :: else -> break
    od;
    i = 0;
    two_runs_active = again && is_pending;
    assert(!two_runs_active);
    assert(!served_twice);
    assert(!slot_lost);
    assert(!audit_is_fooled);
    assert(!false_alarm);
    assert(!log_is_wrong);
    assert(!cancelled_unasked)
}

/* ---- A tick ---- */

#define EVERYTHING 15

/* Up to where slots are held (due_held_to() of lib/plan/due.c). */
#ifdef NO_HOLD
#define held_now 0
#elif defined(HOLD_IN_FIRST_TICK_ALONE)
#define held_now (is_known -> 0 : EVERYTHING)
#else
#define held_now (is_known -> restored_at : EVERYTHING)
#endif

/* due_cancel() of lib/plan/due.c: what the old text still owed up to now, where the new one does
 * not serve it in the window. One that cannot be read may have named every minute. */
inline cancel()
{
    i = r_mark + 1;
    do
    :: i <= r_now ->
        if
#ifdef EDIT_FORGETS_WINDOW
        :: i < r_now && (r_blind || names(r_state, i)) && log_[i] == NONE ->
#else
        :: (i < r_now || !names(text, i)) && (r_blind || names(r_state, i)) && log_[i] == NONE ->
#endif
#ifdef EDIT_CANCELS_WHAT_IS_HELD
            log_[i] = CANCELLED
#else
            log_[i] = (i <= r_held -> RESTORED : CANCELLED)
#endif
        :: else
        fi;
        i++
    :: else -> break
    od
}

/* due_look_at() and claim.sql: what is held, each by itself; the rest as one run, if none is active. */
inline serve()
{
    is_free = !is_pending && !again;
    i = from + 1;
    do
    :: i <= r_now ->
        if
        :: names(text, i) && log_[i] == NONE && i <= r_held -> log_[i] = RESTORED
        :: names(text, i) && log_[i] == NONE && i > r_held && is_free ->
            log_[i] = PENDING;
            made_in = epoch
        :: else
        fi;
        i++
    :: else -> break
    od
}

/* mark.sql. */
inline move_mark()
{
    i = from + 1;
    do
    :: i <= r_now && !(names(text, i) && log_[i] == NONE) -> i++
    :: else -> break
    od;
    if
    :: text != state -> mark = i - 1
    :: text == state && mark >= from && mark < i - 1 -> mark = i - 1
    :: else
    fi
}

/* journal.sql: the old text up to now, the new one behind the minute that is looked from. */
inline write_journal()
{
    i = 1;
    do
    :: i <= LAST ->
#ifdef JOURNAL_OF_NOW
        force[i] = bit_of(text);
#elif defined(JOURNAL_ENDS_BEFORE_WINDOW)
        if :: i > from -> force[i] = bit_of(text) :: else fi;
#else
        if
        :: i > r_now -> force[i] = bit_of(text)
        :: i > from && i <= r_now -> force[i] = force[i] | bit_of(text)
        :: else
        fi;
#endif
        i++
    :: else -> break
    od
}

/* A new text has no past: what it named before a tick could see it is nobody's loss. */
inline forgive()
{
    i = edited_at + 1;
    do
    :: is_edited && i < r_now -> owed[i] = 0; i++
    :: else -> break
    od
}

/* open.sql: row and state are still those that were read, or another tick has done this edit. */
#ifdef NO_TEXT_CHECK
#define is_as_read true
#else
#define is_as_read (row == r_row && (state == r_state || state == r_row))
#endif
/* due_decide(): a host that cannot read the zone has seen no edit; and what is empty is left so. */
#ifdef BLIND_HOST_EDITS
#define has_seen_none false
#else
#define has_seen_none (r_row == r_state)
#endif
#define leaves_alone (r_blind && (r_state == EMPTY || has_seen_none))

active [2] proctype tick()
{
    byte r_row, r_state, r_mark, r_now, r_held, r_epoch;
    bit r_blind;
    /* Within one step only. */
    byte i, from, text;
    bit is_free;

reading:
    atomic {
        now > 0;
        r_row = row; r_state = state; r_mark = mark; r_now = now; r_epoch = epoch;
        r_held = held_now;
        /* The heartbeat keeps the identity, if it comes through. */
        if
        :: !is_known -> is_known = 1; restored_at = now
        :: true
        fi;
#ifndef NO_EDITS
        if :: r_blind = 0 :: r_blind = 1 fi
#endif
    }
    atomic {
        if
        :: r_epoch == epoch && is_as_read && !leaves_alone ->
            printf("tick %d: text %d, state %d, mark %d, minute %d, held %d, blind %d\n", _pid,
                r_row, r_state, r_mark, r_now, r_held, r_blind);
            d_step {
                text = (r_blind -> EMPTY : r_row);
                from = r_mark;
                if
                :: text != r_state ->
                    from = r_now - 1;
                    if
                    :: r_state != EMPTY -> cancel()
                    :: else
                    fi;
                    if :: r_row != r_state -> forgive() :: else fi
                :: else
                fi;
                serve();
                if
                :: text != state -> write_journal()
                :: else
                fi;
                move_mark();
                state = text;
                check()
            }
        :: true /* the lock is busy, the tick dies, or the server rolls back */
        fi;
        r_row = 0; r_state = 0; r_mark = 0; r_now = 0; r_held = 0; r_epoch = 0; r_blind = 0;
        i = 0; from = 0; text = 0; is_free = 0;
        goto reading
    }
}

/* ---- A run that is pending: called, or closed because a restored database had it ---- */

active proctype worker()
{
    byte i;
    bit is_called;

end:
    do
    :: atomic {
        is_pending ->
        d_step {
#ifdef ADOPT_RESTORED
            is_called = 1;
#else
            is_called = made_in == epoch;
#endif
            printf("worker: calls %d\n", is_called);
            i = 1;
            do
            :: i <= LAST ->
                if
                :: log_[i] == PENDING && is_called -> log_[i] = CALLED; served[i]++
                :: log_[i] == PENDING && !is_called -> log_[i] = RESTORED
                :: else
                fi;
                i++
            :: else -> break
            od;
            check();
            is_called = 0
        }
    }
    :: d_step {
        again ->
#ifdef ADOPT_RESTORED
        served[again]++;
#else
        served[again] = served[again] + (again_made_in == epoch -> 1 : 0);
#endif
        printf("worker: calls again for %d\n", again);
        again = 0;
        again_made_in = 0;
        check()
    }
    od
}

/* ---- A worker that was handed a run, and lives through a restore on a new connection ---- */

#ifdef SURVIVOR
active proctype survivor()
{
    byte hand[4]; /* the minutes of the run; 0: it has none */
    byte hand_made_in;
    bit has_run, is_there;
    byte i;

end:
    do
    :: d_step {
        !has_run && is_pending && made_in == epoch ->
        has_run = 1;
        hand_made_in = made_in;
        i = 1;
        do
        :: i <= LAST -> hand[i] = (log_[i] == PENDING -> 1 : 0); i++
        :: else -> break
        od;
        i = 0
    }
    :: d_step {
        has_run ->
        is_there = made_in == hand_made_in;
#ifndef START_RESTORED
        is_there = is_there && made_in == epoch; /* start.sql */
#endif
        i = 1;
        do
        :: i <= LAST -> is_there = is_there && (!hand[i] || log_[i] == PENDING); i++
        :: else -> break
        od;
        i = 1;
        do
        :: i <= LAST ->
            if
            :: is_there && hand[i] -> log_[i] = CALLED; served[i]++
            :: else
            fi;
            hand[i] = 0;
            i++
        :: else -> break
        od;
        printf("survivor: calls %d\n", is_there);
        check();
        has_run = 0; hand_made_in = 0; is_there = 0
    }
    od
}
#endif

/* ---- A person ---- */

#ifdef AGAIN
active proctype person()
{
    byte m, i;

end:
    do
    :: d_step {
        !again && (log_[1] == CALLED && !asked[1] || log_[2] == CALLED && !asked[2]) &&
#ifdef AGAIN_BESIDE_ACTIVE
        true ->
#else
        !is_pending -> /* by_hand_attempt.sql */
#endif
        m = (log_[1] == CALLED && !asked[1] -> 1 : 2);
        asked[m] = 1;
        again = m;
        again_made_in = epoch;
        printf("person: again %d\n", m);
        m = 0;
        check()
    }
    od
}
#endif

/* ---- Everything else ---- */

inline copy(to_row, from_row, to_state, from_state, to_mark, from_mark, to_made, from_made)
{
    to_row = from_row; to_state = from_state; to_mark = from_mark; to_made = from_made
}

active proctype world()
{
    byte i;

    d_step {
        row = EVERY;
        i = 1;
        do
        :: i <= LAST -> force[i] = bit_of(row); i++
        :: else -> break
        od;
        state = row
    }
end:
    do
    :: atomic { now < LAST -> now++; owed[now] = names(row, now) }
    :: atomic {
#ifdef NO_EDITS
        false ->
#else
        !is_edited ->
#endif
        is_edited = 1;
        edited_at = now;
        if :: row = SECOND :: row = EMPTY fi;
        printf("world: an edit to %d, minute %d\n", row, now)
    }
    :: d_step {
        !is_saved && epoch == 0 ->
        is_saved = 1;
        saved_again = again; saved_again_made_in = again_made_in;
        copy(saved_row, row, saved_state, state, saved_mark, mark, saved_made_in, made_in);
        i = 1;
        do
        :: i <= LAST -> saved_force[i] = force[i]; saved_log[i] = log_[i]; i++
        :: else -> break
        od;
        i = 0
    }
    :: d_step {
        is_saved && now > 0 ->
        printf("world: a restore, minute %d\n", now);
        is_saved = 0;
        epoch++;
        is_known = 0;
        restored_at = 0;
        /* An edit that is lost may be made again, and what was owed by it is owed no more. */
        if
        :: row != saved_row -> is_edited = 0
        :: else
        fi;
        again = saved_again; again_made_in = saved_again_made_in;
        saved_again = 0; saved_again_made_in = 0;
        copy(row, saved_row, state, saved_state, mark, saved_mark, made_in, saved_made_in);
        i = 1;
        do
        :: i <= LAST ->
            force[i] = saved_force[i];
            log_[i] = saved_log[i];
            saved_force[i] = 0;
            saved_log[i] = 0;
            if
            :: i <= now && i > mark && !is_edited -> owed[i] = names(row, i)
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0;
        saved_row = 0; saved_state = 0; saved_mark = 0; saved_made_in = 0
    }
    od
}
