"""What passes between the steps of a PDF, and is kept between builds: units, objects, files."""
