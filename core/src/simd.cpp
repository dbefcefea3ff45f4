// Which instruction sets there are, and the code for each.
#include <stdexcept>
#include <string>

#include "kernels.hpp"

namespace queuebit {

#define QUEUEBIT_DECLARE(simd)             \
    namespace simd {                       \
    extern const Kernels<double> kDouble;  \
    extern const Kernels<float> kSingle;   \
    }

QUEUEBIT_DECLARE(portable)
#ifdef QUEUEBIT_X86
QUEUEBIT_DECLARE(avx2)
QUEUEBIT_DECLARE(avx512)
#endif
#undef QUEUEBIT_DECLARE

std::vector<const char*> available_simd() {
    std::vector<const char*> names;
#ifdef QUEUEBIT_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        names.push_back("avx512");
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) names.push_back("avx2");
#endif
    names.push_back("portable");
    return names;
}

namespace {

template <class T>
const Kernels<T>& pick(const Kernels<double>& in_double, const Kernels<float>& in_single) {
    if constexpr (sizeof(T) == sizeof(double)) {
        return in_double;
    } else {
        return in_single;
    }
}

}  // namespace

template <class T>
const Kernels<T>& kernels(const char* simd) {
    const std::string wanted = simd;
    for (const char* name : available_simd()) {
        if (wanted != name) continue;
#ifdef QUEUEBIT_X86
        if (wanted == "avx512") return pick<T>(avx512::kDouble, avx512::kSingle);
        if (wanted == "avx2") return pick<T>(avx2::kDouble, avx2::kSingle);
#endif
        return pick<T>(portable::kDouble, portable::kSingle);
    }
    throw std::invalid_argument("no code for the instruction set '" + wanted + "' can run on this machine");
}

template const Kernels<double>& kernels<double>(const char*);
template const Kernels<float>& kernels<float>(const char*);

}  // namespace queuebit
