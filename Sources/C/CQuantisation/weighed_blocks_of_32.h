/* Blocks of 32 elements whose errors are weighted differently.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_WEIGHED_BLOCKS_OF_32_H
#define LLAVA_WEIGHED_BLOCKS_OF_32_H

#include <stdint.h>

/* Each function gets a block as encoded without importance, and replaces it if another has a smaller sum
   of squared errors, each weighted by its importance. Scales are f16, and finite. */

/* Elements scale (q - half). */
void llava_improve_centred(uint8_t *q, uint16_t *scale, const float *x, const float *importance,
                           int half);

/* Elements scale q + minimum, with q from 0 to `most`. */
void llava_improve_line(uint8_t *q, uint16_t *scale, uint16_t *minimum, const float *x,
                        const float *importance, int most);

#endif
