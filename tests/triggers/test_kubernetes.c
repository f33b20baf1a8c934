/*
 * scripts/share/triggers/kubernetes: the manifests against the API's own description, field by field, and
 * the program with a key as Kubernetes mounts it.
 */
#include "support/suite.h"

#include "support/scene.h"
#include "support/testdb.h"
#include "triggers/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_MANIFEST "tests/triggers/check-manifest"
#define CRONJOB        "scripts/share/triggers/kubernetes/cronjob.yaml"

static struct program_result check_manifest(const char *how, const char *manifest)
{
    const char *const argv[] = {CHECK_MANIFEST, how, NULL};

    return program_run_with_input(argv, NULL, manifest);
}

static void check_is_good(const char *how, const char *name)
{
    char *manifest = machine_read_trigger(name);
    struct program_result result = check_manifest(how, manifest);

    ck_assert_msg(result.status == 0, "%s: %s%s", name, result.out, result.err);
    program_result_free(&result);
    free(manifest);
}

/* Covers: each field of the CronJob, and that there is no other. */
START_TEST(test_fields)
{
    char *manifest = machine_read_trigger("kubernetes/cronjob.yaml");

    check_is_good("fields", "kubernetes/cronjob.yaml");
    ck_assert_ptr_nonnull(strstr(manifest, "image: syncsched:" SYNCSCHED_VERSION "\n"));
    free(manifest);
}
END_TEST

START_TEST(test_structure)
{
    check_is_good("structure", "kubernetes/cronjob.yaml");
    check_is_good("structure", "kubernetes/settings.yaml");
}
END_TEST

/* By sed: what makes the manifest a wrong one, and what must then be said. */
static const struct {
    const char *change;
    const char *words;
} mistakes[] = {
    {"s/readOnlyRootFilesystem/readOnlyRootFileSystem/", "has no such field"},
    {"s/backoffLimit: 0/backoffLimit: \"0\"/", "is no int"},
    {"s/drop: .*/drop: ALL/", "is no list"},
    {"s/^  labels:/  annotations: none\\n&/", "is no map"},
    {"s/ restartPolicy: Never/&\\n          restartPolicy: Always/", "is given twice"},
    {"/ schedule: /d", "Invalid value for `schedule`"},
    {"s/kind: CronJob/kind: Cronjob/", "is unknown"},
};

/* Covers: a field that is misspelt, of another type, doubled or missing is found. */
START_TEST(test_mistake)
{
    char line[256];
    char *manifest;
    struct program_result result;

    snprintf(line, sizeof line, "sed '%s' " CRONJOB, mistakes[_i].change);
    manifest = machine_shell(line);
    result = check_manifest("structure", manifest);
    ck_assert_msg(result.status == 1 && strstr(result.out, mistakes[_i].words) != NULL,
                  "%s: status %d: %s%s", mistakes[_i].change, result.status, result.out,
                  result.err);
    program_result_free(&result);
    free(manifest);
}
END_TEST

/* The Secret as the kubelet mounts it with fsGroup: links, and a file of root with that group. */
#define MOUNT_KEY                                                                                  \
    "rm -rf /run/secrets; mkdir -p /run/secrets/syncsched/..2026; cd /run/secrets/syncsched;"      \
    " ln -s ..2026 ..data; ln -s ..data/service-role-key service-role-key;"                        \
    " sed -n s/^SUPABASE_SERVICE_ROLE_KEY=//p /etc/syncsched.conf | tr -d '\\n'"                   \
    " >..data/service-role-key;"                                                                   \
    " chown -R root:65532 .; chmod %s ..data/service-role-key"

/* As the manifest starts the container: its user, no rights, no new ones, nothing to write to. */
#define IN_POD                                                                                     \
    "eval $(grep -v ROLE_KEY /etc/syncsched.conf | sed 's/^/export /'); rm /etc/syncsched.conf;"   \
    " export SUPABASE_SERVICE_ROLE_KEY_FILE=/run/secrets/syncsched/service-role-key;"              \
    " exec unshare --mount sh -c 'mount -o remount,bind,ro /; cd /;"                               \
    " ! touch /written 2>/dev/null || exit 99;"                                                    \
    " exec setpriv --reuid 65532 --regid 65532 --groups 65532 --no-new-privs --bounding-set=-all"  \
    " syncsched run --trigger-name kubernetes' 2>&1"

static const struct {
    const char *mode;
    long completed;
} keys[] = {{"440", 1}, {"444", 0}, {"644", 0}};

/* Covers: the mode that the manifest asks for is one that the user can read and the program takes. */
START_TEST(test_key)
{
    char line[1024];
    char *words;

    snprintf(line, sizeof line, MOUNT_KEY, keys[_i].mode);
    machine_do(line);
    scene_settle(5000);
    scene_seed(1, 1, "* * * * *");
    words = machine_shell("(" IN_POD ") || echo \"status $?\"");
    ck_assert_msg(scene_count("completed") == keys[_i].completed, "%s", words);
    if (keys[_i].completed == 0)
        ck_assert_msg(strstr(words, "others may read") != NULL && strstr(words, "status 2\n"), "%s",
                      words);
    free(words);
}
END_TEST

static void add_manifests(Suite *suite)
{
    TCase *manifests = tcase_create("manifests");

    tcase_add_test(manifests, test_fields);
    if (system(CHECK_MANIFEST " structure <" CRONJOB " >/dev/null") >> 8 == 77)
        puts("the API's description: not asked: it is missing (Debian package python3-kubernetes)");
    else {
        tcase_add_test(manifests, test_structure);
        tcase_add_loop_test(manifests, test_mistake, 0, (int)(sizeof mistakes / sizeof *mistakes));
    }
    suite_add_tcase(suite, manifests);
}

SUITE(kubernetes)
{
    TCase *mounted;

    add_manifests(suite);
    if (!machine_is_ours("a key as Kubernetes mounts it"))
        return;
    mounted = tcase_create("mounted");
    tcase_add_checked_fixture(mounted, machine_open, machine_close);
    tcase_add_loop_test(mounted, test_key, 0, (int)(sizeof keys / sizeof *keys));
    suite_add_tcase(suite, mounted);
}
