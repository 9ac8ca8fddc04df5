#include "CJPEG.h"
#include "failure.h"
#include <stdlib.h>

// The destination that libjpeg brings loses its buffer when an error interrupts it.
typedef struct {
  struct jpeg_destination_mgr manager;  // first, so that `jpeg->dest` is also a pointer to the whole
  uint8_t *bytes;
  size_t size;
  size_t count;
} Destination;

typedef struct {
  struct jpeg_compress_struct jpeg;
  Destination destination;
  Failure failure;
  const uint8_t *pixels;
  uint32_t width;
  uint32_t height;
  int quality;
} Encoder;

static void grow(j_compress_ptr jpeg, size_t used) {
  Destination *destination = (Destination *)jpeg->dest;
  const size_t size = destination->size ? destination->size * 2 : 1 << 16;
  uint8_t *bytes = realloc(destination->bytes, size);
  if (!bytes) cjpeg_fail((j_common_ptr)jpeg, CJPEG_NO_MEMORY, "no memory for the encoded image");
  destination->bytes = bytes;
  destination->size = size;
  destination->manager.next_output_byte = bytes + used;
  destination->manager.free_in_buffer = size - used;
}

static void on_begin(j_compress_ptr jpeg) { grow(jpeg, 0); }

static boolean on_full(j_compress_ptr jpeg) {
  grow(jpeg, ((Destination *)jpeg->dest)->size);
  return TRUE;
}

static void on_end(j_compress_ptr jpeg) {
  Destination *destination = (Destination *)jpeg->dest;
  destination->count = destination->size - destination->manager.free_in_buffer;
}

static int guarded(Encoder *encoder) {
  if (setjmp(encoder->failure.landing)) return 0;
  j_compress_ptr jpeg = &encoder->jpeg;
  jpeg_create_compress(jpeg);
  encoder->destination.manager.init_destination = on_begin;
  encoder->destination.manager.empty_output_buffer = on_full;
  encoder->destination.manager.term_destination = on_end;
  jpeg->dest = &encoder->destination.manager;
  jpeg->image_width = encoder->width;
  jpeg->image_height = encoder->height;
  jpeg->input_components = 3;
  jpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, encoder->quality, TRUE);
  jpeg->optimize_coding = TRUE;
  if (encoder->quality >= 90) {
    jpeg->comp_info[0].h_samp_factor = 1;
    jpeg->comp_info[0].v_samp_factor = 1;
  }
  jpeg_start_compress(jpeg, TRUE);
  while (jpeg->next_scanline < jpeg->image_height) {
    JSAMPROW row = (JSAMPROW)encoder->pixels + (size_t)jpeg->next_scanline * encoder->width * 3;
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
  return 1;
}

CJPEGStatus cjpeg_encode_rgb(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count,
    char *message) {
  Encoder encoder = {.pixels = pixels, .width = width, .height = height, .quality = quality};
  cjpeg_prepare(&encoder.failure, message);
  encoder.jpeg.err = &encoder.failure.manager;
  const int done = guarded(&encoder);
  jpeg_destroy_compress(&encoder.jpeg);
  if (!done) free(encoder.destination.bytes);
  *bytes = done ? encoder.destination.bytes : NULL;
  *count = done ? encoder.destination.count : 0;
  return done ? CJPEG_OK : encoder.failure.status;
}
