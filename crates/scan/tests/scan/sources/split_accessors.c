// found: split
#include <stdint.h>
struct field { uint32_t pad; uint16_t raw; };
__attribute__((noinline)) static int is_flagged(const struct field *f) { return (f->raw & 0x8000) != 0; }
__attribute__((noinline)) static unsigned payload(const struct field *f) { return f->raw & 0x7fff; }
__attribute__((noinline)) unsigned resolve(const struct field *f, const unsigned *table) {
    if (is_flagged(f)) return table[payload(f)];
    return payload(f);
}
int main(int argc, char **argv) {
    static unsigned table[0x8000];
    return (int)resolve((const struct field *)argv[argc - 1], table);
}
