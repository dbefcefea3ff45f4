#define QUEUEBIT_SIMD avx512
#define QUEUEBIT_REGISTER 64
#define QUEUEBIT_ROWS 4
#include "kernels.inc"
