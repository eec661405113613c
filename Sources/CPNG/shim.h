// libpng: the PNG decoder.
#include <png.h>
