// Converts C++ exceptions to texts, so that none reaches Swift.
#pragma once

#include <cctype>
#include <cstring>
#include <exception>
#include <string>

#include <c10/util/Exception.h>

/// A copy of LibTorch's `message` without the C++ stack that some of its messages contain.
inline char *without_stack(const char *message) {
  std::string text = message;
  text = text.substr(0, text.find("Exception raised from "));
  while (!text.empty() && (isspace(static_cast<unsigned char>(text.back())) != 0)) text.pop_back();
  return strdup(text.c_str());
}

/// Runs `body`; returns NULL, or LibTorch's error message as a text that the caller frees.
template <typename Body>
char *guarded(Body &&body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const c10::Error &error) {
    return without_stack(error.what_without_backtrace());
  } catch (const std::exception &error) {
    return without_stack(error.what());
  } catch (...) {
    return strdup("an exception of an unknown kind");
  }
}
