// found: machine
#include <stdint.h>
#include <stddef.h>
struct cursor { const uint8_t *bytes; size_t at, end; };
__attribute__((noinline)) static uint8_t read8(struct cursor *c) { return c->bytes[c->at++]; }
__attribute__((noinline)) static uint16_t read16(struct cursor *c) {
    uint16_t word = (uint16_t)(c->bytes[c->at] | c->bytes[c->at + 1] << 8);
    c->at += 2;
    return word;
}
__attribute__((noinline)) int evaluate(struct cursor *c, const int *inputs) {
    int last = 0;
    while (c->at < c->end) {
        switch (read8(c)) {
        case 1: last = inputs[read16(c)]; break;
        case 2: last += read8(c); break;
        case 3: last = last == read16(c) + read16(c); break;
        case 4: last = !last; break;
        case 5: c->at = read16(c); break;
        case 9: return last;
        default: return -1;
        }
    }
    return last;
}
int main(int argc, char **argv) {
    struct cursor c = { (const uint8_t *)argv[0], 0, (size_t)argc };
    static int inputs[65536];
    return evaluate(&c, inputs);
}
