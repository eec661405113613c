// libjpeg(-turbo): the JPEG decoder.
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
