// libzstd: the frames of every stream.
#include <zstd.h>
#include <zstd_errors.h>
