// found: array
#include <stdint.h>
struct node { uint8_t tag; uint16_t a; uint16_t b; };
__attribute__((noinline)) unsigned count(const struct node *nodes, const struct node *end) {
    unsigned sum = 0;
    for (const struct node *node = nodes; node != end; node++)
        if (node->tag == 4) sum += (unsigned)node->a * node->b;
    return sum;
}
int main(int argc, char **argv) {
    return (int)count((const struct node *)argv[0], (const struct node *)argv[argc]);
}
