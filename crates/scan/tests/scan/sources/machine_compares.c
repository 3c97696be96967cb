// found: machine
#include <stdint.h>
struct context { const uint8_t *at, *end; unsigned value; };
__attribute__((noinline)) int run(struct context *c, const uint8_t *input) {
    while (c->at < c->end) {
        uint8_t op = *c->at++;
        if (op == 0x20) {
            if (*input++ != *c->at++) return 0;
        } else if (op == 0x41) {
            c->value = (unsigned)(c->at[0] | c->at[1] << 8 | c->at[2] << 16);
            c->at += 3;
        } else if (op == 0x7f) {
            return (int)c->value;
        } else if (op == 0x90) {
            c->value ^= c->at[0];
            c->at += 4;
        }
    }
    return 0;
}
int main(int argc, char **argv) {
    struct context c = { (const uint8_t *)argv[0], (const uint8_t *)argv[argc], 0 };
    return run(&c, (const uint8_t *)argv[0]);
}
