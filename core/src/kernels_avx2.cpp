#define QUEUEBIT_SIMD avx2
#define QUEUEBIT_REGISTER 32
#define QUEUEBIT_ROWS 2
#include "kernels.inc"
