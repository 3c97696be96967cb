// found: nothing
#include <stdint.h>
__attribute__((noinline)) int scan(const char *at, const char *end, int *out) {
    int depth = 0;
    while (at < end) {
        switch (*at) {
        case '{': depth++; at++; break;
        case '}': depth--; at++; break;
        case '"': at++; while (at < end && *at != '"') at += *at == '\\' ? 2 : 1; at++; break;
        case '\\': out[0] += at[1]; at += 2; break;
        case '%': out[1] = at[1] * 16 + at[2]; at += 3; break;
        case '/': at += at[1] == '/' ? 2 : 1; break;
        case 't': out[2] = at[1] == 'r' && at[2] == 'u' && at[3] == 'e'; at += 4; break;
        case ' ': case '\n': case '\t': at++; break;
        case '0': case '1': case '2': case '3': out[3] = out[3] * 10 + *at - '0'; at++; break;
        default: return -1;
        }
    }
    return depth;
}
int main(int argc, char **argv) {
    int out[4] = {0};
    return scan(argv[0], argv[argc], out);
}
