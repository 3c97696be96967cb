// found: nothing
#include <stdint.h>
struct edge { uint16_t from, to, weight, more; };
__attribute__((noinline)) unsigned total(const struct edge *edges, int count) {
    unsigned sum = 0;
    for (int i = 0; i < count; i++) sum += (unsigned)edges[i].from * edges[i].to + edges[i].weight;
    return sum;
}
int main(int argc, char **argv) { return (int)total((const struct edge *)argv[0], argc); }
