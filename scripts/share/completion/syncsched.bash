# shellcheck shell=bash
# bash completion for syncsched(1). Source it, or put it where bash-completion looks, as
# /usr/share/bash-completion/completions/syncsched; it needs nothing of that package.

# The options of a command, or what there is before one.
_syncsched_options() { # COMMAND
    local common='--config --log-format --help --version' database='--db-role'

    case $1 in
    run) echo "--at --catch-up --budget --timeout --cold-start-after --warm-up --concurrency --max-attempts" \
        "--retry-unknown --retry-failed --trigger-name --on-failure --dry-run $database $common" ;;
    due) echo "--at $database $common" ;;
    next) echo "--org --integration --hours --json $database $common" ;;
    audit) echo "--from --to --org --integration --json $database $common" ;;
    status) echo "--org --integration --runs --json $database $common" ;;
    health) echo "--org --integration --probe --json $database $common" ;;
    check-cron) echo "--timezone --from --count --json $common" ;;
    prune) echo "--older-than --dry-run --json $database $common" ;;
    warm) echo "--ahead $database $common" ;;
    doctor) echo "--json $database $common" ;;
    schema) echo "--from $common" ;;
    '') echo 'run due next audit status health check-cron prune warm doctor schema --help --version' ;;
    esac
}

# The names in the system's list of time zones that it has data for.
_syncsched_zones() { # PREFIX
    local directory=${TZDIR:-/usr/share/zoneinfo} kind first second zone

    while read -r kind first second _; do
        case $kind in
        Z) zone=$first ;;
        L) zone=$second ;;
        *) continue ;;
        esac
        if [[ $zone == "$1"* && $zone != Factory && -e $directory/$zone ]]; then echo "$zone"; fi
    done 2>/dev/null <"$directory/tzdata.zi"
}

_syncsched() {
    local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command='' words=''

    [[ $COMP_CWORD -gt 1 ]] && command=${COMP_WORDS[1]}
    # "--option=value" comes as three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $option == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $option in
    --config)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
        return
        ;;
    --on-failure)
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
        return
        ;;
    --timezone)
        mapfile -t COMPREPLY < <(_syncsched_zones "$current")
        return
        ;;
    --concurrency) words='1 2 3 4 5' ;;
    --max-attempts) words='1 2 3 4 5 6 7 8 9 10' ;;
    --log-format) words='text json' ;;
    --db-role) words=service_role ;;
    # Times, durations, numbers, names and ids are the user's.
    --ahead | --at | --budget | --catch-up | --cold-start-after | --count | --from | --hours | --integration | \
        --older-than | --org | --runs | --timeout | --to | --trigger-name) ;;
    *)
        # An expression of check-cron is the user's, too, until it turns out to be an option.
        [[ $command == check-cron && $current != -* ]] || words=$(_syncsched_options "$command")
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _syncsched syncsched
