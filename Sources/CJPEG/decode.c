#include "CJPEG.h"
#include "failure.h"
#include <string.h>

// Ordinary progressive files have about ten scans; a malicious one repeats scans to cost a reader time.
enum { MOST_SCANS = 256 };

// The same for large images, where every scan takes time: 2^28 pixels may have 32.
#define MOST_SCANNED_PIXELS ((uint64_t)1 << 33)

// Huffman coding spends at least one bit on a block of 64 pixels: there cannot be more than 512 pixels per byte. Four
// times that leaves room for subsampling.
enum { MOST_PIXELS_PER_BYTE = 2048 };

typedef struct {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_progress_mgr progress;
  Failure failure;
  const uint8_t *bytes;
  size_t count;
  CJPEGHeader *header;
  uint8_t *pixels;
  size_t capacity;
} Decoder;

static void limit_scans(j_common_ptr common) {
  j_decompress_ptr jpeg = (j_decompress_ptr)common;
  if (jpeg->input_scan_number > MOST_SCANS) {
    cjpeg_fail(common, CJPEG_UNSUPPORTED, "it holds more than 256 scans");
  }
  const uint64_t area = (uint64_t)jpeg->image_width * jpeg->image_height;
  if (area * (uint64_t)jpeg->input_scan_number > MOST_SCANNED_PIXELS) {
    cjpeg_fail(common, CJPEG_UNSUPPORTED, "it holds too many scans for its size");
  }
}

/// Records the position of the first Exif segment, and skips the segment as libjpeg does by default.
static boolean on_app1(j_decompress_ptr jpeg) {
  static const uint8_t name[6] = "Exif\0";
  Decoder *decoder = (Decoder *)jpeg;
  struct jpeg_source_mgr *source = jpeg->src;
  const uint8_t *segment = source->next_input_byte;
  if (source->bytes_in_buffer < 2) cjpeg_fail_at_end((j_common_ptr)jpeg);
  const size_t stored = (size_t)segment[0] << 8 | segment[1];
  const size_t count = stored < 2 ? 2 : stored;
  if (count > source->bytes_in_buffer) cjpeg_fail_at_end((j_common_ptr)jpeg);
  const size_t head = 2 + sizeof name;
  if (decoder->header && !decoder->header->exif_count && count > head && !memcmp(segment + 2, name, sizeof name)) {
    decoder->header->exif_start = (size_t)(segment - decoder->bytes) + head;
    decoder->header->exif_count = count - head;
  }
  source->next_input_byte += count;
  source->bytes_in_buffer -= count;
  return TRUE;
}

static void begin(Decoder *decoder) {
  j_decompress_ptr jpeg = &decoder->jpeg;
  jpeg_create_decompress(jpeg);
  decoder->progress.progress_monitor = limit_scans;
  jpeg->progress = &decoder->progress;
  jpeg_set_marker_processor(jpeg, JPEG_APP0 + 1, on_app1);
  jpeg_mem_src(jpeg, decoder->bytes, (unsigned long)decoder->count);
  jpeg_read_header(jpeg, TRUE);
}

/// `value * weight / 255`, rounded.
static uint8_t scaled(unsigned value, unsigned weight) { return (uint8_t)((value * weight + 127) / 255); }

/// Ink in 0...255 to light. Adobe's programs, and others by their example, store the ink inverted.
static void rgb_from_cmyk(const uint8_t *cmyk, uint8_t *rgb, size_t width, int inverted) {
  const uint8_t flip = inverted ? 0 : 255;
  for (size_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
    const unsigned paper = cmyk[3] ^ flip;
    for (int c = 0; c < 3; c++) rgb[c] = scaled(cmyk[c] ^ flip, paper);
  }
}

/// Whether every number of the image has come in full, where the bytes have ended early and no bit was
/// missed before.
static int is_whole(j_decompress_ptr jpeg) {
  // Arithmetic coding leaves zeros at the end out, so that nothing is ever missed.
  if (jpeg->arith_code) return 0;
  for (int i = 0; i < jpeg->num_components; i++) {
    // A table is taken over with the first scan that holds the component.
    if (!jpeg->comp_info[i].quant_table) return 0;
    if (!jpeg->progressive_mode) continue;
    // The bits of each coefficient that are still to come, -1 where none has come.
    for (int k = 0; k < DCTSIZE2; k++) {
      if (jpeg->coef_bits[i][k] != 0) return 0;
    }
  }
  return 1;
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
  // What follows the last pixel is read before memory of the scans is given back.
  while (!jpeg_input_complete(jpeg)) {
    if (jpeg_consume_input(jpeg) == JPEG_SUSPENDED) break;
  }
  if (decoder->failure.is_at_end && !is_whole(jpeg)) cjpeg_fail_at_end((j_common_ptr)jpeg);
  jpeg_finish_decompress(jpeg);
}

// The values that change after setjmp live in the caller's frame, where longjmp leaves them as they are.
static int guarded(Decoder *decoder, void (*body)(Decoder *)) {
  if (setjmp(decoder->failure.landing)) return 0;
  begin(decoder);
  body(decoder);
  return 1;
}

static CJPEGStatus run(Decoder *decoder, char *message, void (*body)(Decoder *)) {
  cjpeg_prepare(&decoder->failure, message);
  decoder->jpeg.err = &decoder->failure.manager;
  const int done = guarded(decoder, body);
  jpeg_destroy_decompress(&decoder->jpeg);
  return done ? CJPEG_OK : decoder->failure.status;
}

static void read_size(Decoder *decoder) {
  decoder->header->width = decoder->jpeg.image_width;
  decoder->header->height = decoder->jpeg.image_height;
}

CJPEGStatus cjpeg_read_header(const uint8_t *bytes, size_t count, CJPEGHeader *header, char *message) {
  memset(header, 0, sizeof *header);
  Decoder decoder = {.bytes = bytes, .count = count, .header = header};
  return run(&decoder, message, read_size);
}

CJPEGStatus cjpeg_decode_rgb(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t capacity, int *lacks_end, char *message) {
  Decoder decoder = {.bytes = bytes, .count = count, .pixels = pixels, .capacity = capacity};
  const CJPEGStatus status = run(&decoder, message, read_rows);
  *lacks_end = status == CJPEG_OK && decoder.failure.is_at_end;
  return status;
}
