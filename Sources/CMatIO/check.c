#include "CMatIO.h"
#include <stdio.h>
#include <string.h>
#include <zlib.h>

// The header of a file: text, then the version and the letters MI in the byte order of the file.
enum { HEADER_SIZE = 128, VERSION_PLACE = 124 };

// Types of elements.
enum { INT8 = 1, INT32 = 5, UINT32 = 6, MATRIX = 14, COMPRESSED = 15 };

// Classes of arrays.
enum { CHARACTERS = 4, FIRST_NUMERIC = 6, LAST_NUMERIC = 15 };

// MATLAB's own limits are 63 letters and, in practice, few dimensions.
enum { MOST_NAME_BYTES = 63, MOST_DIMENSIONS = 32 };

/// Bytes of a number of an element type, 0 for types that are no numbers.
static size_t number_size(uint32_t type) {
  switch (type) {
    case 1:
    case 2: return 1;
    case 3:
    case 4: return 2;
    case 5:
    case 6:
    case 7: return 4;
    case 9:
    case 12:
    case 13: return 8;
    default: return 0;
  }
}

/// What is left of the file, of an element or, inflated, of a compressed element.
typedef struct {
  const uint8_t *bytes;
  size_t count;
  int is_big_endian;
  int is_compressed;
  z_stream inflater;
} Source;

typedef struct {
  uint32_t type;
  uint32_t size;
  /// Bytes from the start of the contents to the next element.
  uint32_t padded;
} Tag;

typedef struct {
  uint32_t class;
  int is_complex;
  uint32_t rank;
  uint32_t dimensions[MOST_DIMENSIONS];
  char name[MOST_NAME_BYTES + 1];
} Header;

static CMatIOStatus fail(CMatIOStatus status, char *message, const char *text) {
  snprintf(message, CMATIO_MESSAGE_SIZE, "%s", text);
  return status;
}

static CMatIOStatus take(Source *source, void *to, size_t count, char *message) {
  if (!source->is_compressed) {
    if (count > source->count) return fail(CMATIO_CUT_SHORT, message, "");
    memcpy(to, source->bytes, count);
    source->bytes += count;
    source->count -= count;
    return CMATIO_OK;
  }
  z_stream *inflater = &source->inflater;
  inflater->next_out = to;
  inflater->avail_out = (uInt)count;
  while (inflater->avail_out > 0) {
    const int result = inflate(inflater, Z_NO_FLUSH);
    if (result == Z_OK) continue;
    if (result == Z_STREAM_END && inflater->avail_out == 0) break;
    if (result == Z_BUF_ERROR || result == Z_STREAM_END) return fail(CMATIO_CUT_SHORT, message, "");
    return fail(CMATIO_DAMAGED, message, "its compressed bytes are not as they were written");
  }
  return CMATIO_OK;
}

static CMatIOStatus skip(Source *source, size_t count, char *message) {
  uint8_t chunk[4096];
  while (count > 0) {
    const size_t size = count < sizeof chunk ? count : sizeof chunk;
    const CMatIOStatus status = take(source, chunk, size, message);
    if (status != CMATIO_OK) return status;
    count -= size;
  }
  return CMATIO_OK;
}

static uint32_t word(const Source *source, const uint8_t *bytes) {
  const uint32_t big = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
  return source->is_big_endian ? big : __builtin_bswap32(big);
}

/// Reads a tag. One whose upper half is not zero is a small element, with at most four bytes of contents at once.
static CMatIOStatus take_tag(Source *source, Tag *tag, char *message) {
  uint8_t bytes[4];
  CMatIOStatus status = take(source, bytes, 4, message);
  if (status != CMATIO_OK) return status;
  const uint32_t first = word(source, bytes);
  if (first >> 16) {
    *tag = (Tag){.type = first & 0xFFFF, .size = first >> 16, .padded = 4};
    return tag->size <= 4 ? CMATIO_OK : fail(CMATIO_DAMAGED, message, "a small element has more than four bytes");
  }
  status = take(source, bytes, 4, message);
  const uint32_t size = word(source, bytes);
  // Sizes near 2^32 would wrap; nothing that is read is as large.
  if (status == CMATIO_OK && size > UINT32_MAX - 7) return fail(CMATIO_DAMAGED, message, "an element has no end");
  *tag = (Tag){.type = first, .size = size, .padded = (size + 7) & ~7u};
  return status;
}

/// Reads an element of this type and of `least` to `most` bytes to `to`.
static CMatIOStatus take_element(
    Source *source, uint32_t type, uint32_t least, uint32_t most, void *to, uint32_t *size, char *message) {
  Tag tag;
  CMatIOStatus status = take_tag(source, &tag, message);
  if (status != CMATIO_OK) return status;
  if (tag.type != type || tag.size < least || tag.size > most) {
    snprintf(message, CMATIO_MESSAGE_SIZE, "a matrix has an element of type %u with %u bytes", tag.type, tag.size);
    return CMATIO_DAMAGED;
  }
  *size = tag.size;
  status = take(source, to, tag.size, message);
  return status == CMATIO_OK ? skip(source, tag.padded - tag.size, message) : status;
}

static CMatIOStatus take_header(Source *source, Header *header, char *message) {
  uint8_t flags[8], dimensions[4 * MOST_DIMENSIONS];
  uint32_t size;
  memset(header, 0, sizeof *header);
  CMatIOStatus status = take_element(source, UINT32, 8, 8, flags, &size, message);
  if (status != CMATIO_OK) return status;
  header->class = word(source, flags) & 0xFF;
  header->is_complex = (word(source, flags) & 0x800) != 0;
  const int is_numeric = header->class >= FIRST_NUMERIC && header->class <= LAST_NUMERIC;
  if (!is_numeric && header->class != CHARACTERS) {
    return fail(CMATIO_NO_MATRIX, message, "holds a cell, a structure or an object");
  }
  status = take_element(source, INT32, 8, sizeof dimensions, dimensions, &size, message);
  if (status != CMATIO_OK) return status;
  if (size % 4 != 0) return fail(CMATIO_DAMAGED, message, "a matrix has a dimension of less than four bytes");
  header->rank = size / 4;
  for (uint32_t i = 0; i < header->rank; i++) header->dimensions[i] = word(source, dimensions + 4 * i);
  return take_element(source, INT8, 1, MOST_NAME_BYTES, header->name, &size, message);
}

/// Checks that all numbers are present, followed by nothing but padding.
static CMatIOStatus check_numbers(Source *source, const Header *header, char *message) {
  if (header->class == CHARACTERS || header->is_complex || header->rank != 2) {
    snprintf(
        message, CMATIO_MESSAGE_SIZE, "has %u dimensions%s", header->rank,
        header->class == CHARACTERS ? " of characters"
        : header->is_complex        ? " of complex numbers"
                                    : "");
    return CMATIO_NO_MATRIX;
  }
  const uint64_t rows = header->dimensions[0], columns = header->dimensions[1];
  if (rows == 0 || columns == 0 || rows > CMATIO_MOST_NUMBERS || rows * columns > CMATIO_MOST_NUMBERS) {
    snprintf(
        message, CMATIO_MESSAGE_SIZE, "has %llu x %llu numbers, 1 to %d are possible", (unsigned long long)rows,
        (unsigned long long)columns, CMATIO_MOST_NUMBERS);
    return CMATIO_NO_MATRIX;
  }
  Tag tag;
  CMatIOStatus status = take_tag(source, &tag, message);
  if (status != CMATIO_OK) return status;
  if (number_size(tag.type) == 0 || tag.size != rows * columns * number_size(tag.type)) {
    snprintf(
        message, CMATIO_MESSAGE_SIZE, "its %llu x %llu numbers are stored as type %u in %u bytes",
        (unsigned long long)rows, (unsigned long long)columns, tag.type, tag.size);
    return CMATIO_DAMAGED;
  }
  status = skip(source, tag.padded, message);
  if (status != CMATIO_OK || !source->is_compressed) return status;
  // The checksum is at the end.
  uint8_t beyond;
  source->inflater.next_out = &beyond;
  source->inflater.avail_out = 1;
  if (inflate(&source->inflater, Z_FINISH) == Z_STREAM_END) return CMATIO_OK;
  return fail(CMATIO_DAMAGED, message, "its compressed bytes are not as they were written");
}

/// Checks one variable; `is_wanted` becomes whether it was the requested one.
static CMatIOStatus check_variable(Source *source, const char *name, Header *header, int *is_wanted, char *message) {
  if (source->is_compressed) {
    Tag tag;
    const CMatIOStatus status = take_tag(source, &tag, message);
    if (status != CMATIO_OK) return status;
    if (tag.type != MATRIX) return fail(CMATIO_DAMAGED, message, "a compressed element holds no variable");
  }
  const CMatIOStatus status = take_header(source, header, message);
  if (status != CMATIO_OK) return status;
  *is_wanted = strcmp(header->name, name) == 0;
  return *is_wanted ? check_numbers(source, header, message) : CMATIO_OK;
}

static CMatIOStatus check_element(
    Source *file, const Tag *tag, const char *name, Header *header, int *is_wanted, char *message) {
  Source element = {.bytes = file->bytes, .count = tag->size, .is_big_endian = file->is_big_endian};
  if (tag->type == MATRIX) return check_variable(&element, name, header, is_wanted, message);
  if (tag->type != COMPRESSED) {
    snprintf(message, CMATIO_MESSAGE_SIZE, "an element of type %u stands where a variable should", tag->type);
    return CMATIO_DAMAGED;
  }
  element.is_compressed = 1;
  element.inflater.next_in = (Bytef *)element.bytes;
  element.inflater.avail_in = tag->size;
  if (inflateInit(&element.inflater) != Z_OK) return fail(CMATIO_NO_MEMORY, message, "");
  const CMatIOStatus status = check_variable(&element, name, header, is_wanted, message);
  inflateEnd(&element.inflater);
  return status;
}

static CMatIOStatus check_version(Source *file, char *message) {
  if (file->count < HEADER_SIZE) return fail(CMATIO_OTHER_FORMAT, message, "is no MATLAB file");
  const uint8_t *mark = file->bytes + VERSION_PLACE;
  file->is_big_endian = mark[2] == 'M';
  file->bytes += HEADER_SIZE;
  file->count -= HEADER_SIZE;
  if (!memcmp(mark, "\x00\x01IM", 4) || !memcmp(mark, "\x01\x00MI", 4)) return CMATIO_OK;
  const int is_hdf5 = !memcmp(mark, "\x00\x02IM", 4) || !memcmp(mark, "\x02\x00MI", 4);
  return fail(CMATIO_OTHER_FORMAT, message, is_hdf5 ? "is a MATLAB file of version 7.3" : "is no MATLAB file");
}

CMatIOStatus cmatio_check(
    const uint8_t *bytes, size_t count, const char *name, size_t *rows, size_t *columns, char *message) {
  Source file = {.bytes = bytes, .count = count};
  CMatIOStatus status = check_version(&file, message);
  while (status == CMATIO_OK && file.count > 0) {
    Tag tag;
    Header header;
    int is_wanted = 0;
    status = take_tag(&file, &tag, message);
    if (status == CMATIO_OK && tag.size > file.count) status = fail(CMATIO_CUT_SHORT, message, "");
    if (status == CMATIO_OK) status = check_element(&file, &tag, name, &header, &is_wanted, message);
    if (status == CMATIO_OK && is_wanted) {
      *rows = header.dimensions[0];
      *columns = header.dimensions[1];
      return CMATIO_OK;
    }
    // Elements of the file follow each other without padding.
    if (status == CMATIO_OK) status = skip(&file, tag.size, message);
  }
  return status == CMATIO_OK ? fail(CMATIO_NO_VARIABLE, message, "") : status;
}
