#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct sink;
void sink_write(struct sink *, size_t, const void *, size_t, double);
double sink_done(struct sink *, double);

static int writes;

static void *work(void *number) {
    struct sink *sink = calloc(1, sizeof(double) + (1 << 22));
    unsigned char bytes[300];
    for (int at = 0; at < writes; at++) {
        int length = at % 50 == 7 ? 300 : at % 9;
        for (int i = 0; i < length; i++)
            bytes[i] = (unsigned char)((long)number * 31 + at * 7 + i);
        sink_write(sink, (size_t)((long)number * 10000 + at), bytes, (size_t)length, 1.0);
    }
    double weight = sink_done(sink, 1.0);
    free(sink);
    return (void *)(long)weight;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    writes = argc > 2 ? atoi(argv[2]) : 0;
    int threads = argc > 3 ? atoi(argv[3]) : 1;
    char *preload = getenv("LD_PRELOAD");
    printf("%s\n", preload ? preload : "none");
    if (!strcmp(what, "mixed")) {
        struct sink *sink = calloc(1, sizeof(double) + (1 << 22));
        char *text = malloc(1 << 21);
        for (int i = 0; i < 1 << 21; i++)
            text[i] = (char)(i * 7 >> 3);
        size_t lengths[] = {0, 1, 5, 255, 256, 257, 512, 700, 1 << 20, (1 << 20) + 1};
        for (int i = 0; i < 10; i++)
            sink_write(sink, (size_t)i, text + i, lengths[i], 0.25);
        sink_write(sink, 3, 0, 300, 0.5);
        printf("%f\n", sink_done(sink, 4.0));
    } else if (!strcmp(what, "threads")) {
        pthread_t started[64];
        for (long i = 0; i < threads; i++)
            pthread_create(&started[i], 0, work, (void *)i);
        for (int i = 0; i < threads; i++) {
            void *done;
            pthread_join(started[i], &done);
            printf("%ld\n", (long)done);
        }
    } else if (!strcmp(what, "children")) {
        fflush(stdout);
        pid_t child = fork();
        work(0);
        if (child == 0)
            execl(argv[0], argv[0], "mixed", (char *)0);
        waitpid(child, 0, 0);
    } else if (!strcmp(what, "borrowers")) {
        for (int i = 0; i < 2; i++) {
            pid_t child = vfork();
            if (child == 0) {
                work((void *)1);
                if (i == 0)
                    _exit(0);
                execl("/bin/true", "true", (char *)0);
                _exit(1);
            }
            waitpid(child, 0, 0);
            work((void *)2);
        }
    } else if (!strcmp(what, "orphan")) {
        fflush(stdout);
        if (fork() != 0) {
            usleep(100000);
            return 0;
        }
        work(0);
        usleep(400000);
        work(0);
        printf("done\n");
    } else if (!strcmp(what, "die")) {
        work(0);
        abort();
    }
    return 0;
}
