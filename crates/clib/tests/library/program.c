#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct profile {
    char *builtin;
    unsigned char *data;
    size_t size;
};
struct params;
struct params *sandbox_create_params(void);
int sandbox_set_param(struct params *, const char *, const char *);
void sandbox_free_params(struct params *);
struct profile *sandbox_compile_file(const char *, struct params *, char **);
struct profile *sandbox_compile_string(const char *, struct params *, char **);
void sandbox_free_profile(struct profile *);

static const char *TEXT =
    "(version 1)(allow default)(deny file-read* (literal (param \"F\")))";

typedef struct profile *compile(const char *, struct params *, char **);

static void show(const char *what, compile *how, const char *from, struct params *params) {
    char *error = 0;
    struct profile *profile = how(from, params, &error);
    if (profile)
        printf("%s: %zu bytes%s\n", what, profile->size, profile->builtin ? ", built in" : "");
    else
        printf("%s: %s\n", what, error ? error : "no reason");
    free(error);
    sandbox_free_profile(profile);
}

int main(int argc, char **argv) {
    compile *string = sandbox_compile_string, *file = sandbox_compile_file;
    struct params *params = sandbox_create_params();
    show("without", string, TEXT, params);
    printf("set: %d\n", sandbox_set_param(params, "F", "/one"));
    show("with", string, TEXT, params);
    printf("set again: %d\n", sandbox_set_param(params, "F", "/another"));
    show("file", file, argv[1], params);
    show("no file", file, "none.sb", params);
    show("no text", string, 0, params);
    show("no UTF-8", string, "\xff", params);
    show("no parameters", string, "(version 1)(deny default)", 0);
    printf("no place for the reason: %d\n", sandbox_compile_string("(", params, 0) == 0);
    printf("nothing to set: %d %d\n", sandbox_set_param(0, "F", "x"),
           sandbox_set_param(params, "F", 0));
    sandbox_free_params(params);
    sandbox_free_params(0);
    return argc - 2;
}
