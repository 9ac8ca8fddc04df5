// Conversion of libjpeg's errors and warnings to a status and a message.
#pragma once
#include "CJPEG.h"
#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr manager;  // first, so that `jpeg->err` is also a pointer to the whole
  jmp_buf landing;
  CJPEGStatus status;
  /// The bytes have ended; libjpeg goes on as if an end-of-image marker followed.
  int is_at_end;
  char *message;
} Failure;

/// Installs handlers that end the call at `failure->landing`, which the caller sets with setjmp.
void cjpeg_prepare(Failure *failure, char *message);

/// Ends the call with this status and message.
_Noreturn void cjpeg_fail(j_common_ptr jpeg, CJPEGStatus status, const char *message);

/// Ends the call because the bytes have ended before the last pixel.
_Noreturn void cjpeg_fail_at_end(j_common_ptr jpeg);
