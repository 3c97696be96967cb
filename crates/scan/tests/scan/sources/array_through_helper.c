// found: array
#include <stdint.h>
struct node { uint8_t tag; uint8_t pad[3]; uint16_t match; uint16_t unmatch; uint32_t more; };
struct graph { const uint8_t *base; uint32_t start; };
__attribute__((noinline)) static const struct node *get(const struct graph *g, unsigned index) {
    return (const struct node *)(g->base + g->start) + index;
}
__attribute__((noinline)) static int is_terminal(const struct node *node) { return node->tag & 1; }
__attribute__((noinline)) static unsigned next(const struct node *node, int matched) {
    return matched ? node->match : node->unmatch;
}
__attribute__((noinline)) int run(const struct graph *g, unsigned at, int (*test)(unsigned)) {
    while (!is_terminal(get(g, at))) at = next(get(g, at), at & 1);
    return (int)at;
}
int main(int argc, char **argv) {
    struct graph g = { (const uint8_t *)argv[0], 16 };
    return run(&g, (unsigned)argc, 0);
}
