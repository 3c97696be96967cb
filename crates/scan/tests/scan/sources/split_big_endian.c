// found: split
#include <stdint.h>
#include <string.h>
__attribute__((noinline)) static uint16_t big(const uint8_t *at) {
    uint16_t word;
    memcpy(&word, at, 2);
    return (uint16_t)(word >> 8 | word << 8);
}
__attribute__((noinline)) int decode(const uint8_t *at, int *out) {
    uint16_t word = big(at);
    *out = word & 0x0fff;
    return (word & 0xf000) == 0x3000;
}
int main(int argc, char **argv) {
    int value = 0;
    return decode((const uint8_t *)argv[0], &value) + value + argc;
}
