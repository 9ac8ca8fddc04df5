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
  /// Valid, but not supported by this reader.
  CJPEG_UNSUPPORTED,
  CJPEG_NO_MEMORY,
} CJPEGStatus;

enum { CJPEG_MESSAGE_SIZE = 256 };

typedef struct {
  uint32_t width;
  uint32_t height;
  /// The range of the first Exif segment's contents in the file, after "Exif" and two zeros; empty without one.
  size_t exif_start;
  size_t exif_count;
} CJPEGHeader;

/// Reads the header that `bytes` begin. `message` takes CJPEG_MESSAGE_SIZE characters on failure.
CJPEGStatus cjpeg_read_header(const uint8_t *bytes, size_t count, CJPEGHeader *header, char *message);

/// Decodes to interleaved RGB, rows from the top, as the file stores them. `capacity` must be width * height * 3.
/// `lacks_end` becomes whether the bytes end after the last pixel and before the end-of-image marker.
CJPEGStatus cjpeg_decode_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, int *lacks_end, char *message);

/// Encodes interleaved RGB as a baseline JPEG; the caller frees `*bytes`, which is null on failure.
/// From quality 90 on, colour has the same resolution as brightness; below, half of it.
CJPEGStatus cjpeg_encode_rgb(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count, char *message);
