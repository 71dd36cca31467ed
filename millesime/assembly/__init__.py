"""One report: chapters numbered, cross-referenced, cited and anchored."""
