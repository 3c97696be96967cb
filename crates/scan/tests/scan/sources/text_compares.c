// found: nothing
#include <stddef.h>
__attribute__((noinline)) size_t unescape(const char *text, size_t length, char *out) {
    size_t at = 0, made = 0;
    while (at < length) {
        char c = text[at];
        if (c == '%') {
            out[made++] = (char)((text[at + 1] & 15) << 4 | (text[at + 2] & 15));
            at += 3;
        } else if (c == '\\') {
            out[made++] = text[at + 1];
            at += 2;
        } else if (c == '#') {
            while (at < length && text[at] != '\n') at++;
        } else if (c == '+') {
            out[made++] = ' ';
            at += 1;
        } else {
            out[made++] = c;
            at += 1;
        }
    }
    return made;
}
int main(int argc, char **argv) { return (int)unescape(argv[0], (size_t)argc, argv[argc - 1]); }
