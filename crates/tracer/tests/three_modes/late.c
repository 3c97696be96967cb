#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv) {
    (void)argc;
    /* An error that is not the program's own. */
    if (dlerror())
        return 8;
    for (int round = 0; round < 2; round++) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (!library)
            return 9;
        void (*all)(size_t) = (void (*)(size_t))dlsym(library, "sink_all");
        all((size_t)atoi(argv[2]));
        if (dlerror())
            return 8;
        dlclose(library);
        /* So that it is elsewhere the second time. */
        mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        printf("late\n");
    }
    return 0;
}
