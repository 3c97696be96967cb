__attribute__((noinline, used)) static int twice(int number) { return number + number; }
