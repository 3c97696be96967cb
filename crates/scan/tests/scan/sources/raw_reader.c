// found: nothing
#include <stdint.h>
#include <stddef.h>
struct reader { const uint8_t *at; size_t left; };
__attribute__((noinline)) static int read16(struct reader *r, uint16_t *out) {
    if (r->left < 2) return 0;
    *out = (uint16_t)(r->at[0] | r->at[1] << 8);
    r->at += 2;
    r->left -= 2;
    return 1;
}
__attribute__((noinline)) unsigned evaluate(struct reader *r, unsigned wanted) {
    uint16_t word;
    unsigned sum = 0;
    while (read16(r, &word)) {
        if (word == wanted) return sum;
        sum += word & 0xffff;
    }
    return sum;
}
int main(int argc, char **argv) {
    struct reader r = { (const uint8_t *)argv[0], (size_t)argc };
    return (int)evaluate(&r, 7);
}
