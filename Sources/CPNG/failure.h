// Conversion of libpng's errors to a status and a message.
#pragma once
#include "CPNG.h"
#include <png.h>
#include <setjmp.h>

typedef struct {
  jmp_buf landing;
  CPNGStatus status;
  char *message;
} Failure;

/// An empty failure.
void cpng_prepare(Failure *failure, char *message);

/// Ends the call with this status and message at `failure->landing`, which the caller sets with setjmp.
_Noreturn void cpng_fail(Failure *failure, CPNGStatus status, const char *message);

/// Handlers for libpng whose error pointer is a `Failure`.
void cpng_on_error(png_structp png, png_const_charp message);
void cpng_on_warning(png_structp png, png_const_charp message);
