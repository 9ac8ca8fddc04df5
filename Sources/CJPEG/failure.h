// How libjpeg's errors and warnings become a status and a message.
#pragma once
#include "CJPEG.h"
#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr manager;  // first, so that `jpeg->err` is also a pointer to the whole
  jmp_buf landing;
  CJPEGStatus status;
  char *message;
} Failure;

/// Installs handlers that end the call at `failure->landing`, which the caller sets with setjmp.
void cjpeg_prepare(Failure *failure, char *message);

/// Ends the call with this status and message.
_Noreturn void cjpeg_fail(j_common_ptr jpeg, CJPEGStatus status, const char *message);
