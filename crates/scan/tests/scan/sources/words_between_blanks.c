// found: nothing
#include <stdint.h>
__attribute__((noinline)) int count(const uint8_t *at, const uint8_t *end) {
    int found = 0;
    while (at < end) {
        uint8_t first = *at;
        if (first == 1) found += 1;
        else if (first == 2) found += at[1];
        else if (first == 200) found += 3;
        at++;
        while (at < end && *at >= 128) at++;
    }
    return found;
}
int main(int argc, char **argv) {
    return count((const uint8_t *)argv[0], (const uint8_t *)argv[argc]);
}
