#include "gates.hpp"

#include <cmath>

namespace queuebit {
namespace {

constexpr double kHalfRoot = 0.70710678118654752440;
const Complex I{0.0, 1.0};

Complex expi(double angle) { return {std::cos(angle), std::sin(angle)}; }

void set2(Complex* m, Complex a, Complex b, Complex c, Complex d) {
    m[0] = a;
    m[1] = b;
    m[2] = c;
    m[3] = d;
}

void diagonal2(Complex* m, Complex a, Complex d) { set2(m, a, 0, 0, d); }

void zero4(Complex* m) {
    for (int i = 0; i < 16; ++i) m[i] = 0;
}

void identity(const double*, Complex* m) { diagonal2(m, 1, 1); }
void x(const double*, Complex* m) { set2(m, 0, 1, 1, 0); }
void y(const double*, Complex* m) { set2(m, 0, -I, I, 0); }
void z(const double*, Complex* m) { diagonal2(m, 1, -1); }
void h(const double*, Complex* m) { set2(m, kHalfRoot, kHalfRoot, kHalfRoot, -kHalfRoot); }
void s(const double*, Complex* m) { diagonal2(m, 1, I); }
void sdg(const double*, Complex* m) { diagonal2(m, 1, -I); }
void t(const double*, Complex* m) { diagonal2(m, 1, Complex(kHalfRoot, kHalfRoot)); }
void tdg(const double*, Complex* m) { diagonal2(m, 1, Complex(kHalfRoot, -kHalfRoot)); }
void sx(const double*, Complex* m) { set2(m, {0.5, 0.5}, {0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}); }
void sxdg(const double*, Complex* m) { set2(m, {0.5, -0.5}, {0.5, 0.5}, {0.5, 0.5}, {0.5, -0.5}); }

void rx(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    set2(m, c, -I * s, -I * s, c);
}

void ry(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    set2(m, c, -s, s, c);
}

void rz(const double* p, Complex* m) { diagonal2(m, expi(-p[0] / 2), expi(p[0] / 2)); }
void phase(const double* p, Complex* m) { diagonal2(m, 1, expi(p[0])); }

void u3(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    const Complex phi = expi(p[1]), lambda = expi(p[2]);
    // The parts by hand: a product of complex numbers looks for infinities.
    const Complex both(phi.real() * lambda.real() - phi.imag() * lambda.imag(),
                       phi.real() * lambda.imag() + phi.imag() * lambda.real());
    set2(m, c, -lambda * s, phi * s, both * c);
}

void u2(const double* p, Complex* m) {
    set2(m, kHalfRoot, -expi(p[1]) * kHalfRoot, expi(p[0]) * kHalfRoot, expi(p[0] + p[1]) * kHalfRoot);
}

// The base of a controlled u with a phase of its own.
void u4(const double* p, Complex* m) {
    u3(p, m);
    for (int i = 0; i < 4; ++i) m[i] *= expi(p[3]);
}

void r(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    set2(m, c, -I * expi(-p[1]) * s, -I * expi(p[1]) * s, c);
}

void global_phase(const double* p, Complex* m) { m[0] = expi(p[0]); }

void swap(const double*, Complex* m) {
    zero4(m);
    m[0] = m[6] = m[9] = m[15] = 1;
}

void iswap(const double*, Complex* m) {
    zero4(m);
    m[0] = m[15] = 1;
    m[6] = m[9] = I;
}

void dcx(const double*, Complex* m) {
    zero4(m);
    m[0] = m[7] = m[9] = m[14] = 1;
}

void ecr(const double*, Complex* m) {
    zero4(m);
    m[1] = m[4] = m[11] = m[14] = kHalfRoot;
    m[3] = m[9] = I * kHalfRoot;
    m[6] = m[12] = -I * kHalfRoot;
}

void rxx(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    zero4(m);
    m[0] = m[5] = m[10] = m[15] = c;
    m[3] = m[6] = m[9] = m[12] = -I * s;
}

void ryy(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    zero4(m);
    m[0] = m[5] = m[10] = m[15] = c;
    m[3] = m[12] = I * s;
    m[6] = m[9] = -I * s;
}

void rzz(const double* p, Complex* m) {
    zero4(m);
    m[0] = m[15] = expi(-p[0] / 2);
    m[5] = m[10] = expi(p[0] / 2);
}

void rzx(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    zero4(m);
    m[0] = m[5] = m[10] = m[15] = c;
    m[2] = m[8] = -I * s;
    m[7] = m[13] = I * s;
}

void xx_minus_yy(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    zero4(m);
    m[0] = m[15] = c;
    m[5] = m[10] = 1;
    m[3] = -I * s * expi(-p[1]);
    m[12] = -I * s * expi(p[1]);
}

void xx_plus_yy(const double* p, Complex* m) {
    const double c = std::cos(p[0] / 2), s = std::sin(p[0] / 2);
    zero4(m);
    m[0] = m[15] = 1;
    m[5] = m[10] = c;
    m[6] = -I * s * expi(-p[1]);
    m[9] = -I * s * expi(p[1]);
}

}  // namespace

const std::vector<GateKind>& gate_kinds() {
    static const std::vector<GateKind> kinds = {
        {"global_phase", 0, 0, 1, global_phase},
        {"id", 0, 1, 0, identity},
        {"x", 0, 1, 0, x},
        {"y", 0, 1, 0, y},
        {"z", 0, 1, 0, z},
        {"h", 0, 1, 0, h},
        {"s", 0, 1, 0, s},
        {"sdg", 0, 1, 0, sdg},
        {"t", 0, 1, 0, t},
        {"tdg", 0, 1, 0, tdg},
        {"sx", 0, 1, 0, sx},
        {"sxdg", 0, 1, 0, sxdg},
        {"rx", 0, 1, 1, rx},
        {"ry", 0, 1, 1, ry},
        {"rz", 0, 1, 1, rz},
        {"p", 0, 1, 1, phase},
        {"u1", 0, 1, 1, phase},
        {"u2", 0, 1, 2, u2},
        {"u3", 0, 1, 3, u3},
        {"u", 0, 1, 3, u3},
        {"r", 0, 1, 2, r},
        {"ch", 1, 1, 0, h},
        {"cx", 1, 1, 0, x},
        {"cy", 1, 1, 0, y},
        {"cz", 1, 1, 0, z},
        {"cs", 1, 1, 0, s},
        {"csdg", 1, 1, 0, sdg},
        {"csx", 1, 1, 0, sx},
        {"cp", 1, 1, 1, phase},
        {"cu1", 1, 1, 1, phase},
        {"crx", 1, 1, 1, rx},
        {"cry", 1, 1, 1, ry},
        {"crz", 1, 1, 1, rz},
        {"cu3", 1, 1, 3, u3},
        {"cu", 1, 1, 4, u4},
        {"ccx", 2, 1, 0, x},
        {"ccz", 2, 1, 0, z},
        {"c3sx", 3, 1, 0, sx},
        {"cswap", 1, 2, 0, swap},
        {"swap", 0, 2, 0, swap},
        {"iswap", 0, 2, 0, iswap},
        {"dcx", 0, 2, 0, dcx},
        {"ecr", 0, 2, 0, ecr},
        {"rxx", 0, 2, 1, rxx},
        {"ryy", 0, 2, 1, ryy},
        {"rzz", 0, 2, 1, rzz},
        {"rzx", 0, 2, 1, rzx},
        {"xx_minus_yy", 0, 2, 2, xx_minus_yy},
        {"xx_plus_yy", 0, 2, 2, xx_plus_yy},
    };
    return kinds;
}

}  // namespace queuebit
