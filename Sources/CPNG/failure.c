#include "failure.h"
#include <stdio.h>

void cpng_prepare(Failure *failure, char *message) {
  message[0] = 0;
  failure->message = message;
  failure->status = CPNG_DAMAGED;
}

_Noreturn void cpng_fail(Failure *failure, CPNGStatus status, const char *message) {
  failure->status = status;
  snprintf(failure->message, CPNG_MESSAGE_SIZE, "%s", message);
  longjmp(failure->landing, 1);
}

void cpng_on_error(png_structp png, png_const_charp message) {
  cpng_fail(png_get_error_ptr(png), CPNG_DAMAGED, message);
}

// Warnings are about colour profiles, texts and the like, none of which reach the pixels.
void cpng_on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}
