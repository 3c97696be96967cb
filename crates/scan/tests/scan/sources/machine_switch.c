// found: machine
#include <stdint.h>
__attribute__((noinline)) int run(const uint8_t *code, unsigned length, int *stack) {
    unsigned at = 0;
    int top = 0;
    while (at < length) {
        uint8_t op = code[at];
        switch (op) {
        case 0: return stack[top];
        case 1: stack[++top] = code[at + 1]; at += 2; break;
        case 2: stack[++top] = code[at + 1] | code[at + 2] << 8; at += 3; break;
        case 3: stack[top - 1] += stack[top]; top--; at += 1; break;
        case 4: at = stack[top] ? at + 3 + code[at + 1] : at + 3; break;
        case 5: stack[top] = -stack[top]; at += 1; break;
        case 6: stack[top] *= code[at + 4]; at += 5; break;
        default: return -1;
        }
    }
    return 0;
}
int main(int argc, char **argv) {
    int stack[64] = {0};
    return run((const uint8_t *)argv[0], (unsigned)argc, stack);
}
