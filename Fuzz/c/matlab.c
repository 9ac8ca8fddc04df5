// MATLAB files of any bytes, for libFuzzer: the check of their structure, and libmatio behind it.
#include "CMatIO.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_NUMBERS = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  char message[CMATIO_MESSAGE_SIZE];
  size_t rows, columns;
  if (cmatio_check(bytes, count, "LabelMap", &rows, &columns, message) != CMATIO_OK) return 0;
  if (rows * columns > MOST_NUMBERS) return 0;
  // libmatio reads files alone.
  char path[] = "/tmp/blpseg-fuzz-XXXXXX";
  const int descriptor = mkstemp(path);
  if (descriptor < 0) return 0;
  const int whole = write(descriptor, bytes, count) == (ssize_t)count;
  close(descriptor);
  uint16_t *values = malloc((rows * columns + 1) * sizeof *values);
  double stray;
  if (whole && values) cmatio_read(path, "LabelMap", values, rows * columns, &stray, message);
  free(values);
  unlink(path);
  return 0;
}
