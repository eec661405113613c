/* Detection: the processor has the instructions, and the system saves their registers.
   SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Register sets that the operating system has enabled (XCR0). */
static uint64_t enabled_registers(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

/* Without this request the first tile instruction would be fatal (Linux, since 5.16). */
static int tiles_permitted(void) {
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static int has(uint32_t word, unsigned bit) { return (word >> bit) & 1u; }

unsigned llava_cpu_features(void) {
    const uint64_t YMM = 0x6, ZMM = 0xE6, TILES = 0x60000;
    uint32_t a, b, c, d, a1, b1, c1, d1, a7, b7, c7, d7;
    if (!__get_cpuid(1, &a1, &b1, &c1, &d1) || !has(c1, 27)) return 0;
    if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) return 0;
    uint64_t enabled = enabled_registers();
    unsigned features = 0;
    if ((enabled & YMM) == YMM && has(b7, 5) && has(c1, 12) && has(c1, 29)) features |= CPU_AVX2;
    if ((features & CPU_AVX2) && __get_cpuid_count(7, 1, &a, &b, &c, &d) && has(a, 4))
        features |= CPU_AVX_VNNI;
    int foundation = has(b7, 16) && has(b7, 17) && has(b7, 30) && has(b7, 31);
    if ((features & CPU_AVX2) && (enabled & ZMM) == ZMM && foundation) features |= CPU_AVX512;
    if (!(features & CPU_AVX512)) return features;
    if (has(c7, 11)) features |= CPU_AVX512_VNNI;
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) && has(a, 5)) features |= CPU_AVX512BF16;
    int tiles = has(d7, 24) && has(d7, 22) && (enabled & TILES) == TILES;
    if (tiles && (features & CPU_AVX512BF16) && tiles_permitted()) features |= CPU_AMX_BF16;
    return features;
}

#else

unsigned llava_cpu_features(void) { return 0; }

#endif
