# shellcheck shell=bash
# bash completion for syncsched(1). Source it, or put it where bash-completion looks, as
# /usr/share/bash-completion/completions/syncsched; it needs nothing of that package.

# The options of a command, or what there is before one.
_syncsched_options() { # COMMAND
    case $1 in
    # settings: bash-options
    run) echo "--at --catch-up --budget --timeout --cold-start-after --warm-up --concurrency --max-calls --max-calls-xledger --max-calls-dynamics --max-calls-bufdir --max-attempts --retry-unknown --retry-failed --now --again --after-restore --trigger-name --on-failure --on-failure-format --from --to --org --integration --dry-run --db-role --config --log-format --help --version" ;;
    due) echo "--at --org --integration --db-role --config --log-format --help --version" ;;
    next) echo "--org --integration --hours --width --json --db-role --config --log-format --help --version" ;;
    audit) echo "--from --to --org --integration --ledger --width --json --db-role --config --log-format --help --version" ;;
    log) echo "--since --from --to --org --integration --status --code --http --slower-than --host --csv --width --json --db-role --config --log-format --help --version" ;;
    stats) echo "--since --org --integration --by --csv --width --json --db-role --config --log-format --help --version" ;;
    report) echo "--since --month --org --integration --csv --html --text --db-role --config --log-format --help --version" ;;
    changes) echo "--from --to --org --integration --width --json --db-role --config --log-format --help --version" ;;
    status) echo "--budget --concurrency --max-calls --max-calls-xledger --max-calls-dynamics --max-calls-bufdir --org --integration --all --runs --width --json --db-role --config --log-format --help --version" ;;
    health) echo "--org --integration --probe --width --json --db-role --config --log-format --help --version" ;;
    metrics) echo "--db-role --config --log-format --help --version" ;;
    check-cron) echo "--timezone --from --count --json --config --log-format --help --version" ;;
    resolve) echo "--done --not-done --ask --note --records --replace --json --db-role --config --log-format --help --version" ;;
    prune) echo "--older-than --dry-run --json --db-role --config --log-format --help --version" ;;
    warm) echo "--cold-start-after --ahead --db-role --config --log-format --help --version" ;;
    doctor) echo "--json --db-role --config --log-format --help --version" ;;
    schema) echo "--apply --yes --no-transaction --config --log-format --help --version" ;;
    '') echo "run due next audit log stats report changes status health metrics check-cron resolve prune warm doctor schema --help --version" ;;
    # settings: end
    esac
}

# What there is behind an option: "file", "command", "zone", or "words" and these; nothing if it is not an option with
# a value.
_syncsched_values() { # OPTION
    case $1 in
    # settings: bash-values
    --at | --catch-up | --budget | --timeout | --cold-start-after | --max-calls | --max-calls-xledger | --max-calls-dynamics | --max-calls-bufdir | --trigger-name | --since | --month | --from | --to | --org | --integration | --code | --http | --slower-than | --host | --hours | --runs | --count | --note | --records | --older-than | --ahead | --width) echo 'words' ;;
    --concurrency) echo 'words 1 2 3 4 5' ;;
    --max-attempts) echo 'words 1 2 3 4 5 6 7 8 9 10' ;;
    --after-restore) echo 'words hold ask serve' ;;
    --on-failure) echo 'command' ;;
    --on-failure-format) echo 'words json text' ;;
    --timezone) echo 'zone' ;;
    --status) echo 'words pending running accepted completed failed unknown settled' ;;
    --by) echo 'words integration org type month' ;;
    --html | --config) echo 'file' ;;
    --db-role) echo 'words service_role' ;;
    --log-format) echo 'words text json' ;;
    # settings: end
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
    local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command='' words values

    [[ $COMP_CWORD -gt 1 ]] && command=${COMP_WORDS[1]}
    # "--option=value" comes as three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $option == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    values=$(_syncsched_values "$option")
    case $values in
    file)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
        return
        ;;
    command)
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
        return
        ;;
    zone)
        mapfile -t COMPREPLY < <(_syncsched_zones "$current")
        return
        ;;
    words*) words=${values#words} ;;
    *)
        # An expression of check-cron is the user's, too, until it turns out to be an option.
        [[ $command == check-cron && $current != -* ]] || words=$(_syncsched_options "$command")
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _syncsched syncsched
