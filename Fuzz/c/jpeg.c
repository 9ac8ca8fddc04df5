// JPEG files of any bytes, for libFuzzer.
#include "CJPEG.h"
#include <stdlib.h>

// Larger pictures are refused before this code is called, or cost time that shows nothing.
enum { MOST_PIXELS = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  char message[CJPEG_MESSAGE_SIZE];
  uint32_t width, height;
  if (cjpeg_read_size(bytes, count, &width, &height, message) != CJPEG_OK) return 0;
  if ((uint64_t)width * height > MOST_PIXELS) return 0;
  const size_t capacity = (size_t)width * height * 3;
  uint8_t *pixels = malloc(capacity);
  if (pixels) cjpeg_decode_rgb(bytes, count, pixels, capacity, message);
  free(pixels);
  return 0;
}
