/* Blocks of 32 elements whose errors do not count alike.
   SPDX-License-Identifier: Apache-2.0 */
#ifndef LLAVA_WEIGHED_BLOCKS_OF_32_H
#define LLAVA_WEIGHED_BLOCKS_OF_32_H

#include <stdint.h>

/* Each gets a block as it would be without importance, and changes it where another has a smaller sum of
   squared errors, each times its importance. Scales are f16, and finite. */

/* Elements scale (q - half). */
void llava_improve_centred(uint8_t *q, uint16_t *scale, const float *x, const float *importance,
                           int half);

/* Elements scale q + minimum, with q from 0 to `most`. */
void llava_improve_line(uint8_t *q, uint16_t *scale, uint16_t *minimum, const float *x,
                        const float *importance, int most);

#endif
