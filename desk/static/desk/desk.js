// What unfold's templates ask for by name. Alpine's build without eval sees no globals, so each is registered here.
"use strict";

document.addEventListener("alpine:init", () => {
  Alpine.data("theme", () => {
    const made = theme("auto");
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    return {
      ...made,
      systemIsDark: system.matches,
      init() {
        made.init.call(this);
        system.addEventListener("change", (now) => { this.systemIsDark = now.matches; });
      },
      themeBindings: {
        ...made.themeBindings,
        // Unfold's asks the system once.
        ["x-bind:class"]() {
          const dark = this.adminTheme === "dark" || (this.adminTheme === "auto" && this.systemIsDark);
          return dark ? "dark" : this.adminTheme === "light" ? "light" : "";
        },
      },
    };
  });
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
