"""What a page shows as a drawing: SVG pictures and formulas."""
