// JPEG files from and to memory. libjpeg reports errors by longjmp, which must not cross a Swift frame:
// every call that can fail begins and ends in these functions.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
  CJPEG_OK = 0,
  /// The bytes end before the image does.
  CJPEG_CUT_SHORT,
  /// The bytes contradict the format.
  CJPEG_DAMAGED,
  /// The format allows it, this reader does not.
  CJPEG_UNSUPPORTED,
  CJPEG_NO_MEMORY,
} CJPEGStatus;

enum { CJPEG_MESSAGE_SIZE = 256 };

/// Reads the size of the image that `bytes` begin. `message` takes CJPEG_MESSAGE_SIZE characters on failure.
CJPEGStatus cjpeg_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message);

/// Decodes to interleaved RGB, rows from the top. `capacity` must be width * height * 3.
CJPEGStatus cjpeg_decode_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, char *message);

/// Encodes interleaved RGB as a baseline JPEG; the caller frees `*bytes`, which is null on failure.
/// From quality 90 on, colour has the same resolution as brightness; below, half of it.
CJPEGStatus cjpeg_encode_rgb(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count,
    char *message);
