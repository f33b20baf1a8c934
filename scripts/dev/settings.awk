# What scripts/dev/settings makes of lib/command/settings.txt, whose head describes the table. "emit" chooses: header,
# source, or document, which copies a second file and writes its marked parts anew.

function split_first(text, separator) { # into left and right
    left = text; right = ""
    if (match(text, separator)) {
        left = substr(text, 1, RSTART - 1)
        right = substr(text, RSTART + RLENGTH)
    }
}

function milliseconds(text) {
    return substr(text, 1, length(text) - 1) * unit_ms[substr(text, length(text))]
}

function refuse(message) {
    print FILENAME ", line " FNR ": " message >"/dev/stderr"
    failed = 1
    exit 1
}

# ---- Reading the table ----

BEGIN {
    unit_ms["s"] = 1000; unit_ms["m"] = 60000; unit_ms["h"] = 3600000; unit_ms["d"] = 86400000
    split("switch duration number moment since word name text choice", words)
    for (i in words) is_type[words[i]] = 1
    commands = settings = sections = 0
}

NR != FNR { line_of[++lines] = $0; next }
/^#/ || NF == 0 { next }
$1 == "command" {
    command_name[++commands] = $2
    operands[commands] = $3
    command_id[$2] = commands
    place = "command"
    next
}
$1 == "section" {
    section = substr($0, 9)
    if (!(section in is_section)) section_name[++sections] = section
    is_section[section] = 1
    next
}
/^[^ ]/ {
    n = ++settings
    place = "setting"
    in_section[n] = section
    i = 2
    if (sub(/^--/, "", $1)) {
        option[n] = $1
        argument[n] = $2 == "-" ? "" : $2
        variable[n] = "SYNCSCHED_" toupper($1)
        gsub(/-/, "_", variable[n])
        i = 3
    } else {
        variable[n] = $1
    }
    id[n] = variable[n]
    sub(/^SYNCSCHED_/, "", id[n])
    type[n] = $(i++)
    if (!(type[n] in is_type)) refuse("there is no type " type[n])
    if (type[n] == "choice") choices[n] = $(i++)
    if (type[n] == "number" || type[n] == "duration") { least[n] = $(i++); most[n] = $(i++) }
    for (; i <= NF; i++) {
        split_first($i, "=")
        if (left == "default") fallback[n] = right
        else if (left == "complete") complete[n] = right
        else if (left == "once" || left == "environment") obeyed[n] = left
        else if (left == "private" || left == "secret") secrecy[n] = left
        else refuse("there is no attribute " left)
    }
    next
}
place == "command" { sub(/^ +/, ""); summary[commands] = $0; next }
{
    sub(/^ +/, "")
    split_first($0, ": ")
    if (left == "help") help[n, 0] = right
    else if (left == "else") otherwise[n] = right
    else if (left == "example") example[n] = right
    else {
        is_needed = sub(/ needed$/, "", left)
        count = split(left, words, ",")
        for (i = 1; i <= (left == "every" ? commands : count); i++) {
            c = left == "every" ? i : command_id[words[i]]
            if (!c) refuse("there is no command " words[i])
            help[n, c] = right
            needed[n, c] = is_needed
            taken_by_all[n] = left == "every"
        }
    }
}

# ---- Words for people ----

# What the help says behind the text, in brackets.
function facts(n, c,    text) {
    if (needed[n, c]) text = ", needed"
    if (most[n] != "") text = text ", " least[n] " to " most[n]
    if (fallback[n] != "") text = text ", default " fallback[n]
    if (otherwise[n] != "" && !needed[n, c]) text = text ", default: " otherwise[n]
    return text == "" ? "" : " (" substr(text, 3) ")"
}

function help_for(n, c) { return help[n, c] facts(n, c) }

# The help of whichever command has it first.
function any_help(n,    c) {
    for (c = 0; c <= commands; c++)
        if ((n, c) in help)
            return help[n, c] (type[n] == "switch" ? " (1 or 0, default 0)" : facts(n, 0))
    return ""
}

# The value in the sample configuration.
function sample(n) {
    return example[n] != "" ? example[n] : type[n] == "switch" ? "1" : fallback[n]
}

function value_word(n) { # as the manual calls it
    return argument[n] == "D" ? "duration" : argument[n] == "N" ? "number" : tolower(argument[n])
}

# What a shell offers as the value of an option: file, command, zone, or "words" and the words.
function offers(n,    text, i) {
    if (complete[n] ~ /^(file|command|zone)$/) return complete[n]
    text = complete[n]
    if (type[n] == "choice") { text = choices[n]; gsub(/\|/, " ", text) }
    if (type[n] == "number" && most[n] <= 10)
        for (i = least[n]; i <= most[n]; i++) text = text (text == "" ? "" : " ") i
    return "words" (text == "" ? "" : " " text)
}

# ---- C ----

function c_text(text) {
    if (text == "") return "NULL"
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function c_name(text) { text = toupper(text); gsub(/-/, "_", text); return text }

function c_limit(n, text) {
    if (text == "") return "0"
    return sprintf("INT64_C(%.0f)", type[n] == "duration" ? milliseconds(text) : text)
}

function emit_header(    n, c) {
    print "/* Written by scripts/dev/settings: change lib/command/settings.txt instead. */"
    print "#ifndef SYNCSCHED_SETTING_NAMES_H\n#define SYNCSCHED_SETTING_NAMES_H\n\n#include <stdint.h>\n"
    print "enum command_name {"
    for (c = 1; c <= commands; c++) print "    COMMAND_" c_name(command_name[c]) ","
    print "    COMMANDS\n};\n\nenum setting_name {"
    for (n = 1; n <= settings; n++) print "    SETTING_" c_name(id[n]) ","
    print "    SETTINGS\n};\n"
    for (n = 1; n <= settings; n++)
        if (most[n] != "")
            printf "#define SETTING_%s_LEAST %s\n#define SETTING_%s_MOST %s\n", c_name(id[n]), c_limit(n, least[n]),
                c_name(id[n]), c_limit(n, most[n])
    print "\n#endif"
}

function emit_source(    n, c, bits) {
    print "/* Written by scripts/dev/settings: change lib/command/settings.txt instead. */"
    print "#include \"command/setting.h\"\n\n#include <stddef.h>\n"
    print "const struct command_text command_texts[COMMANDS] = {"
    for (c = 1; c <= commands; c++)
        printf "    {%s, %s, %s},\n", c_text(command_name[c]), c_text(operands[c]), c_text(summary[c])
    print "};\n\nconst struct setting settings[SETTINGS] = {"
    for (n = 1; n <= settings; n++) {
        printf "    {.option = %s, .argument = %s, .variable = %s,\n", c_text(option[n]), c_text(argument[n]),
            c_text(variable[n])
        printf "     .type = SETTING_TYPE_%s, .obeyed = SETTING_%s, .secrecy = SETTING_%s,\n", toupper(type[n]),
            obeyed[n] == "once" ? "ONCE" : obeyed[n] == "environment" ? "ENVIRONMENT" : "ANYWHERE",
            secrecy[n] == "" ? "OPEN" : toupper(secrecy[n])
        printf "     .least = %s, .most = %s, .limits = %s,\n", c_limit(n, least[n]), c_limit(n, most[n]),
            most[n] == "" ? c_text(choices[n]) : c_text(least[n] " to " most[n])
        printf "     .fallback = %s, .example = %s", c_text(fallback[n]), c_text(sample(n))
        bits = 0
        for (c = 1; c <= commands; c++) {
            if (!(option[n] != "" && (n, c) in help)) continue
            printf ",\n     .help[COMMAND_%s] = %s", c_name(command_name[c]), c_text(help_for(n, c))
            if (needed[n, c]) bits += 2 ^ (c - 1)
        }
        printf ", .needed_by = %d},\n", bits
    }
    print "};"
}

# ---- Documents ----

function emit_synopsis(    c, n, text) {
    for (c = 1; c <= commands; c++) {
        print ".Nm\n.Cm " command_name[c]
        for (n = 1; n <= settings; n++) {
            if (!((n, c) in help) || option[n] ~ /^(help|version)$/) continue
            text = "Fl -" option[n] (argument[n] == "" ? "" : " Ar " value_word(n))
            print (needed[n, c] ? "." : ".Op ") text
        }
        if (operands[c] == "EXPRESSION...|-") print ".Ar expression ... | Fl"
        if (operands[c] == "[RUN]") print ".Op Ar run"
        if (operands[c] == "RUN...") print ".Ar run ..."
    }
    print ".Nm\n.Fl -help | Fl -version"
}

function emit_facts(n,    text) {
    if (most[n] != "")
        printf "At least\n.Ql %s ,\nat most\n.Ql %s%s\n", least[n], most[n], fallback[n] == "" ? " ." : " ;"
    if (fallback[n] != "")
        printf "%s\n.Ql %s .\n", most[n] == "" ? "The default is" : "the default is", fallback[n]
}

# Its settings with a line for each.
function emit_list(wanted,    n) {
    for (n = 1; n <= settings; n++)
        if (in_section[n] == wanted && obeyed[n] == "" && any_help(n) != "")
            print ".It Ev " variable[n] "\n" any_help(n)
}

function emit_environment(    n) {
    for (n = 1; n <= settings; n++)
        if (option[n] == "" && (n, 0) in help) print ".It Ev " variable[n] "\n" any_help(n)
}

function emit_sample(    s, n, text) {
    for (s = 1; s <= sections; s++) {
        print (s > 1 ? "\n" : "") "# ---- " section_name[s] " ----"
        for (n = 1; n <= settings; n++) {
            if (in_section[n] != section_name[s] || obeyed[n] != "" || any_help(n) sample(n) == "") continue
            text = any_help(n)
            if (text != "") print "\n# " toupper(substr(text, 1, 1)) substr(text, 2) "."
            print "#" variable[n] "=" sample(n)
        }
    }
}

function emit_bash_options(    c, n, text) {
    for (c = 1; c <= commands; c++) {
        text = ""
        for (n = 1; n <= settings; n++) if ((n, c) in help) text = text " --" option[n]
        printf "    %s) echo \"%s\" ;;\n", command_name[c], substr(text, 2)
    }
    text = ""
    for (c = 1; c <= commands; c++) text = text command_name[c] " "
    printf "    \047\047) echo \"%s--help --version\" ;;\n", text
}

function emit_bash_values(    n, k, offer, count, kinds) {
    for (n = 1; n <= settings; n++) {
        if (argument[n] == "") continue
        offer = offers(n)
        if (!(offer in kinds)) order[++count] = offer
        kinds[offer] = kinds[offer] (kinds[offer] == "" ? "" : " | ") "--" option[n]
    }
    for (k = 1; k <= count; k++) printf "    %s) echo \047%s\047 ;;\n", kinds[order[k]], order[k]
}

function zsh_spec(n, c,    offer, action) {
    if (argument[n] == "") return sprintf("\047--%s[%s]\047", option[n], help_for(n, c))
    offer = offers(n)
    action = offer == "file" ? "_files" : offer == "command" ? "_command_names -e" : \
        offer == "zone" ? "_syncsched_zones" : offer == "words" ? "" : "(" substr(offer, 7) ")"
    return sprintf("\047--%s=[%s]:%s:%s\047", option[n], help_for(n, c), argument[n], action)
}

function emit_zsh_names(    c, n) {
    print "    names=("
    for (c = 1; c <= commands; c++) printf "        \047%s:%s\047\n", command_name[c], summary[c]
    print "    )\n    common=("
    for (n = 1; n <= settings; n++) if (taken_by_all[n]) print "        " zsh_spec(n, 1)
    print "    )"
}

function emit_zsh_options(    c, n) {
    for (c = 1; c <= commands; c++) {
        print "    " command_name[c] ")\n        options=("
        for (n = 1; n <= settings; n++)
            if ((n, c) in help && !taken_by_all[n]) print "            " zsh_spec(n, c)
        if (operands[c] != "") print "            \047*: :()\047"
        print "        )\n        ;;"
    }
}

function emit_part(what, about,    n) {
    if (what == "synopsis") emit_synopsis()
    else if (what == "list") emit_list(about)
    else if (what == "environment") emit_environment()
    else if (what == "sample") emit_sample()
    else if (what == "bash-options") emit_bash_options()
    else if (what == "bash-values") emit_bash_values()
    else if (what == "zsh-names") emit_zsh_names()
    else if (what == "zsh-options") emit_zsh_options()
    else if (what == "facts") { for (n = 1; n <= settings; n++) if (about == (option[n] != "" ? option[n] : tolower(variable[n]))) emit_facts(n) }
    else { print "there is no part " what >"/dev/stderr"; failed = 1 }
}

# A part begins below a comment "settings: WHAT [ABOUT]" and ends above "settings: end".
function emit_document(    l, text, is_inside) {
    for (l = 1; l <= lines; l++) {
        text = line_of[l]
        if (text ~ /^ *(#|\.\\") settings: end$/) is_inside = 0
        if (!is_inside) print text
        if (text ~ /^ *(#|\.\\") settings: / && text !~ / end$/) {
            is_inside = 1
            sub(/^.* settings: /, "", text)
            split_first(text, " ")
            emit_part(left, right)
        }
    }
}

END {
    if (failed) exit 1
    if (emit == "header") emit_header()
    else if (emit == "source") emit_source()
    else emit_document()
    exit failed
}
