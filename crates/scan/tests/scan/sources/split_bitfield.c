// found: split
#include <stdint.h>
struct entry { uint16_t index : 14, kind : 2; };
__attribute__((noinline)) int total(const struct entry *entries, int count, const int *table) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i].kind == 2) sum += table[entries[i].index];
        else if (entries[i].kind) sum -= 1;
    }
    return sum;
}
int main(int argc, char **argv) {
    static int table[1 << 14];
    return total((const struct entry *)argv[0], argc, table);
}
