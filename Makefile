# syncsched: one Makefile for the whole tree. "make help" lists the targets.
# CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS, PREFIX and DESTDIR are the user's; WERROR=1 makes warnings
# errors; V=1 shows whole commands.

VERSION := 0.1.0

CC      ?= cc
CFLAGS  ?= -O2 -g
BUILD   ?= build
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/syncsched
UNITDIR ?= $(PREFIX)/lib/systemd/system
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR  ?= $(PREFIX)/share/zsh/site-functions
PKG_CONFIG ?= pkg-config
INSTALL ?= install
ZIC     ?= /usr/sbin/zic
DOCUMENTS := $(sort $(wildcard *.md)) LICENSE
DIST_FILES := $(DOCUMENTS) Makefile main.c doc lib man scripts tests .ci .github .clang-format .editorconfig \
	.gitattributes .gitignore

# What is built from what.
LIB_SOURCES  := $(sort $(wildcard lib/*/*.c))
SQL_FILES    := lib/store/schema.sql $(sort $(wildcard lib/store/sql/*.sql))
SERVER_SOURCES  := $(wildcard $(addprefix tests/support/,function_server*.c function_script*.c server_*.c))
SUPPORT_SOURCES := $(filter-out $(SERVER_SOURCES) tests/support/coverage_exit.c,$(wildcard tests/support/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

LIB_OBJECTS     := $(call objects,$(LIB_SOURCES)) $(BUILD)/obj/gen/sql.o $(BUILD)/obj/gen/setting_table.o
LIBRARY         := $(BUILD)/libsyncsched.a
SERVER_OBJECTS  := $(call objects,$(SERVER_SOURCES))
SUPPORT_OBJECTS := $(call objects,$(SUPPORT_SOURCES))
SUITE_OBJECT    := $(BUILD)/obj/tests/support/suite.o
UNIT_OBJECTS    := $(call objects,$(wildcard tests/unit/*.c))
INTEGRATION_OBJECTS := $(call objects,$(wildcard tests/integration/*.c))
FAULT_OBJECTS   := $(call objects,$(wildcard tests/fault/*.c))
JUDGE_OBJECTS   := $(call objects,$(wildcard tests/judge/*.c))
TRIGGERS_OBJECTS := $(call objects,$(wildcard tests/triggers/*.c))
BENCH_ALONE     := empty bare cost calls rows
BENCH_OBJECTS   := $(call objects,$(filter-out $(BENCH_ALONE:%=tests/bench/%.c),$(wildcard tests/bench/*.c)))
FUZZ_OBJECTS    := $(call objects,$(filter-out tests/fuzz/libfuzzer.c,$(wildcard tests/fuzz/*.c)))
FUZZED_OBJECTS  := $(call objects,$(wildcard lib/base/*.c lib/time/*.c lib/cron/*.c) lib/call/classify.c lib/call/response.c lib/plan/outcome.c lib/plan/retry_after.c)
FUZZ_TARGETS    := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TESTS           := $(addprefix $(BUILD)/tests/,unit judge integration fault triggers function_server)

# Flags. The user's own come last, so that they win.
INSTRUMENT :=
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wvla -Wcast-qual -Wwrite-strings \
	-Wstrict-prototypes -Wmissing-prototypes $(if $(WERROR),-Werror)
HARDENING := -fstack-protector-strong -fPIE
ifdef SANITIZE
INSTRUMENT += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifdef COVERAGE
# Workers end with _exit(), which would lose their counters: tests/support/coverage_exit.c writes them first.
INSTRUMENT += --coverage -fprofile-update=prefer-atomic
COVERAGE_OBJECT := $(BUILD)/obj/tests/support/coverage_exit.o
COVERAGE_LINK := -Wl,--wrap=_exit
endif
ifeq ($(INSTRUMENT),)
ifneq ($(filter-out -O0,$(filter -O%,$(CFLAGS))),)
HARDENING += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
endif

PACKAGES := libpq libcurl libssl libcrypto jansson
ifeq ($(filter clean help dist deb check-package check-readme check-container format uninstall model,$(or $(MAKECMDGOALS),all)),)
# Pipelines came with libpq 14, a last look before sending with libcurl 7.80; the server may be older.
ifneq ($(shell $(PKG_CONFIG) --exists $(PACKAGES) 'libpq >= 14' 'libcurl >= 7.80' && echo found),found)
$(error $(PACKAGES) (libpq 14, libcurl 7.80 or later) not found by $(PKG_CONFIG): run scripts/install-dependencies)
endif
endif
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
PACKAGE_LIBS   := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null) -pthread
CHECK_LIBS      = $(shell $(PKG_CONFIG) --libs check)

# _GNU_SOURCE: for ppoll(), which POSIX has had since 2024 only.
DEFINES := -std=c11 -D_GNU_SOURCE -DSYNCSCHED_VERSION='"$(VERSION)"' -Ilib
COMPILE = $(CC) $(DEFINES) $(ROOM_FLAGS) $(PACKAGE_CFLAGS) $(WARNINGS) $(HARDENING) $(INSTRUMENT) -MMD -MP \
	$(CPPFLAGS) $(CFLAGS)
LINK    = $(CC) $(HARDENING) $(INSTRUMENT) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(COVERAGE_LINK) $(CFLAGS) $(LDFLAGS)
LIBS    = $(PACKAGE_LIBS) $(LDLIBS)
is_silent := $(findstring s,$(firstword -$(MAKEFLAGS)))
say     = @$(if $(V),set -x;,$(if $(is_silent),,printf '%-4s %s\n' $(1) $@;))

all: $(BUILD)/syncsched

tests: $(TESTS) ## build the tests, run none

$(BUILD)/syncsched: $(BUILD)/obj/main.o $(COVERAGE_OBJECT) $(LIBRARY)
	$(call say,LINK)$(LINK) -o $@ $^ $(LIBS)

$(LIBRARY): $(LIB_OBJECTS)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

$(BUILD)/tests/unit: $(UNIT_OBJECTS) $(FUZZ_OBJECTS) $(SUITE_OBJECT) $(BUILD)/obj/tests/support/answer_table.o $(COVERAGE_OBJECT) $(LIBRARY)
$(BUILD)/tests/integration: $(INTEGRATION_OBJECTS) $(SUPPORT_OBJECTS) $(COVERAGE_OBJECT) $(LIBRARY)
$(BUILD)/tests/fault: $(FAULT_OBJECTS) $(SUPPORT_OBJECTS) $(COVERAGE_OBJECT) $(LIBRARY)
$(BUILD)/tests/triggers: $(TRIGGERS_OBJECTS) $(SUPPORT_OBJECTS) $(COVERAGE_OBJECT) $(LIBRARY)
$(BUILD)/tests/judge: $(JUDGE_OBJECTS) $(SUITE_OBJECT) $(BUILD)/obj/tests/support/program.o $(COVERAGE_OBJECT) $(LIBRARY)
$(BUILD)/tests/bench: $(BENCH_OBJECTS) $(SUPPORT_OBJECTS) $(COVERAGE_OBJECT) $(LIBRARY)
$(addprefix $(BUILD)/tests/,unit integration fault triggers judge bench):
	@mkdir -p $(@D)
	$(call say,LINK)$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIBS)
$(BUILD)/tests/function_server: $(SERVER_OBJECTS) $(COVERAGE_OBJECT) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK)$(LINK) -o $@ $^ $(LIBS)

# Loaded before the program, so that memory runs short.
$(BUILD)/tests/fault: | $(BUILD)/tests/failing_malloc.so
$(BUILD)/tests/failing_malloc.so: tests/fault/preload/failing_malloc.c
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) -O2 -fPIC -shared -o $@ $<

# What the benchmarks compare the program with, and what tells the cost of both.
$(BUILD)/tests/calls $(BUILD)/tests/bare $(BUILD)/tests/rows: $(LIBRARY)
$(BENCH_ALONE:%=$(BUILD)/tests/%): $(BUILD)/tests/%: $(BUILD)/obj/tests/bench/%.o $(COVERAGE_OBJECT)
	@mkdir -p $(@D)
	$(call say,LINK)$(LINK) -o $@ $^ $(LIBS)

# One libFuzzer program a target, of what parses and of nothing that touches the world.
$(FUZZ_TARGETS:%=$(BUILD)/fuzz-%): $(BUILD)/fuzz-%: $(BUILD)/obj/tests/fuzz/libfuzzer.o $(FUZZ_OBJECTS) $(FUZZED_OBJECTS)
	$(call say,LINK)$(LINK) -fsanitize=fuzzer -Wl,--defsym=fuzz_target=fuzz_$* -o $@ $^ $(PACKAGE_LIBS)

# Zones that do not exist, for the judge.
$(BUILD)/tests/judge: | $(BUILD)/tests/zoneinfo
$(BUILD)/tests/zoneinfo: tests/judge/bounds.zi
	$(call say,ZIC)$(ZIC) -d $@ $< && touch $@

# The SQL lives in files of its own and is linked in as sql_<name>[].
$(BUILD)/gen/sql.h: scripts/dev/embed-sql $(SQL_FILES) $(wildcard lib/store/sql/*/*.sql)
	$(call say,SQL)scripts/dev/embed-sql $(BUILD)/gen $(SQL_FILES)
$(BUILD)/gen/sql.c: $(BUILD)/gen/sql.h ;

# The options and settings, of one table.
$(BUILD)/gen/setting_names.h: lib/command/settings.txt scripts/dev/settings scripts/dev/settings.awk
	$(call say,GEN)scripts/dev/settings code $(BUILD)/gen
$(BUILD)/gen/setting_table.c: $(BUILD)/gen/setting_names.h ;
documents: ## write anew what the manual, the completions and the sample configuration have of the table of settings
	scripts/dev/settings documents

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -c -o $@ $<
$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -c -o $@ $<

# What only some folders may see: the banned functions, the embedded SQL, the tests' helpers.
$(BUILD)/obj/main.o $(BUILD)/obj/lib/%.o: ROOM_FLAGS = -include lib/base/banned.h
$(BUILD)/obj/lib/call/http_client.o: ROOM_FLAGS = -include openssl/ssl.h -include lib/base/banned.h # a name of its own: rand
$(BUILD)/obj/lib/base/digest.o: ROOM_FLAGS = -include openssl/evp.h -include lib/base/banned.h
$(BUILD)/obj/main.o $(foreach room,store inspect command,$(BUILD)/obj/lib/$(room)/%.o): \
    ROOM_FLAGS = -include lib/base/banned.h -I$(BUILD)/gen
$(BUILD)/obj/gen/%.o: ROOM_FLAGS = -I$(BUILD)/gen
$(BUILD)/obj/tests/%.o: ROOM_FLAGS = -Itests -I$(BUILD)/gen -pthread -DTEST_BUILD_DIR='"$(BUILD)"'
$(filter $(BUILD)/obj/lib/store/% $(BUILD)/obj/lib/inspect/%,$(LIB_OBJECTS)): | $(BUILD)/gen/sql.h
$(filter $(BUILD)/obj/lib/command/%,$(LIB_OBJECTS)): | $(BUILD)/gen/setting_names.h
$(BUILD)/obj/main.o $(BUILD)/obj/gen/setting_table.o $(UNIT_OBJECTS): | $(BUILD)/gen/setting_names.h

check: $(BUILD)/tests/unit ## run the unit tests (no network, no database)
	BUILD=$(BUILD) scripts/dev/in-shards $(BUILD)/tests/unit
check-judge: $(BUILD)/tests/judge ## compare every minute with an independent judge, and with Debian's cron
	$(if $(SANITIZE),,ASK_CRON=tests/judge/ask-cron) $(BUILD)/tests/judge
check-integration: $(BUILD)/syncsched $(TESTS) ## run the integration tests on a throwaway PostgreSQL
	BUILD=$(BUILD) scripts/dev/in-shards $(BUILD)/tests/integration scripts/dev/with-postgresql
questions: $(BUILD)/syncsched $(TESTS) ## ask the thirty questions of tests/questions, and write the answers anew
	QUESTIONS=write CK_RUN_SUITE=questions CK_RUN_CASE=questions BUILD=$(BUILD) scripts/dev/with-postgresql $(BUILD)/tests/integration
	git --no-pager diff --stat tests/questions man/examples
turns: $(BUILD)/syncsched $(TESTS) ## take the wrong turns of tests/turns, and write doc/wrong-turns.md anew
	TURNS=write CK_RUN_SUITE=turns BUILD=$(BUILD) scripts/dev/with-postgresql $(BUILD)/tests/integration
	git --no-pager diff --stat doc/wrong-turns.md
check-pooler: check-pooler-transaction check-pooler-session check-pooler-old ## the same through PgBouncer, with two connections or one for each, and an emulated old pooler
check-pooler-%: $(BUILD)/syncsched $(TESTS)
	BUILD=$(BUILD) scripts/dev/in-shards $(BUILD)/tests/integration scripts/dev/with-postgresql scripts/dev/with-pgbouncer $*
check-fault: $(BUILD)/syncsched $(TESTS) ## kill, cut, freeze and starve ticks, with figures (FAULT=name, FAULT_SEED, FAULT_TICKS, FAULT_MINUTES)
	BUILD=$(BUILD) scripts/dev/with-postgresql $(BUILD)/tests/fault $(FAULT)
check-triggers: $(BUILD)/syncsched $(TESTS) ## try cron, pg_cron, systemd and the manifest for Kubernetes
	PG_CRON=on SHARDS=$${SHARDS:-5} BUILD=$(BUILD) scripts/dev/in-shards $(BUILD)/tests/triggers tests/triggers/apart scripts/dev/with-postgresql

check-metrics: $(BUILD)/syncsched $(TESTS) ## ask Prometheus's promtool about the metrics
	scripts/dev/fetch-promtool $(BUILD)/promtool
	PATH="$(CURDIR)/$(BUILD)/promtool:$$PATH" CK_RUN_SUITE=metrics BUILD=$(BUILD) scripts/dev/with-postgresql $(BUILD)/tests/integration
check-page: $(BUILD)/syncsched ## look at the page of report in headless Chromium, where that is there; pictures stay in build/page
	BUILD=$(BUILD) tests/page/run
check-function: $(BUILD)/syncsched ## run the example of an Edge Function under Deno, and ticks against it
	BUILD=$(BUILD) tests/edge-function/run

check-shell: $(BUILD)/syncsched ## run the tests that are shell (SHELL_TESTS=name: only that one)
	BUILD=$(BUILD) tests/shell/run $(SHELL_TESTS)
check-install: $(BUILD)/syncsched ## see that uninstall undoes install, and that the packed sources build and pass without git
	BUILD=$(BUILD) scripts/packaging/check-install
check-package: ## build, lint, install, try and purge the Debian package in a fresh system (root; SUITE=its name)
	scripts/packaging/check-package $(SUITE)
check-readme: ## type the README's seven steps in a fresh system (root; SUITE=its name, WAY=package: by the package)
	scripts/packaging/check-readme $(or $(SUITE),-) $(or $(WAY),install)
check-container: ## carry out the container file in fresh systems, and try what comes of it (root)
	scripts/packaging/check-container

# Both at once, so that all tests run once more and not twice. gcc alone can read its own counters. A test that kills a
# program leaves half a counter file: what the next program says of it goes to a file, and not among its messages, and a
# count below nothing is no error.
INSTRUMENTED := BUILD=build/instrumented CC=gcc SANITIZE=1 COVERAGE=1 CFLAGS="-O0 -g"
check-instrumented: ## run all tests under AddressSanitizer and UndefinedBehaviorSanitizer, and print the line coverage of lib/
	$(MAKE) $(INSTRUMENTED) all tests
	find build/instrumented -name '*.gcda' -delete
	JUDGE_EVERY=7 GCOV_ERROR_FILE=$(CURDIR)/build/instrumented/gcov-errors \
	    $(MAKE) -k $(INSTRUMENTED) check check-judge check-integration
	gcovr --gcov-ignore-parse-errors --root . --object-directory build/instrumented --filter 'lib/' build/instrumented

FUZZ ?= $(FUZZ_TARGETS)
FUZZ_RUNS ?= 1000000
fuzz: ## invent input for the parsers (FUZZ=name: only that one; FUZZ_RUNS=cases for each)
	$(MAKE) BUILD=build/fuzz CC=clang SANITIZE=1 CFLAGS="-O1 -g -fsanitize=fuzzer-no-link" \
		$(FUZZ:%=build/fuzz/fuzz-%)
	FUZZ_RUNS=$(FUZZ_RUNS) scripts/dev/fuzz build/fuzz $(FUZZ)

model: ## check the model of the protocol exhaustively (needs spin; a few minutes; MODEL=largest: ten)
	BUILD=$(BUILD) CC="$(CC)" scripts/dev/model $(MODEL:%=--%)

mutate: ## take each guard away and see that a test notices (MUTATE=name: only that one)
	CC="$(CC)" scripts/dev/mutate $(MUTATE)

bench: $(BUILD)/syncsched $(addprefix $(BUILD)/tests/,bench function_server $(BENCH_ALONE)) ## measure (BENCH=name: only that one)
	BUILD=$(BUILD) AUTOVACUUM=$(if $(filter history looks pages,$(BENCH)),on,off) scripts/dev/with-postgresql $(BUILD)/tests/bench $(BENCH)

lint: ## run every linter over the code, the scripts and the manual
	scripts/dev/lint
lint-flags: # what scripts/dev/lint passes on to clang-tidy
	@printf '%s\n' "$(subst ",\",$(DEFINES)) -Itests -I$(BUILD)/gen -DTEST_BUILD_DIR='\"$(BUILD)\"' $(PACKAGE_CFLAGS)"
format: ## reformat the C sources in place
	clang-format -i main.c $$(find lib tests -name '*.[ch]')

# FILE:PLACE of all that is installed. One list, so that uninstall cannot forget what install puts there.
placed_in = $(foreach file,$(wildcard $(2)),$(file):$(1)/$(notdir $(file)))
INSTALLED := $(BUILD)/syncsched:$(BINDIR)/syncsched $(foreach n,1 5 7,$(call placed_in,$(MANDIR)/man$n,man/*.$n)) \
	$(call placed_in,$(UNITDIR),scripts/share/triggers/systemd/*.service scripts/share/triggers/systemd/*.timer) \
	$(patsubst %.bash,%,$(call placed_in,$(BASHCOMPDIR),scripts/share/completion/*.bash)) \
	$(call placed_in,$(ZSHCOMPDIR),scripts/share/completion/_*) $(call placed_in,$(DOCDIR)/examples,scripts/share/syncsched.conf)

install: $(BUILD)/syncsched ## install program, manuals, completion, systemd units and an example below DESTDIR
	@for pair in $(INSTALLED); do file=$${pair%%:*} && mode=$$(test -x "$$file" && echo 755 || echo 644) && \
		(set -x; $(INSTALL) -D -m "$$mode" "$$file" "$(DESTDIR)$${pair#*:}") || exit; done
uninstall: ## remove what install put there; directories that others use, too, stay
	@for pair in $(INSTALLED); do (set -x; rm -f "$(DESTDIR)$${pair#*:}") || exit; done
	rmdir "$(DESTDIR)$(DOCDIR)/examples" "$(DESTDIR)$(DOCDIR)" 2>/dev/null || true

# The same bytes from the same sources, whoever packs them, and again from what was packed: all files bear one time,
# that of the last commit or, where no git is, that which they were packed with.
RELEASE := syncsched-$(VERSION)
dist: export SOURCE_DATE_EPOCH ?= $(shell { test -e .git && git log -1 --format=%ct; } 2>/dev/null || stat -c %Y Makefile)
dist: ## pack the sources into build/syncsched-VERSION.tar.gz (SOURCE_DATE_EPOCH: the time that its files bear)
	mkdir -p $(BUILD)
	tar -cf $(BUILD)/$(RELEASE).tar --format=gnu --sort=name --mtime=@$$SOURCE_DATE_EPOCH --owner=0 --group=0 \
		--numeric-owner --mode=u+rw,go=rX --exclude=node_modules --exclude='*~' --exclude='*.sw?' \
		--transform='s,^,$(RELEASE)/,S' $(DIST_FILES)
	gzip -9nf $(BUILD)/$(RELEASE).tar

deb: dist ## build the Debian package into build/deb with dpkg-buildpackage (needs: scripts/install-dependencies package)
	rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb
	cp $(BUILD)/$(RELEASE).tar.gz $(BUILD)/deb/syncsched_$(VERSION).orig.tar.gz
	tar -C $(BUILD)/deb -xf $(BUILD)/$(RELEASE).tar.gz
	cp -R scripts/packaging/debian $(BUILD)/deb/$(RELEASE)/debian
	cd $(BUILD)/deb/$(RELEASE) && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc

clean: ## remove everything that was built
	rm -rf $(BUILD)
help: ## list the targets
	@echo 'all                build $(BUILD)/syncsched (the default)'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

.PHONY: all tests check check-judge check-integration questions turns check-pooler check-fault check-triggers check-function \
	check-metrics check-page check-shell check-install check-instrumented fuzz model mutate bench documents lint lint-flags format \
	install uninstall dist deb check-package check-readme check-container clean help
.DELETE_ON_ERROR:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
