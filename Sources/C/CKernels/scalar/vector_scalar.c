/* The functions along rows for any processor: the definition.
   SPDX-License-Identifier: Apache-2.0 */
#include "../sets.h"

#include "../vector_template.h"

const llava_format llava_formats[LLAVA_FORMATS] = FORMATS;
const llava_vectors llava_vectors_scalar = VECTORS(llava_formats);

