// found: split
#include <stdint.h>
struct node { uint32_t id; uint16_t arg; };
__attribute__((noinline)) static uint16_t arg_of(const struct node *n) { return n->arg; }
__attribute__((noinline)) unsigned kind(const struct node *n, unsigned *value) {
    uint16_t arg = arg_of(n);
    *value = arg & 0x3fff;
    return arg >> 14;
}
int main(int argc, char **argv) {
    unsigned value;
    return (int)(kind((const struct node *)argv[0], &value) + value) + argc;
}
