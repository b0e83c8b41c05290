#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace archmlp::serve {

/// Tells the service manager that started this process (systemd, Type=notify) what it has come to: "READY=1",
/// "RELOADING=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…". Does nothing where there is none.
/// Source: sd_notify(3).
void notify_service_manager(std::string_view state) noexcept;

/// How often it wants to hear WATCHDOG=1, if it does (WATCHDOG_USEC).
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace archmlp::serve
