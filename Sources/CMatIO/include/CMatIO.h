// Matrices of small whole numbers from MATLAB v5 files, read by libmatio. libmatio does not validate files: nested
// cells end the process, and structures with large sizes never return. The structure is therefore checked here first,
// and libmatio is given only files whose variables, up to the requested one, are complete plain matrices.
//
// The format: "MAT-File Level 5 File Format", The MathWorks.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef enum {
  CMATIO_OK = 0,
  /// The file is of another format, or of another version of this one.
  CMATIO_OTHER_FORMAT,
  /// The file holds no variable of the name asked for.
  CMATIO_NO_VARIABLE,
  /// The variable, or one before it, is no plain matrix.
  CMATIO_NO_MATRIX,
  /// The bytes end early.
  CMATIO_CUT_SHORT,
  /// The bytes contradict the format.
  CMATIO_DAMAGED,
  CMATIO_NO_MEMORY,
} CMatIOStatus;

enum {
  CMATIO_MESSAGE_SIZE = 256,
  /// The most numbers that a matrix may have.
  CMATIO_MOST_NUMBERS = 1 << 24,
  /// The substitute for a number that is not an integer from 0 to 65534.
  CMATIO_STRAY = 65535,
};

/// Checks the bytes of a file up to the end of the matrix `name`, and returns its size. `message` takes
/// CMATIO_MESSAGE_SIZE characters on failure: what was found, where that is useful.
CMatIOStatus cmatio_check(
    const uint8_t *bytes, size_t count, const char *name, size_t *rows, size_t *columns, char *message);

/// Reads the matrix `name` of a file that was checked, column by column; `count` must be rows * columns. The first
/// number that becomes CMATIO_STRAY is written to `stray`.
CMatIOStatus cmatio_read(
    const char *path, const char *name, uint16_t *values, size_t count, double *stray, char *message);
