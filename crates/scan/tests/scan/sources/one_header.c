// found: nothing
#include <stdint.h>
struct header { uint8_t version; uint8_t kind; uint16_t length; uint16_t count; };
struct item { struct item *next; uint8_t tag; uint16_t a, b; };
__attribute__((noinline)) unsigned check(const struct header *h) {
    if (h->version != 2) return 0;
    return (unsigned)h->length * h->count;
}
__attribute__((noinline)) unsigned list(const struct item *item) {
    unsigned sum = 0;
    for (; item; item = item->next)
        if (item->tag == 3) sum += (unsigned)item->a * item->b;
    return sum;
}
int main(int argc, char **argv) {
    return (int)(check((const struct header *)argv[0]) + list((const struct item *)argv[argc]));
}
