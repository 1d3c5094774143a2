// What unfold's templates ask for by name. Alpine's build without eval sees no globals, so each is registered here.
"use strict";

document.addEventListener("alpine:init", () => {
  Alpine.data("theme", () => theme("auto"));
  Alpine.data("searchForm", searchForm);
  Alpine.data("desk", () => ({
    activeTab: "general",
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
    init() {
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
  }));
});
