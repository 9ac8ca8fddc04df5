#include "CJPEG.h"
#include "failure.h"

// Genuine progressive files have about ten scans; a crafted one repeats scans to keep a reader busy.
enum { MOST_SCANS = 256 };

// Huffman coding spends at least one bit on a block of 64 pixels: more than 512 pixels a byte cannot be there.
// Four times that leaves room for subsampling.
enum { MOST_PIXELS_PER_BYTE = 2048 };

typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_progress_mgr progress;
  Failure failure;
  const uint8_t *bytes;
  size_t count;
  uint8_t *pixels;
  size_t capacity;
} Decoder;

static void limit_scans(j_common_ptr common) {
  j_decompress_ptr jpeg = (j_decompress_ptr)common;
  if (jpeg->input_scan_number > MOST_SCANS) {
    cjpeg_fail(common, CJPEG_UNSUPPORTED, "it holds more than 256 scans");
  }
}

static void begin(Decoder *decoder) {
  j_decompress_ptr jpeg = &decoder->jpeg;
  jpeg_create_decompress(jpeg);
  decoder->progress.progress_monitor = limit_scans;
  jpeg->progress = &decoder->progress;
  jpeg_mem_src(jpeg, decoder->bytes, (unsigned long)decoder->count);
  jpeg_read_header(jpeg, TRUE);
}

/// `value * weight / 255`, rounded.
static uint8_t scaled(unsigned value, unsigned weight) { return (uint8_t)((value * weight + 127) / 255); }

/// Ink in 0...255 to light. Adobe's programs, and all that follow them, store the ink inverted.
static void rgb_from_cmyk(const uint8_t *cmyk, uint8_t *rgb, size_t width, int inverted) {
  const uint8_t flip = inverted ? 0 : 255;
  for (size_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
    const unsigned paper = cmyk[3] ^ flip;
    for (int c = 0; c < 3; c++) rgb[c] = scaled(cmyk[c] ^ flip, paper);
  }
}

static void read_rows(Decoder *decoder) {
  j_decompress_ptr jpeg = &decoder->jpeg;
  const int four = jpeg->num_components == 4;
  if (jpeg->num_components != 1 && jpeg->num_components != 3 && !four) {
    cjpeg_fail((j_common_ptr)jpeg, CJPEG_UNSUPPORTED, "it has neither 1, 3 nor 4 colour channels");
  }
  const size_t width = jpeg->image_width, height = jpeg->image_height;
  if (decoder->capacity != width * height * 3) {
    cjpeg_fail((j_common_ptr)jpeg, CJPEG_DAMAGED, "its size changed while it was read");
  }
  if (!jpeg->arith_code && width * height / MOST_PIXELS_PER_BYTE > decoder->count) {
    cjpeg_fail((j_common_ptr)jpeg, CJPEG_CUT_SHORT, "it is too small for the pixels that its header announces");
  }
  jpeg->out_color_space = four ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(jpeg);
  JSAMPARRAY inks = NULL;
  if (four) inks = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, (JDIMENSION)(width * 4), 1);
  while (jpeg->output_scanline < height) {
    JSAMPROW row = decoder->pixels + (size_t)jpeg->output_scanline * width * 3;
    if (four) {
      jpeg_read_scanlines(jpeg, inks, 1);
      rgb_from_cmyk(inks[0], row, width, jpeg->saw_Adobe_marker);
    } else {
      jpeg_read_scanlines(jpeg, &row, 1);
    }
  }
  jpeg_finish_decompress(jpeg);
}

// The values that change after setjmp live in the caller's frame, where longjmp leaves them as they are.
static int guarded(Decoder *decoder, void (*body)(Decoder *)) {
  if (setjmp(decoder->failure.landing)) return 0;
  begin(decoder);
  if (body) body(decoder);
  return 1;
}

static CJPEGStatus run(Decoder *decoder, char *message, void (*body)(Decoder *)) {
  cjpeg_prepare(&decoder->failure, message);
  decoder->jpeg.err = &decoder->failure.manager;
  const int done = guarded(decoder, body);
  jpeg_destroy_decompress(&decoder->jpeg);
  return done ? CJPEG_OK : decoder->failure.status;
}

CJPEGStatus cjpeg_read_size(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, char *message) {
  Decoder decoder = {.bytes = bytes, .count = count};
  const CJPEGStatus status = run(&decoder, message, NULL);
  *width = status == CJPEG_OK ? decoder.jpeg.image_width : 0;
  *height = status == CJPEG_OK ? decoder.jpeg.image_height : 0;
  return status;
}

CJPEGStatus cjpeg_decode_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, char *message) {
  Decoder decoder = {.bytes = bytes, .count = count, .pixels = pixels, .capacity = capacity};
  return run(&decoder, message, read_rows);
}
