// found: nothing
#include <stdint.h>
__attribute__((noinline)) int parse(const uint8_t *at, const uint8_t *end, int *out) {
    while (at + 2 <= end) {
        uint8_t type = at[0], length = at[1];
        switch (type) {
        case 1: out[0] = at[2]; break;
        case 2: out[1] = at[2]; break;
        case 3: out[2] = length; break;
        case 7: out[3]++; break;
        case 9: out[4]--; break;
        case 12: out[5] = type; break;
        default: break;
        }
        at += 2 + length;
    }
    return out[0];
}
int main(int argc, char **argv) {
    int out[8] = {0};
    return parse((const uint8_t *)argv[0], (const uint8_t *)argv[argc], out);
}
