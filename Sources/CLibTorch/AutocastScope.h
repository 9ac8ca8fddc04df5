// A scope with autocast.
#pragma once

#include <ATen/autocast_mode.h>

namespace blpseg {

/// Whether and in which type autocast computes on a device.
struct Autocast {
  bool enabled;
  at::ScalarType type;

  static Autocast current(c10::DeviceType device) {
    return {at::autocast::is_autocast_enabled(device), at::autocast::get_autocast_dtype(device)};
  }
};

/// Sets a device's autocast while it exists, and then restores it.
class AutocastScope {
 public:
  AutocastScope(c10::DeviceType device, Autocast autocast) : device_(device), before_(Autocast::current(device)) {
    set(autocast);
    at::autocast::increment_nesting();
  }
  ~AutocastScope() {
    // Cached roundings of parameters must not outlive the outermost scope: parameters change.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    set(before_);
  }
  AutocastScope(const AutocastScope &) = delete;
  AutocastScope &operator=(const AutocastScope &) = delete;

 private:
  void set(Autocast autocast) const {
    at::autocast::set_autocast_enabled(device_, autocast.enabled);
    at::autocast::set_autocast_dtype(device_, autocast.type);
  }

  c10::DeviceType device_;
  Autocast before_;
};

}  // namespace blpseg
