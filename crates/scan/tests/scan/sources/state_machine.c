// found: nothing
#include <stdint.h>
__attribute__((noinline)) int classify(const uint8_t *text, int length) {
    int state = 0, count = 0;
    for (int i = 0; i < length; i++) {
        switch (text[i]) {
        case ' ': state = 0; break;
        case '"': state ^= 2; break;
        case '\n': count++; break;
        case '#': state = 4; break;
        case '(': state += 8; break;
        case ')': state -= 8; break;
        default: state |= 1; break;
        }
    }
    return state * 100 + count;
}
int main(int argc, char **argv) { return classify((const uint8_t *)argv[0], argc); }
