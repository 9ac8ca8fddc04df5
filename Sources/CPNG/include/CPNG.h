// PNG files from and to memory. libpng reports errors by longjmp, which must not cross a Swift frame:
// every call that can fail begins and ends in these functions.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
  CPNG_OK = 0,
  /// The bytes end before the image does.
  CPNG_CUT_SHORT,
  /// The bytes contradict the format.
  CPNG_DAMAGED,
  CPNG_NO_MEMORY,
} CPNGStatus;

enum { CPNG_MESSAGE_SIZE = 256 };

typedef struct {
  uint32_t width;
  uint32_t height;
  /// Bits a sample: 1, 2, 4, 8 or 16.
  int depth;
  /// Samples are indices into a palette.
  int is_palette;
  /// Samples are red, green and blue.
  int is_color;
  /// A sample of opacity follows the others.
  int has_alpha;
  /// The range of the chunk eXIf's contents in the file; empty without one.
  size_t exif_start;
  size_t exif_count;
} CPNGHeader;

/// Reads the header that `bytes` begin. `message` takes CPNG_MESSAGE_SIZE characters on failure.
CPNGStatus cpng_read_header(const uint8_t *bytes, size_t count, CPNGHeader *header, char *message);

/// Decodes to interleaved RGB of 8 bits, rows from the top; transparent pixels are composited onto white. `capacity`
/// must be width * height * 3. `lacks_end` becomes whether the bytes end after the last pixel and before the chunk
/// IEND.
CPNGStatus cpng_decode_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, int *lacks_end, char *message);

/// Decodes a palette or grey image without alpha to its samples as stored: one byte each up to 8 bits,
/// two bytes with the high one first for 16. `capacity` must be width * height, twice that for 16 bits.
CPNGStatus cpng_decode_samples(
    const uint8_t *bytes, size_t count, uint8_t *samples, size_t capacity, int *lacks_end, char *message);

/// Encodes interleaved RGB or, where `palette` is not null, indices into its RGB colours, `colors` of them (1...256),
/// each with its opacity where `opacities` is not null. The caller frees `*bytes`, which is null on failure.
CPNGStatus cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, const uint8_t *palette, const uint8_t *opacities,
    int colors, uint8_t **bytes, size_t *count, char *message);
