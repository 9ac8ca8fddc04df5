#include "CPNG.h"
#include "failure.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  png_structp png;
  png_infop info;
  Failure failure;
  const uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  const uint8_t *palette;
  const uint8_t *opacities;
  int colors;
  uint8_t *bytes;
  size_t size;
  size_t count;
} Encoder;

static void on_write(png_structp png, png_bytep bytes, size_t count) {
  Encoder *encoder = png_get_io_ptr(png);
  if (count > encoder->size - encoder->count) {
    const size_t size = (encoder->size + count) * 2;
    uint8_t *larger = realloc(encoder->bytes, size);
    if (!larger) cpng_fail(&encoder->failure, CPNG_NO_MEMORY, "no memory for the encoded image");
    encoder->bytes = larger;
    encoder->size = size;
  }
  memcpy(encoder->bytes + encoder->count, bytes, count);
  encoder->count += count;
}

static void on_flush(png_structp png) { (void)png; }

static void set_palette(Encoder *encoder) {
  png_color colors[256];
  for (int i = 0; i < encoder->colors; i++) {
    const uint8_t *color = encoder->palette + i * 3;
    colors[i] = (png_color){.red = color[0], .green = color[1], .blue = color[2]};
  }
  png_set_PLTE(encoder->png, encoder->info, colors, encoder->colors);
  if (encoder->opacities) png_set_tRNS(encoder->png, encoder->info, encoder->opacities, encoder->colors, NULL);
  // Indices are not brightness: differences of neighbours are of no use, and the best compression is cheap.
  png_set_filter(encoder->png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_set_compression_level(encoder->png, 9);
}

/// Bits of a sample: few colours need few bits, and rows come with a byte for each index all the same.
static int depth(const Encoder *encoder) {
  if (!encoder->palette || encoder->colors > 16) return 8;
  return encoder->colors > 4 ? 4 : encoder->colors > 2 ? 2 : 1;
}

static int guarded(Encoder *encoder) {
  if (setjmp(encoder->failure.landing)) return 0;
  encoder->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder->failure, cpng_on_error, cpng_on_warning);
  encoder->info = encoder->png ? png_create_info_struct(encoder->png) : NULL;
  if (!encoder->info) cpng_fail(&encoder->failure, CPNG_NO_MEMORY, "no memory to write it");
  png_set_write_fn(encoder->png, encoder, on_write, on_flush);
  png_set_user_limits(encoder->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(
      encoder->png, encoder->info, encoder->width, encoder->height, depth(encoder),
      encoder->palette ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  if (encoder->palette) set_palette(encoder);
  png_write_info(encoder->png, encoder->info);
  png_set_packing(encoder->png);
  const size_t stride = (size_t)encoder->width * (encoder->palette ? 1 : 3);
  for (size_t y = 0; y < encoder->height; y++) png_write_row(encoder->png, encoder->pixels + y * stride);
  png_write_end(encoder->png, encoder->info);
  return 1;
}

CPNGStatus cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, const uint8_t *palette, const uint8_t *opacities,
    int colors, uint8_t **bytes, size_t *count, char *message) {
  Encoder encoder = {
      .pixels = pixels, .width = width, .height = height, .palette = palette, .opacities = opacities, .colors = colors};
  cpng_prepare(&encoder.failure, message);
  const int done = guarded(&encoder);
  png_destroy_write_struct(&encoder.png, &encoder.info);
  if (!done) free(encoder.bytes);
  *bytes = done ? encoder.bytes : NULL;
  *count = done ? encoder.count : 0;
  return done ? CPNG_OK : encoder.failure.status;
}
