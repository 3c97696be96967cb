#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    (void)argc;
    /* An error that is not the program's own. */
    if (dlerror())
        return 8;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return 9;
    void (*all)(size_t) = (void (*)(size_t))dlsym(library, "sink_all");
    all((size_t)atoi(argv[2]));
    if (dlerror())
        return 8;
    printf("late\n");
    return dlclose(library);
}
