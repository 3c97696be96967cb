// found: split
#include <stdint.h>
__attribute__((noinline)) static int high(uint16_t word) { return word >> 12; }
__attribute__((noinline)) static int low(uint16_t word) { return word & 0xfff; }
__attribute__((noinline)) int both(const uint16_t *words, int index) {
    uint16_t word = words[index];
    return high(word) * 10000 + low(word);
}
int main(int argc, char **argv) { return both((const uint16_t *)argv[0], argc); }
