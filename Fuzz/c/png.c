// PNG files of any bytes, as photographs and as labels, for libFuzzer.
#include "CPNG.h"
#include <stdlib.h>

enum { MOST_PIXELS = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  char message[CPNG_MESSAGE_SIZE];
  CPNGHeader header;
  if (cpng_read_header(bytes, count, &header, message) != CPNG_OK) return 0;
  const uint64_t pixels = (uint64_t)header.width * header.height;
  if (pixels > MOST_PIXELS) return 0;
  uint8_t *samples = malloc((size_t)pixels * 3);
  if (!samples) return 0;
  cpng_decode_rgb(bytes, count, samples, (size_t)pixels * 3, message);
  if (!header.is_color && !header.has_alpha) {
    cpng_decode_samples(bytes, count, samples, (size_t)pixels * (header.depth == 16 ? 2 : 1), message);
  }
  free(samples);
  return 0;
}
