// found: array
#include <stdint.h>
struct node { uint8_t tag; uint8_t filter; uint16_t argument; uint16_t match; uint16_t unmatch; };
__attribute__((noinline)) int walk(const struct node *nodes, unsigned at, unsigned wanted) {
    for (;;) {
        const struct node *node = &nodes[at];
        if (node->tag == 1) return node->filter;
        at = node->argument == wanted ? node->match : node->unmatch;
    }
}
int main(int argc, char **argv) { return walk((const struct node *)argv[0], (unsigned)argc, 3); }
