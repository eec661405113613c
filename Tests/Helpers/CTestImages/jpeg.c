// Renders a simple picture and compresses it with libjpeg.
// SPDX-License-Identifier: Apache-2.0
#include "CTestImages.h"

#include <stdio.h>

#include <jpeglib.h>

enum { SIDE = 48 };

/// A number below `limit` from bits that are mixed anew each time.
static unsigned draw(unsigned *state, unsigned limit) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % limit;
}

static void render(unsigned char pixels[SIDE][SIDE * 3], unsigned seed) {
    unsigned state = seed * 2654435761u + 1;
    unsigned char ground[3], shape[3];
    for (int i = 0; i < 3; i++) ground[i] = (unsigned char)draw(&state, 256);
    for (int i = 0; i < 3; i++) shape[i] = (unsigned char)draw(&state, 256);
    int x0 = 8 + (int)draw(&state, 32), y0 = 8 + (int)draw(&state, 32);
    int reach = 4 + (int)draw(&state, 12), is_disc = (int)draw(&state, 2);
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            int dx = x < x0 ? x0 - x : x - x0, dy = y < y0 ? y0 - y : y - y0;
            int inside = is_disc ? dx * dx + dy * dy <= reach * reach : dx <= reach && dy <= reach;
            for (int i = 0; i < 3; i++) pixels[y][3 * x + i] = inside ? shape[i] : ground[i];
        }
    }
}

int llava_test_write_jpeg(const char *path, unsigned seed) {
    unsigned char pixels[SIDE][SIDE * 3];
    render(pixels, seed);
    FILE *file = fopen(path, "wb");
    if (!file) return -1;
    struct jpeg_compress_struct compressor;
    struct jpeg_error_mgr errors;
    compressor.err = jpeg_std_error(&errors);
    jpeg_create_compress(&compressor);
    jpeg_stdio_dest(&compressor, file);
    compressor.image_width = SIDE;
    compressor.image_height = SIDE;
    compressor.input_components = 3;
    compressor.in_color_space = JCS_RGB;
    jpeg_set_defaults(&compressor);
    jpeg_set_quality(&compressor, 85, TRUE);
    jpeg_start_compress(&compressor, TRUE);
    while (compressor.next_scanline < compressor.image_height) {
        JSAMPROW row = pixels[compressor.next_scanline];
        jpeg_write_scanlines(&compressor, &row, 1);
    }
    jpeg_finish_compress(&compressor);
    jpeg_destroy_compress(&compressor);
    return fclose(file) == 0 ? 0 : -1;
}
