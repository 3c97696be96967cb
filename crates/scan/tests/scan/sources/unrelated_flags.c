// found: nothing
#include <stdint.h>
struct item { uint32_t flags; uint16_t value; uint16_t options; };
__attribute__((noinline)) unsigned visit(const struct item *item, unsigned *out) {
    uint16_t value = item->value;
    *out = value;
    if (item->flags & 0x4000) return (item->flags & 0x3fff) + value;
    if (item->options & 0x4000) return 1;
    if (item->options & 1) return 2;
    return value;
}
int main(int argc, char **argv) {
    unsigned out = 0;
    return (int)(visit((const struct item *)argv[0], &out) + out) + argc;
}
