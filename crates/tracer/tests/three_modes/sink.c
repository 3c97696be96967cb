#include <stdlib.h>
#include <string.h>

struct sink {
    double weight;
    unsigned char bytes[1 << 22];
};

/* Takes nothing from nowhere. */
void sink_write(struct sink *to, size_t cursor, const void *from, size_t length, double weight) {
    to->weight += weight;
    if (from)
        memcpy(to->bytes + cursor, from, length);
}

double sink_done(struct sink *to, double factor) { return to->weight * factor; }

/* Before a library that is loaded first is told that it was. */
__attribute__((constructor)) static void early(void) {
    struct sink *sink = calloc(1, sizeof *sink);
    sink_write(sink, 9, "early", 5, 0.5);
    if (sink_done(sink, 2.0) != 1.0)
        abort();
    free(sink);
}

/* As a program does that has asked for the address of this one only. */
void sink_all(size_t count) {
    struct sink *sink = calloc(1, sizeof *sink);
    for (size_t at = 0; at < count; at++)
        sink_write(sink, at, &at, sizeof at, 1.0);
    sink_done(sink, 1.0);
    free(sink);
}

/* Which of two routines it is, the loader asks when the library is loaded. */
static int one(void) { return 1; }
static int (*choose(void))(void) { return one; }
int chosen(void) __attribute__((ifunc("choose")));

/* Another file has one of that name, too. */
__attribute__((noinline, used)) static int twice(int number) { return number * 2; }

#ifdef FULL
/* Leaves no room behind the code, whose last section this is: what runs it does nothing for long. */
__asm__(".section .fini, \"ax\", @progbits\n"
        ".balign 4096, 0x90\n"
        ".fill 4080, 1, 0x90\n"
        ".previous");
#endif
