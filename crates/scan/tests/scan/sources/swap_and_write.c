// found: nothing
#include <stdint.h>
__attribute__((noinline)) void swap_all(uint16_t *words, int count) {
    for (int i = 0; i < count; i++) words[i] = (uint16_t)(words[i] << 8 | words[i] >> 8);
}
__attribute__((noinline)) void write_out(uint8_t *to, const uint16_t *word) {
    to[0] = (uint8_t)(*word & 0xff);
    to[1] = (uint8_t)(*word >> 8);
}
int main(int argc, char **argv) {
    static uint16_t words[16];
    swap_all(words, argc);
    write_out((uint8_t *)argv[0], words);
    return words[1];
}
