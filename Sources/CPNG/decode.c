#include "CPNG.h"
#include "failure.h"
#include <stdlib.h>
#include <string.h>

// Deflate stores at most 1032 bytes in one.
enum { MOST_BYTES_PER_BYTE = 1032 };

// Passes of an interlaced image.
enum { PASSES = 7 };

typedef struct {
  png_structp png;
  png_infop info;
  Failure failure;
  const uint8_t *bytes;
  size_t count;
  size_t position;
  uint8_t *pixels;
  size_t capacity;
  uint8_t *rgba;
  CPNGHeader *header;
  /// The bytes have ended after the last row.
  int lacks_end;
} Decoder;

/// Whether the last row of the last pass has been read: what follows are checksums and chunks without pixels.
static int has_all_rows(const Decoder *decoder) {
  const png_uint_32 height = png_get_image_height(decoder->png, decoder->info);
  return height > 0
         && (png_get_current_pass_number(decoder->png) >= PASSES || png_get_current_row_number(decoder->png) >= height);
}

static void on_read(png_structp png, png_bytep bytes, size_t count) {
  Decoder *decoder = png_get_io_ptr(png);
  if (count > decoder->count - decoder->position) {
    decoder->lacks_end = has_all_rows(decoder);
    cpng_fail(&decoder->failure, CPNG_CUT_SHORT, "its last chunk is missing");
  }
  memcpy(bytes, decoder->bytes + decoder->position, count);
  decoder->position += count;
}

static void begin(Decoder *decoder) {
  decoder->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder->failure, cpng_on_error, cpng_on_warning);
  decoder->info = decoder->png ? png_create_info_struct(decoder->png) : NULL;
  if (!decoder->info) cpng_fail(&decoder->failure, CPNG_NO_MEMORY, "no memory to read it");
  png_structp png = decoder->png;
  png_set_read_fn(png, decoder, on_read);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the caller checks the size
  png_set_benign_errors(png, 1);
  // Texts, profiles and times are not used, and compressed ones cost time and memory; the orientation is found by
  // `cpng_read_header`.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "iCCP\0iTXt\0tEXt\0zTXt\0eXIf\0sPLT", 6);
  png_read_info(png, decoder->info);
}

static void check_capacity(Decoder *decoder, size_t bytes_per_pixel) {
  const size_t width = png_get_image_width(decoder->png, decoder->info);
  const size_t height = png_get_image_height(decoder->png, decoder->info);
  if (decoder->capacity != width * height * bytes_per_pixel) {
    cpng_fail(&decoder->failure, CPNG_DAMAGED, "its size changed while it was read");
  }
  const size_t stored = png_get_rowbytes(decoder->png, decoder->info) * height;
  if (stored / MOST_BYTES_PER_BYTE > decoder->count) {
    cpng_fail(&decoder->failure, CPNG_CUT_SHORT, "it is too small for the pixels that its header announces");
  }
}

/// Reads all rows to `to`, in as many passes as the file has.
static void read_rows(Decoder *decoder, uint8_t *to, size_t bytes_per_pixel) {
  const int passes = png_set_interlace_handling(decoder->png);
  png_read_update_info(decoder->png, decoder->info);
  const size_t height = png_get_image_height(decoder->png, decoder->info);
  const size_t stride = png_get_rowbytes(decoder->png, decoder->info);
  if (stride != png_get_image_width(decoder->png, decoder->info) * bytes_per_pixel) {
    cpng_fail(&decoder->failure, CPNG_DAMAGED, "its rows have an unexpected length");
  }
  for (int pass = 0; pass < passes; pass++) {
    for (size_t y = 0; y < height; y++) png_read_row(decoder->png, to + y * stride, NULL);
  }
  png_read_end(decoder->png, NULL);
}

static void read_samples(Decoder *decoder) {
  const int depth = png_get_bit_depth(decoder->png, decoder->info);
  if (png_get_channels(decoder->png, decoder->info) != 1) {
    cpng_fail(&decoder->failure, CPNG_DAMAGED, "it is neither a palette nor a grey image");
  }
  const size_t bytes_per_pixel = depth == 16 ? 2 : 1;
  check_capacity(decoder, bytes_per_pixel);
  png_set_packing(decoder->png);
  read_rows(decoder, decoder->pixels, bytes_per_pixel);
}

static void lay_on_white(const uint8_t *rgba, uint8_t *rgb, size_t count) {
  for (size_t i = 0; i < count; i++, rgba += 4, rgb += 3) {
    const unsigned alpha = rgba[3];
    for (int c = 0; c < 3; c++) rgb[c] = (uint8_t)((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}

static void read_rgb(Decoder *decoder) {
  check_capacity(decoder, 3);
  const int has_alpha = (png_get_color_type(decoder->png, decoder->info) & PNG_COLOR_MASK_ALPHA)
                        || png_get_valid(decoder->png, decoder->info, PNG_INFO_tRNS);
  png_set_expand(decoder->png);
  png_set_scale_16(decoder->png);
  png_set_gray_to_rgb(decoder->png);
  if (!has_alpha) {
    read_rows(decoder, decoder->pixels, 3);
    return;
  }
  decoder->rgba = malloc(decoder->capacity / 3 * 4);
  if (!decoder->rgba) cpng_fail(&decoder->failure, CPNG_NO_MEMORY, "no memory to read it");
  read_rows(decoder, decoder->rgba, 4);
}

// The values that change after setjmp live in the caller's frame, where longjmp leaves them as they are.
static int guarded(Decoder *decoder, void (*body)(Decoder *)) {
  if (setjmp(decoder->failure.landing)) return 0;
  begin(decoder);
  body(decoder);
  return 1;
}

static CPNGStatus run(Decoder *decoder, char *message, void (*body)(Decoder *)) {
  cpng_prepare(&decoder->failure, message);
  const int done = guarded(decoder, body) || decoder->lacks_end;
  png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
  if (done && decoder->rgba) lay_on_white(decoder->rgba, decoder->pixels, decoder->capacity / 3);
  free(decoder->rgba);
  return done ? CPNG_OK : decoder->failure.status;
}

CPNGStatus cpng_decode_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, int *lacks_end, char *message) {
  Decoder decoder = {.bytes = bytes, .count = count, .pixels = pixels, .capacity = capacity};
  const CPNGStatus status = run(&decoder, message, read_rgb);
  *lacks_end = decoder.lacks_end;
  return status;
}

CPNGStatus cpng_decode_samples(
    const uint8_t *bytes, size_t count, uint8_t *samples, size_t capacity, int *lacks_end, char *message) {
  Decoder decoder = {.bytes = bytes, .count = count, .pixels = samples, .capacity = capacity};
  const CPNGStatus status = run(&decoder, message, read_samples);
  *lacks_end = decoder.lacks_end;
  return status;
}

static void read_header(Decoder *decoder) {
  CPNGHeader *header = decoder->header;
  const int type = png_get_color_type(decoder->png, decoder->info);
  header->width = png_get_image_width(decoder->png, decoder->info);
  header->height = png_get_image_height(decoder->png, decoder->info);
  header->depth = png_get_bit_depth(decoder->png, decoder->info);
  header->is_palette = type == PNG_COLOR_TYPE_PALETTE;
  header->is_color = !header->is_palette && (type & PNG_COLOR_MASK_COLOR);
  header->has_alpha = (type & PNG_COLOR_MASK_ALPHA) != 0;
}

static size_t big_endian(const uint8_t *bytes) {
  return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/// Looks for the chunk eXIf, which may be anywhere; chunks are length, name, contents and checksum.
static void find_exif(const uint8_t *bytes, size_t count, CPNGHeader *header) {
  enum { SIGNATURE = 8, HEAD = 8, CHECKSUM = 4 };
  for (size_t at = SIGNATURE; count - at >= HEAD;) {
    const size_t length = big_endian(bytes + at);
    if (length > count - at - HEAD) return;
    if (!memcmp(bytes + at + 4, "eXIf", 4)) {
      header->exif_start = at + HEAD;
      header->exif_count = length;
      return;
    }
    at += HEAD + length;
    if (count - at < CHECKSUM) return;
    at += CHECKSUM;
  }
}

CPNGStatus cpng_read_header(const uint8_t *bytes, size_t count, CPNGHeader *header, char *message) {
  memset(header, 0, sizeof *header);
  Decoder decoder = {.bytes = bytes, .count = count, .header = header};
  const CPNGStatus status = run(&decoder, message, read_header);
  if (status == CPNG_OK) find_exif(bytes, count, header);
  return status;
}
