// Turns C++ exceptions into texts, so that none crosses into Swift.
#pragma once

#include <cstring>
#include <exception>
#include <string>

#include <c10/util/Exception.h>

/// Runs `body`; returns NULL, or what LibTorch says went wrong as a text that the caller frees.
template <typename Body>
char *guarded(Body &&body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const c10::Error &error) {
    return strdup(error.what_without_backtrace());
  } catch (const std::exception &error) {
    return strdup(error.what());
  } catch (...) {
    return strdup("an exception of an unknown kind");
  }
}
