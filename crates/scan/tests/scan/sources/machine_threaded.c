// found: machine
#include <stdint.h>
__attribute__((noinline)) long run(const uint8_t *code, long value) {
    static const void *const table[] = { &&halt, &&add, &&load, &&jump };
    goto *table[*code++ & 3];
halt:
    return value;
add:
    value += *code++;
    goto *table[*code++ & 3];
load:
    value = code[0] | code[1] << 8 | code[2] << 16;
    code += 3;
    goto *table[*code++ & 3];
jump:
    code += *code;
    goto *table[*code++ & 3];
}
int main(int argc, char **argv) { return (int)run((const uint8_t *)argv[0], argc); }
