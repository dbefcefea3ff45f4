#define QUEUEBIT_SIMD portable
#define QUEUEBIT_REGISTER 16
#define QUEUEBIT_ROWS 2
#include "kernels.inc"
