/* Measures what the machine can do at most: products a second and bytes read a second.
   SPDX-License-Identifier: Apache-2.0

     limits flops ROW THREADS     floating point operations of the row's dot-product instruction
     limits integers ROW THREADS  the same of products of 8-bit integers: avx512vnni, avxvnni or avx2,
                                  or best, which is the first of them that the processor has
     limits read FILE THREADS     bytes of a mapped file, up to 4 GiB, read once by all threads
   Prints {"ready":...} and answers every line on stdin with {"rate":...}, a second. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOOPS = 4000000, CHAINS = 12, MOST_THREADS = 1024 };
static const size_t MOST_BYTES = (size_t)4 << 30;

typedef double (*work)(size_t thread);
static size_t threads = 1;
static const uint64_t *words;
static size_t word_count;
static work todo;
static volatile uint64_t sink;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* CHAINS independent sums hide the latency of the instruction. They are named, not an array, to
   stay in registers; an empty asm keeps the loop from being folded. */
#define MEASURE(VECTOR, ZERO, STEP, IN)                                                            \
    VECTOR s0 = ZERO, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;                                 \
    VECTOR s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;                                 \
    for (long loop = 0; loop < LOOPS; loop++) {                                                    \
        s0 = STEP(s0), s1 = STEP(s1), s2 = STEP(s2), s3 = STEP(s3), s4 = STEP(s4);                 \
        s5 = STEP(s5), s6 = STEP(s6), s7 = STEP(s7), s8 = STEP(s8), s9 = STEP(s9);                 \
        s10 = STEP(s10), s11 = STEP(s11);                                                          \
        __asm__ volatile("" : IN(s0), IN(s1), IN(s2), IN(s3), IN(s4), IN(s5), IN(s6), IN(s7),      \
                         IN(s8), IN(s9), IN(s10), IN(s11));                                        \
    }

__attribute__((target("avx2,fma"))) static double flops_avx2(size_t thread) {
    __m256 a = _mm256_set1_ps((float)thread), b = _mm256_set1_ps(1e-9f);
#define STEP(sum) _mm256_fmadd_ps(a, b, sum)
    MEASURE(__m256, a, STEP, "+x")
#undef STEP
    return 2.0 * 8 * CHAINS * LOOPS;
}

__attribute__((target("avx512f"))) static double flops_avx512(size_t thread) {
    __m512 a = _mm512_set1_ps((float)thread), b = _mm512_set1_ps(1e-9f);
#define STEP(sum) _mm512_fmadd_ps(a, b, sum)
    MEASURE(__m512, a, STEP, "+v")
#undef STEP
    return 2.0 * 16 * CHAINS * LOOPS;
}

__attribute__((target("avx512f,avx512bf16"))) static double flops_avx512bf16(size_t thread) {
    __m512 zero = _mm512_set1_ps((float)thread);
    __m512bh a = (__m512bh)_mm512_set1_epi32(0x3f803f80);
#define STEP(sum) _mm512_dpbf16_ps(sum, a, a)
    MEASURE(__m512, zero, STEP, "+v")
#undef STEP
    return 2.0 * 32 * CHAINS * LOOPS;
}

struct tiles { uint8_t palette, start, reserved[14]; uint16_t bytes[16]; uint8_t rows[16]; };

/* Four tiles of sums from two and two of factors: the shape that hides a tile product's latency. */
__attribute__((target("amx-tile,amx-bf16"))) static double flops_amx(size_t thread) {
    struct tiles tiles = {.palette = 1};
    for (int i = 0; i < 8; i++) tiles.bytes[i] = 64, tiles.rows[i] = 16;
    static const uint16_t zeros[512] __attribute__((aligned(64)));
    (void)thread;
    _tile_loadconfig(&tiles);
    _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3);
    _tile_loadd(4, zeros, 64); _tile_loadd(5, zeros, 64);
    _tile_loadd(6, zeros, 64); _tile_loadd(7, zeros, 64);
    for (long loop = 0; loop < LOOPS; loop++) {
        _tile_dpbf16ps(0, 4, 6); _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
    return 2.0 * 16 * 16 * 32 * 4 * LOOPS;
}

/* The byte at k of one factor has no sign, that of the other has one, as in our products. */
__attribute__((target("avx512f,avx512vnni"))) static double integers_avx512vnni(size_t thread) {
    __m512i zero = _mm512_set1_epi32((int)thread), a = _mm512_set1_epi8(1);
#define STEP(sum) _mm512_dpbusd_epi32(sum, a, a)
    MEASURE(__m512i, zero, STEP, "+v")
#undef STEP
    return 2.0 * 64 * CHAINS * LOOPS;
}

__attribute__((target("avx2,avxvnni"))) static double integers_avxvnni(size_t thread) {
    __m256i zero = _mm256_set1_epi32((int)thread), a = _mm256_set1_epi8(1);
#define STEP(sum) _mm256_dpbusd_avx_epi32(sum, a, a)
    MEASURE(__m256i, zero, STEP, "+x")
#undef STEP
    return 2.0 * 32 * CHAINS * LOOPS;
}

/* Pairs of products, then a sum in 16 bits: the fewest instructions that a product can be made of, so
   that what must follow in 32 bits counts as ours. The factor is the sum, else the pairs would be made
   once, before the loop. */
__attribute__((target("avx2"))) static double integers_avx2(size_t thread) {
    __m256i zero = _mm256_set1_epi8((char)thread), a = _mm256_set1_epi8(1);
#define STEP(sum) _mm256_add_epi16(sum, _mm256_maddubs_epi16(sum, a))
    MEASURE(__m256i, zero, STEP, "+x")
#undef STEP
    return 2.0 * 32 * CHAINS * LOOPS;
}

/* Compiled without vectors, as `scalar` is. */
static double flops_scalar(size_t thread) {
    float a = (float)thread, b = 1e-9f;
#define STEP(sum) ((sum) + a * b)
    MEASURE(float, a, STEP, "+x")
#undef STEP
    return 2.0 * CHAINS * LOOPS;
}

static double read_part(size_t thread) {
    size_t part = word_count / threads / 64 * 64, sum[8] = {0};
    const uint64_t *from = words + thread * part;
    for (size_t i = 0; i + 64 <= part; i += 64)
        for (size_t j = 0; j < 64; j++) sum[j % 8] += from[i + j];
    for (int j = 0; j < 8; j++) sink += sum[j];
    return (double)part * 8;
}

struct result { double amount; };

static void *run(void *place) {
    size_t thread = (size_t)place;
    struct result *result = malloc(sizeof *result);
    if (!result) abort();
    result->amount = todo(thread);
    return result;
}

static double rate(void) {
    pthread_t ids[MOST_THREADS];
    double amount = 0, began = now();
    for (size_t i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, (void *)i)) abort();
    amount += todo(0);
    for (size_t i = 1; i < threads; i++) {
        void *result;
        pthread_join(ids[i], &result);
        amount += ((struct result *)result)->amount;
        free(result);
    }
    return amount / (now() - began);
}

static int map(const char *path) {
    struct stat facts;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &facts)) return perror(path), 1;
    size_t size = (size_t)facts.st_size < MOST_BYTES ? (size_t)facts.st_size : MOST_BYTES;
    words = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (words == MAP_FAILED) return perror(path), 1;
    word_count = size / 8;
    todo = read_part;
    return 0;
}

static const char *how;

struct row { const char *name; work work; };

static int choose(const struct row *rows, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(name, rows[i].name)) todo = rows[i].work, how = rows[i].name;
    return todo ? 0 : (fprintf(stderr, "no row called %s\n", name), 1);
}

static int choose_flops(const char *name) {
    static const struct row rows[] = {
        {"amx", flops_amx}, {"avx512bf16", flops_avx512bf16}, {"avx512", flops_avx512},
        {"avx2", flops_avx2}, {"scalar", flops_scalar}};
    if (choose(rows, sizeof rows / sizeof *rows, name)) return 1;
    /* The kernel gives out tile registers on demand: ARCH_REQ_XCOMP_PERM of XFEATURE_XTILEDATA. */
    if (todo == flops_amx && syscall(SYS_arch_prctl, 0x1023, 18)) return perror("amx"), 1;
    return 0;
}

static int choose_integers(const char *name) {
    static const struct row rows[] = {{"avx512vnni", integers_avx512vnni},
                                      {"avxvnni", integers_avxvnni}, {"avx2", integers_avx2}};
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!strcmp(name, "best")) {
        /* Leaf 7, subleaf 1, bit 4 of eax: AVX-VNNI, which not every compiler's builtin knows. */
        int vnni = __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 4 & 1;
        name = __builtin_cpu_supports("avx512vnni") ? "avx512vnni" : vnni ? "avxvnni" : "avx2";
    }
    return choose(rows, sizeof rows / sizeof *rows, name);
}

int main(int count, char **words_given) {
    if (count != 4)
        return fprintf(stderr, "limits flops ROW THREADS | integers ROW THREADS | read FILE THREADS\n"), 2;
    const char *what = words_given[1], *name = words_given[2];
    threads = strtoul(words_given[3], NULL, 10);
    if (threads < 1 || threads > MOST_THREADS) return fprintf(stderr, "bad thread count\n"), 2;
    how = what;
    if (!strcmp(what, "read") ? map(name)
        : !strcmp(what, "integers") ? choose_integers(name) : choose_flops(name))
        return 1;
    rate();
    printf("{\"ready\": true, \"how\": \"%s\"}\n", how);
    fflush(stdout);
    for (int byte; (byte = getchar()) != EOF;)
        if (byte == '\n') printf("{\"rate\": %.6g}\n", rate()), fflush(stdout);
    return 0;
}
