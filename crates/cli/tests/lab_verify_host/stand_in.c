/* Stands in for libsandbox: the same functions, by `$STAND_IN_COMPILER compile`.
 *
 * -DCORRUPT=N   flips the lowest bit of byte N
 * -DANOTHER     compiles another profile than the one it was given
 * -DLACKS       has no sandbox_compile_file */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct sandbox_profile { char *builtin; unsigned char *data; size_t size; };
struct sandbox_params { const char **list; size_t used; };

struct sandbox_params *sandbox_create_params(void) {
    return calloc(1, sizeof(struct sandbox_params));
}

int sandbox_set_param(struct sandbox_params *params, const char *key, const char *value) {
    if (strcmp(key, "REFUSED") == 0)
        return -1;
    params->list = realloc(params->list, (params->used + 2) * sizeof *params->list);
    params->list[params->used++] = key;
    params->list[params->used++] = value;
    return 0;
}

void sandbox_free_params(struct sandbox_params *params) {
    free(params->list);
    free(params);
}

static char *slurp(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(1, *size + 1);
    if (fread(bytes, 1, *size, file) != *size)
        *size = 0;
    fclose(file);
    return bytes;
}

static struct sandbox_profile *compile(const char *path, struct sandbox_params *params, char **error) {
#ifdef ANOTHER
    path = "another.sb";
    FILE *another = fopen(path, "w");
    fputs("(version 1)(allow default)(deny file-read* (literal \"/another\"))", another);
    fclose(another);
#endif
    char out[] = "/tmp/stand-in-out-XXXXXX", err[] = "/tmp/stand-in-err-XXXXXX";
    int out_file = mkstemp(out), err_file = mkstemp(err);
    const char *words[64] = {getenv("STAND_IN_COMPILER"), "--quiet", "compile", path, "-o", out};
    size_t at = 6, size = 0;
    for (size_t i = 0; i + 1 < params->used && at < 60; i += 2) {
        char *word = malloc(strlen(params->list[i]) + strlen(params->list[i + 1]) + 2);
        sprintf(word, "%s=%s", params->list[i], params->list[i + 1]);
        words[at++] = "-D";
        words[at++] = word;
    }
    pid_t child = fork();
    if (child == 0) {
        dup2(err_file, 2);
        dup2(open("/dev/null", O_WRONLY), 1);
        execv(words[0], (char **)words);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    close(out_file);
    close(err_file);
    struct sandbox_profile *profile = NULL;
    if (status == 0) {
        profile = calloc(1, sizeof *profile);
        profile->data = (unsigned char *)slurp(out, &profile->size);
#ifdef CORRUPT
        profile->data[CORRUPT] ^= 1;
#endif
    } else {
        *error = slurp(err, &size);
    }
    unlink(out);
    unlink(err);
    return profile;
}

#ifndef LACKS
struct sandbox_profile *sandbox_compile_file(const char *path, struct sandbox_params *params, char **error) {
    return compile(path, params, error);
}
#endif

struct sandbox_profile *sandbox_compile_string(const char *text, struct sandbox_params *params, char **error) {
    char path[] = "/tmp/stand-in-XXXXXX";
    int file = mkstemp(path);
    if (write(file, text, strlen(text)) < 0)
        return NULL;
    close(file);
    struct sandbox_profile *profile = compile(path, params, error);
    unlink(path);
    return profile;
}

void sandbox_free_profile(struct sandbox_profile *profile) {
    free(profile->data);
    free(profile);
}
