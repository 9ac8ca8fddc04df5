#include "CMatIO.h"
#include <matio.h>
#include <stdio.h>
#include <stdlib.h>

static CMatIOStatus fail(CMatIOStatus status, char *message, const char *text) {
  snprintf(message, CMATIO_MESSAGE_SIZE, "%s", text);
  return status;
}

static double number(const matvar_t *variable, const void *data, size_t i) {
  switch (variable->class_type) {
    case MAT_C_DOUBLE: return ((const double *)data)[i];
    case MAT_C_SINGLE: return ((const float *)data)[i];
    case MAT_C_INT8: return ((const int8_t *)data)[i];
    case MAT_C_UINT8: return ((const uint8_t *)data)[i];
    case MAT_C_INT16: return ((const int16_t *)data)[i];
    case MAT_C_UINT16: return ((const uint16_t *)data)[i];
    case MAT_C_INT32: return ((const int32_t *)data)[i];
    case MAT_C_UINT32: return ((const uint32_t *)data)[i];
    case MAT_C_INT64: return (double)((const int64_t *)data)[i];
    default: return (double)((const uint64_t *)data)[i];
  }
}

static int is_expected(const matvar_t *variable, size_t count) {
  return variable->class_type >= MAT_C_DOUBLE && variable->class_type <= MAT_C_UINT64 && !variable->isComplex
         && variable->rank == 2 && variable->dims && variable->dims[0] > 0 && count % variable->dims[0] == 0
         && count / variable->dims[0] == variable->dims[1];
}

static CMatIOStatus read_numbers(
    mat_t *file, matvar_t *variable, uint16_t *values, size_t count, double *stray, char *message) {
  if (!is_expected(variable, count)) return fail(CMATIO_DAMAGED, message, "it changed while it was read");
  void *data = calloc(count, Mat_SizeOfClass(variable->class_type));
  if (!data) return fail(CMATIO_NO_MEMORY, message, "");
  if (Mat_VarReadDataLinear(file, variable, data, 0, 1, (int)count)) {
    free(data);
    return fail(CMATIO_DAMAGED, message, "its numbers cannot be read");
  }
  int has_stray = 0;
  for (size_t i = 0; i < count; i++) {
    const double value = number(variable, data, i);
    const int fits = value >= 0 && value < CMATIO_STRAY && value == (double)(uint16_t)value;
    values[i] = fits ? (uint16_t)value : CMATIO_STRAY;
    if (!fits && !has_stray) *stray = value;
    has_stray |= !fits;
  }
  free(data);
  return CMATIO_OK;
}

// libmatio is silent and returns from every error as long as its log is not initialised.
CMatIOStatus cmatio_read(
    const char *path, const char *name, uint16_t *values, size_t count, double *stray, char *message) {
  mat_t *file = Mat_Open(path, MAT_ACC_RDONLY);
  if (!file) return fail(CMATIO_DAMAGED, message, "it cannot be opened");
  matvar_t *variable = Mat_VarReadInfo(file, name);
  const CMatIOStatus status = variable ? read_numbers(file, variable, values, count, stray, message)
                                       : fail(CMATIO_DAMAGED, message, "its matrix cannot be found");
  Mat_VarFree(variable);
  Mat_Close(file);
  return status;
}
